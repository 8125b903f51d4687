"""Measurements: accuracy, real people, peers, cost; and the demo. Nothing in the product imports this."""
