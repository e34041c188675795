"""What every application stands on: data pool, executive, events, parameters, snapshots, flight recorder."""
