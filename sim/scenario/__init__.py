"""Scenario files: their keys, their rules, and the plan of a flight."""
