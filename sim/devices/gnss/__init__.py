"""The GNSS receiver: model, error sources, faults."""
