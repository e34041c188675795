"""The flight recorder: its file format and its writer."""
