"""Campaigns: many flights on all cores of the machine, stored results, and a table at the end."""
