"""The command line of smartsat."""
