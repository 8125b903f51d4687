"""Albedo of people who were photographed, scanned or painted, without the light that was on them."""
