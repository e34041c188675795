"""Pointing statistics on board."""
