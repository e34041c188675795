"""The lantern satellite: a lamp that is seen from the ground."""
