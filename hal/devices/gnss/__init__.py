"""The GNSS receiver."""
