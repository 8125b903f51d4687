"""The sliders of skin: measures on maps, the directions in the codes that move them, and what each does."""
