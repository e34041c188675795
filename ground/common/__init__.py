"""Shared by the rooms of ground: loading with warnings, run folder, progress, signals, tables."""
