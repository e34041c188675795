"""The results of a flight: how its plan was carried out, the packet ledger, the result."""
