"""Coarse Sun sensors."""
