"""Materials of skin, eyes, teeth and lashes, and the images they are made from."""
