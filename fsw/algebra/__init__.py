"""Vectors and quaternions."""
