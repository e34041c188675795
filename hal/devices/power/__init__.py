"""The power system."""
