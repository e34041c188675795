"""The exchange: the one blocking call of a tick; and mission time after a restart, heard on the same links."""
