"""Health of the devices: which are excluded, and why."""
