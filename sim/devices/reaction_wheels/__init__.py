"""Reaction wheels: model, error sources, faults."""
