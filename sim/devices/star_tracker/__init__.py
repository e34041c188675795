"""The star tracker: model, error sources, faults."""
