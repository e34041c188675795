"""Modes, guarded transitions and monitors."""
