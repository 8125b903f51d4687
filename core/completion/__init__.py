"""From photo to UV space: which texels a photo saw, and what goes where none did."""
