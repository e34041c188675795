"""Two flights compared: verdicts, key figures, events, and where they part."""
