"""The electrical power system: model, error sources, faults."""
