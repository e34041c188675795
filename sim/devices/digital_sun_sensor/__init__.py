"""The two-axis Sun sensor: model, error sources, faults."""
