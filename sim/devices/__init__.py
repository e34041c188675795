"""Devices of the simulator: sensors, actuators, power and units, each with its errors and its own random stream."""
