"""The flight recorder: its format, and what writes it."""
