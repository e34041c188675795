"""Magnetorquers."""
