"""The base of all applications: data pool, executive, events, parameters, snapshots."""
