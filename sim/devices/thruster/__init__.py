"""Thrusters: model, error sources, faults."""
