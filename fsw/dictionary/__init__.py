"""The dictionary of this satellite's telemetry and telecommands, and a hash of it for telemetry."""
