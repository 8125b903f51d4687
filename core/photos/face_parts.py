"""Parts of the face as polygons of MediaPipe's face mesh, and single landmarks by name. Imports nothing."""

from __future__ import annotations

# fmt: off
FACE_OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
             148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
OUTER_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
NOSE = (168, 417, 465, 429, 279, 358, 327, 2, 98, 129, 49, 209, 245, 193)
LOWER_FACE = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361,
              323, 454, 425, 327, 2, 98, 205)
SKIN_SAMPLES = (50, 280, 205, 425, 101, 330, 117, 346, 187, 411, 4, 5, 195, 151, 108, 337, 69, 299, 199)
"""Points of the cheeks, the nose, the forehead and the chin, around which skin is most likely bare."""
# fmt: on

FOREHEAD_TOP, FOREHEAD_MIDDLE, BROW_HEIGHT, CHIN = 10, 151, 9, 152
RIGHT_EYE_OUTER, LEFT_EYE_OUTER = 33, 263
RIGHT_CHEEK, LEFT_CHEEK = 234, 454
UPPER_LIP_INNER, LOWER_LIP_INNER = 13, 14

DRAWN_LINES = (
    (*FACE_OVAL, FACE_OVAL[0]),
    (*RIGHT_EYE, RIGHT_EYE[0]),
    (*LEFT_EYE, LEFT_EYE[0]),
    (*OUTER_LIPS, OUTER_LIPS[0]),
    (*INNER_LIPS, INNER_LIPS[0]),
    (*RIGHT_BROW, RIGHT_BROW[0]),
    (*LEFT_BROW, LEFT_BROW[0]),
    (168, 6, 197, 195, 5, 4, 1),
    (98, 97, 2, 326, 327),
    (469, 470, 471, 472, 469),
    (474, 475, 476, 477, 474),
)
"""What a line drawing of a face consists of: outline, eyes, lips, brows, nose, irises."""
