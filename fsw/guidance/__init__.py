"""Where the satellite should point: reference attitudes and slews."""
