"""Everything that computes. Blender imports this package for its seam: keep this file a docstring."""
