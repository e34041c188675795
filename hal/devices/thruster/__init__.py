"""Thrusters."""
