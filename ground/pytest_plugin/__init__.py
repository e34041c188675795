"""The pytest plugin `smartsat`: a flight as a fixture, in every world."""
