"""Replay of recorded flights through today's flight code."""
