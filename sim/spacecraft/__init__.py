"""The simulated world behind the links: truth, devices and boards, stepped by a clock."""
