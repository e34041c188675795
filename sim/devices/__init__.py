"""Device physics: what sensors measure and actuators do."""
