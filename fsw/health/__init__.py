"""What is believed of the devices: which are excluded, and why."""
