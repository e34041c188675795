"""A fine Sun sensor on a link of its own."""
