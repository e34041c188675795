"""How it gets there: B-dot, pointing, allocation, momentum, actuator commands."""
