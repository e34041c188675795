"""Reads, replays and checks recordings of flights."""
