"""Scenario files: what they may say, their rules, and the plan that follows."""
