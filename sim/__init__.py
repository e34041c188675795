"""The truth: dynamics, environment, devices, scenarios, requirements."""
