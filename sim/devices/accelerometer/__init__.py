"""The accelerometer: model, error sources, faults."""
