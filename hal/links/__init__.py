"""Links: octets to and from devices, opened by URL."""
