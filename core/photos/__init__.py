"""What a photo shows: the file, the face in it, its landmarks and regions, who it is, and what could spoil a fit."""
