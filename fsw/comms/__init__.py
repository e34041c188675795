"""The on-board ends of the radio link."""
