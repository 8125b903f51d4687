"""A benchmark's truth: heads, skins, photographs and relit pictures of which everything is known."""
