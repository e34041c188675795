"""Many flights: a campaign over the machine's cores, its results as they come, and the table at the end."""
