"""What this satellite says and understands, derived from its declarations, and a hash of it for telemetry."""
