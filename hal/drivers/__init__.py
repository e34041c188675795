"""Drivers: octets to SI samples, SI commands to octets; one module a device."""
