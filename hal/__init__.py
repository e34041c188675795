"""The hardware boundary: vehicle file, samples, wire protocol, links, clock, drivers and the exchange."""
