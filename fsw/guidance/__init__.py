"""Guidance: reference attitudes and slews."""
