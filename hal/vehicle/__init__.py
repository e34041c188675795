"""The vehicle file: its keys, its rules, and how it is loaded."""
