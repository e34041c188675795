"""The gyro."""
