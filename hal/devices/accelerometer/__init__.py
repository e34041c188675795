"""The accelerometer."""
