"""Simulations of this repository."""
