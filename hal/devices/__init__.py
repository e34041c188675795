"""Kinds of devices: what flight knows of each, one folder a kind."""
