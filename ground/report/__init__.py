"""The flight report: plots and one self-contained page."""
