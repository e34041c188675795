"""The magnetometer."""
