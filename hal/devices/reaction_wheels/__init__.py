"""Reaction wheels."""
