"""Where the boards of a flight are, and one scenario flown in two such worlds at once."""
