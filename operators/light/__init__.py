"""Light presets, renders and turntables, and the photo beside the render."""
