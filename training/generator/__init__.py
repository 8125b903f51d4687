"""Training of the reflectance generator: its start, losses, trainer, mapping and discriminator; inversion."""
