"""Packet utilization services (ECSS-E-ST-70-41C)."""
