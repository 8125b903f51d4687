"""What skin reflects: the statistical prior of its maps and the words for its tone.

`prior` reads the shipped prior (diffuse albedo modes, regional specular and roughness, pore detail), `tone`
measures a colour as a skin tone. Other sources of reflectance (a generator) take their seat beside `prior`.
"""
