"""Measurements: speed, and contact sheets of many people. Nothing in the product imports this."""
