"""Recordings of flights: read, replayed, compared; and run folders."""
