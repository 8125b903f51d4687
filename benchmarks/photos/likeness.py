"""Does the head look like the person? Distances between pictures in a face recogniser's space.

The recogniser is dlib's network (King 2017): its descriptors of two photos of one person lie nearer than 0.6, as a
rule. A draft, as here, does not optimise against it. A bare distance means little, so four others are measured beside
it: two photos of one person, photos of different people, and the mean head in the photo's place.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from core.head import Head
from core.mapfiles import encode_png, linear_from_srgb, read_png, srgb_from_linear
from core.photos.landmarks import detect_landmarks
from core.photos.photo import load_photo
from core.photos.recognition import face_chip, load_recognition
from core.reflectance.prior import load_prior

from .posed_head import Looks, PosedHead, cut

SIDE = 224
MARGIN = 1.5
TURN_DEGREES = 30.0
GREY = 0.35
"""Linear grey behind a head that is drawn alone."""


def photo_descriptor(path: Path) -> np.ndarray:
    """``[128]`` descriptor of the face in a photo."""
    photo = load_photo(path)
    return descriptor(photo.srgb8.astype(np.float32) / 255, detect_landmarks(photo).points)


def render_descriptors(head: Head, mean_skin: Path) -> dict[str, np.ndarray]:
    """Descriptors of a head drawn again, and of the mean head drawn in its place.

    Args:
        head: From `read_head`.
        mean_skin: A folder for the prior's mean skin.

    Returns:
        ``"photo"``: over the photo, in its pose, so that only face, ears and neck are ours; ``"alone"``: the same
        over grey, without the photo's hair; ``"turned"``: over grey, turned by 30 degrees to the less seen side;
        ``"mean photo"`` and so on for the mean head, as bright and as coloured as the head.
    """
    posed = PosedHead(head)
    mean = PosedHead(head, identity=np.zeros(0))
    worn = Looks.of(wear_mean_skin(head, mean_skin))
    camera, square = posed.window(SIDE, MARGIN)
    behind = cut(linear_from_srgb(read_png(head.photos[0])), square, SIDE).clip(0, 1)
    grey = np.full_like(behind, GREY)
    side = posed.turned(camera, TURN_DEGREES * posed.less_seen_side())
    found = {}
    for name, view, background in (("photo", camera, behind), ("alone", camera, grey), ("turned", side, grey)):
        drawn = posed.draw(view, None, background)
        other = mean.draw(view, worn, background)
        face, other_face = posed.face_pixels(view), mean.face_pixels(view)
        other[other_face] *= drawn[face].mean(0) / np.maximum(other[other_face].mean(0), 1e-6)
        found[name] = descriptor(srgb_from_linear(drawn), posed.landmarks(view))
        found[f"mean {name}"] = descriptor(srgb_from_linear(other), mean.landmarks(view))
    return found


def descriptor(picture: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """``[128]`` descriptor of a face in an sRGB picture ``[H, W, 3]`` in [0, 1] with landmarks ``[478, 2]``."""
    image = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32))
    with torch.no_grad():
        return load_recognition()(face_chip(image, landmarks.astype(np.float32)))[0].numpy()


def wear_mean_skin(head: Head, folder: Path) -> Head:
    """The head with the prior's mean skin, which is written into a folder once."""
    path = folder / "diffuse_albedo.png"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_png(srgb_from_linear(load_prior().albedo())))
    return replace(head, folder=folder)
