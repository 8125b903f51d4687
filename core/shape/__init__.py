"""The shape of a head: the morphable model, named sliders, expressions and what follows them."""
