"""The photos of a person: the list, what was seen in them, the overlay, and pins that the head follows."""
