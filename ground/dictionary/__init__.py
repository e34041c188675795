"""The dictionary of telemetry and telecommands on ground, as JSON, tables and documents."""
