"""Magnetorquers: model, error sources, faults."""
