"""The magnetometer: model, error sources, faults."""
