"""The two-axis (digital) Sun sensor."""
