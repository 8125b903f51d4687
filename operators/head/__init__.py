"""The head itself: its mesh, camera, shape, expression, rig and body."""
