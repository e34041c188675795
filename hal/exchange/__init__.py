"""The exchange, the only blocking call of a tick; and the recovery of mission time after a restart."""
