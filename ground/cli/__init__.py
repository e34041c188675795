"""The command line: every command of smartsat, and what commands share."""
