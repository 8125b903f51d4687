"""The skin after the fit: live sliders, painting, and what the photo saw of it."""
