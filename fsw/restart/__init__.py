"""Restart: checkpoints, retained memory, what a new start goes on from, and the supervisor."""
