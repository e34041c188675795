"""Fault injection in devices, boards and links, by name and time."""
