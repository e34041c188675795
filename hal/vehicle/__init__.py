"""The vehicle file: what it may say, its rules, and how it is loaded."""
