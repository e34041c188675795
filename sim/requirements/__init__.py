"""The requirements of a flight, and how they are judged on truth."""
