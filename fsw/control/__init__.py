"""Control: B-dot, pointing, allocation, momentum, actuator commands."""
