"""The dictionary on ground: what a satellite says and understands, as JSON, tables and documents."""
