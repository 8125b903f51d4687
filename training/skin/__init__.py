"""What skin is beside a person's own albedo: tone, gloss, relief, pores, freckles and other layers, age."""
