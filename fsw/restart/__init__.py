"""Restart: checkpoints, retained memory, the start from kept state, and the supervisor."""
