"""What runs beside Blender: one job at a time in its own process, the warm worker, and the timer that polls them."""
