"""Board firmware in C, and its binding for the host, which exposes octets only."""
