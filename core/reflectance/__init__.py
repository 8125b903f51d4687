"""What skin reflects: the statistical prior of its maps, the generator that grew out of it, and the words for its tone.

`prior` reads the shipped prior (diffuse albedo modes, regional specular and roughness, pore detail); `generator` makes
all maps of a person from one code and begins as that prior; `tone` measures a colour as a skin tone.
"""
