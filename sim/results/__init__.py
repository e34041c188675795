"""What a flight came to: its plan as it was carried out, the packet ledger, the result."""
