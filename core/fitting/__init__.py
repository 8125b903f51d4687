"""Fitting: from landmarks and pixels to the parameters of a head and its cameras."""
