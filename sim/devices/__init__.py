"""Models of devices: measurements of sensors and effects of actuators."""
