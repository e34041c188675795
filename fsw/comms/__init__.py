"""The on-board ends of the link."""
