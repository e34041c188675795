"""What the rooms of ground share: vehicle and scenario with their warnings, worlds, progress, signals, tables."""
