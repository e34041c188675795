"""What a flight must show, how it is judged, and the result."""
