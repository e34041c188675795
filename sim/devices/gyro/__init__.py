"""The gyro: model, error sources, faults."""
