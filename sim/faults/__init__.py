"""Fault injection: what can go wrong, by name and time, in devices, boards and links."""
