"""Coarse Sun sensors: model, error sources, faults."""
