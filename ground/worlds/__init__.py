"""The worlds that a flight can fly in, and one scenario flown in two worlds at once."""
