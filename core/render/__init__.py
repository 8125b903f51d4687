"""Differentiable rendering of heads in plain torch: visibility, interpolation, light, skin, silhouettes."""
