"""Compares two flights: verdicts, key figures, events, and the first difference of the recordings."""
