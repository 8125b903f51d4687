"""Sliders of the head's shape, each named by what it moves.

A slider is a measured distance: a linear function of the vertices, and so of the identity coefficients. Its value is
that distance in standard deviations of the population, 0 = the average person, and follows from the coefficients
alone. Moving it changes the coefficients by the most plausible step (least squared length) that changes this measure
and leaves all others where they are. Order does not matter and nothing is stored. Numpy only: Blender draws them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .morphable import MorphableModel, load_model

_AXES = {"x": 0, "y": 1, "z": 2}
_TERM = re.compile(r"([+-])([xyz])(\w+)")
_DAMPING = 1e-3
"""Added to the measures' correlations: two that nearly agree must not fight each other."""


@dataclass(frozen=True)
class Slider:
    """One slider.

    Attributes:
        name: identifier.
        label: for people.
        group: heading under which it stands, see `GROUPS`.
        measure: signed coordinates that are summed: axis and place, where a place is one of MediaPipe's 478 landmarks
            or a name in `places`. x points to the person's left, y up, z out of the face.
        description: what moves, towards positive values.
        contains: sliders whose measures are part of this one, and change with it.
    """

    name: str
    label: str
    group: str
    measure: str
    description: str
    contains: tuple[str, ...] = ()


SLIDERS = (
    Slider(
        "face_width", "Face Width", "Face", "+x447-x227", "A wider face at the cheekbones; forehead and jaw follow",
        ("forehead_width", "cheek_fullness", "jaw_width", "chin_width", "head_width"),
    ),
    Slider(
        "face_length", "Face Length", "Face", "+y168-y152", "A longer face; nose, lips and chin share it",
        ("nose_length", "philtrum", "upper_lip", "lower_lip", "chin_length"),
    ),
    Slider("cheekbones", "Cheekbones", "Face", "+z50+z280-z33-z263", "Cheeks that stand out below the eyes"),
    Slider("cheek_fullness", "Cheek Fullness", "Face", "+x411-x187", "Fuller cheeks beside the mouth"),
    Slider("forehead_height", "Forehead Height", "Forehead and Brows", "+y10-y9", "A higher forehead"),
    Slider("forehead_width", "Forehead Width", "Forehead and Brows", "+x284-x54", "A wider forehead at the temples"),
    Slider("forehead_slope", "Forehead Slope", "Forehead and Brows", "+z9-z10", "A forehead that leans back"),
    Slider("brow_ridge", "Brow Ridge", "Forehead and Brows", "+z105+z334-z33-z263", "Brows further out over the eyes"),
    Slider("brow_height", "Brow Height", "Forehead and Brows", "+y105+y334-y159-y386", "Brows higher above the eyes"),
    Slider("eye_distance", "Eye Distance", "Eyes", "+x263+x362-x33-x133", "Eyes further apart"),
    Slider("eye_width", "Eye Width", "Eyes", "+x263-x362+x133-x33", "Wider eyes, from corner to corner"),
    Slider("eye_opening", "Eye Opening", "Eyes", "+y159-y145+y386-y374", "Eyes that are wider open, at rest"),
    Slider("eye_tilt", "Eye Tilt", "Eyes", "+y263-y362+y33-y133", "Outer corners of the eyes higher"),
    Slider("eye_depth", "Eye Depth", "Eyes", "+z168+z168-z133-z362", "Eyes deeper beside the bridge of the nose"),
    Slider("nose_width", "Nose Width", "Nose", "+x358-x129", "Wider wings of the nose"),
    Slider("nose_length", "Nose Length", "Nose", "+y168-y2", "A longer nose"),
    Slider("bridge_width", "Bridge Width", "Nose", "+x351-x122", "A wider bridge between the eyes"),
    Slider("nose_hump", "Nose Hump", "Nose", "+z195+z195-z168-z1", "A nose with a hump; less is a snub nose"),
    Slider("nose_projection", "Nose Projection", "Nose", "+z1+z1-z129-z358", "A tip that stands further out"),
    Slider("nose_tip", "Nose Tip", "Nose", "+y1-y2", "A tip that is turned up"),
    Slider("mouth_width", "Mouth Width", "Mouth", "+x291-x61", "A wider mouth"),
    Slider("philtrum", "Philtrum", "Mouth", "+y2-y0", "A longer way from nose to lip"),
    Slider("upper_lip", "Upper Lip", "Mouth", "+y0-y13", "A fuller upper lip"),
    Slider("lower_lip", "Lower Lip", "Mouth", "+y14-y17", "A fuller lower lip"),
    Slider("lip_projection", "Lip Projection", "Mouth", "+z0+z17-z61-z291", "Lips that stand further out"),
    Slider("mouth_corners", "Mouth Corners", "Mouth", "+y61+y291-y13-y13", "Corners of the mouth higher, at rest"),
    Slider("jaw_width", "Jaw Width", "Jaw and Chin", "+x397-x172", "A wider jaw", ("chin_width",)),
    Slider(
        "jaw_angle", "Jaw Angle", "Jaw and Chin", "-y172-y397+y61+y291", "Lower corners of the jaw: a squarer face"
    ),
    Slider("chin_length", "Chin Length", "Jaw and Chin", "+y17-y152", "A longer chin"),
    Slider("chin_projection", "Chin Projection", "Jaw and Chin", "+z199+z199-z61-z291", "A chin that stands out more"),
    Slider("chin_width", "Chin Width", "Jaw and Chin", "+x379-x150", "A wider chin"),
    Slider("ear_size", "Ear Size", "Ears and Neck", "+year_top-year_bottom", "Longer ears"),
    Slider("ear_protrusion", "Ear Protrusion", "Ears and Neck", "+xear_rim-xear_root", "Ears that stand off the head"),
    Slider("neck_width", "Neck Width", "Ears and Neck", "+xneck", "A wider neck"),
    Slider("head_width", "Head Width", "Skull", "+xskull_side", "A wider skull"),
    Slider("head_depth", "Head Depth", "Skull", "+z9-zskull_back", "A skull that reaches further back"),
    Slider("head_height", "Head Height", "Skull", "+ycrown-y9", "A higher skull"),
    Slider("nose_aside", "Nose Aside", "Asymmetry", "+x1+x4-x168-x168", "Tip of the nose to the person's left"),
    Slider("mouth_aside", "Mouth Aside", "Asymmetry", "+x61+x291-x168-x168", "Mouth to the person's left"),
    Slider("mouth_slant", "Mouth Slant", "Asymmetry", "+y291-y61", "Left corner of the mouth higher"),
    Slider("chin_aside", "Chin Aside", "Asymmetry", "+x152+x199-x168-x168", "Chin to the person's left"),
    Slider("eye_slant", "Eye Slant", "Asymmetry", "+y263+y362-y33-y133", "Left eye higher"),
    Slider("brow_slant", "Brow Slant", "Asymmetry", "+y334+y336-y105-y107", "Left brow higher"),
)  # fmt: skip
GROUPS = tuple(dict.fromkeys(slider.group for slider in SLIDERS))
ASYMMETRY = "Asymmetry"


@dataclass(frozen=True, eq=False)
class ShapeSliders:
    """The sliders of a shape model with K identity modes.

    Attributes:
        measures: [n, K] what each slider reads, standard deviations; rows of length 1.
        directions: [n, K] the step of the coefficients that adds one standard deviation to each.
        deviation: [n] metres in one standard deviation; the sum of a slider's terms.
        symmetric: [K] bool, the modes that are the same on both sides; the others are opposite on them.
    """

    measures: np.ndarray
    directions: np.ndarray
    deviation: np.ndarray
    symmetric: np.ndarray

    def value(self, identity: np.ndarray, slider: int) -> float:
        """What a slider shows for coefficients [K]."""
        return float(self.measures[slider] @ identity)

    def moved(self, identity: np.ndarray, slider: int, value: float) -> np.ndarray:
        """Coefficients [K] with one slider at a value."""
        return identity + (value - self.value(identity, slider)) * self.directions[slider]

    def mirrored(self, identity: np.ndarray) -> np.ndarray:
        """Coefficients [K] of the face in the mirror."""
        return np.where(self.symmetric, identity, -identity)


@functools.lru_cache(maxsize=1)
def load_sliders() -> ShapeSliders:
    """The sliders of the shipped shape model (cached; about 50 ms the first time)."""
    return measure(load_model())


def measure(model: MorphableModel) -> ShapeSliders:
    """Find what each slider of `SLIDERS` measures and moves on a shape model."""
    symmetric = _symmetric_modes(model)
    named = {name: _at(model, vertices).mean(1) for name, vertices in places(model).items()}
    rows = np.stack([_functional(model, slider.measure, named) for slider in SLIDERS])
    aside = np.array([slider.group == ASYMMETRY for slider in SLIDERS])
    rows = np.where(symmetric[None] != aside[:, None], rows, 0)
    deviation = np.linalg.norm(rows, axis=1)
    measures = rows / deviation[:, None]
    directions = np.stack([_direction(measures, number) for number in range(len(SLIDERS))])
    return ShapeSliders(measures, directions, deviation, symmetric)


def places(model: MorphableModel) -> Mapping[str, np.ndarray]:
    """Vertices of the places that no landmark marks, on the left side or in the middle."""
    mean, regions = model.mean, model.regions
    left = mean[:, 0] > 0
    ear, scalp = np.flatnonzero(regions["ears"] & left), np.flatnonzero(regions["scalp"] & left)
    neck = np.flatnonzero(regions["neck"] & left & (np.abs(mean[:, 1] + 0.15) < 0.01))

    def extreme(vertices: np.ndarray, axis: int, sign: int) -> np.ndarray:
        return vertices[np.argsort(-sign * mean[vertices, axis], kind="stable")[:20]]

    return {
        "ear_top": extreme(ear, 1, 1),
        "ear_bottom": extreme(ear, 1, -1),
        "ear_rim": extreme(ear, 0, 1),
        "ear_root": extreme(ear, 0, -1),
        "crown": extreme(scalp, 1, 1),
        "skull_back": extreme(scalp, 2, -1),
        "skull_side": extreme(scalp, 0, 1),
        "neck": extreme(neck, 0, 1),
    }


def _functional(model: MorphableModel, measure: str, named: Mapping[str, np.ndarray]) -> np.ndarray:
    """How much each mode [K] changes a measure, metres."""
    total = np.zeros(len(model.coarse_identity))
    for sign, axis, place in _TERM.findall(measure):
        if place in named:
            moves = named[place]
        else:
            landmark = model.landmarks_478
            corners = _at(model, landmark.triangle_vertices[int(place)])
            moves = np.einsum("kvc,v->kc", corners, landmark.barycentric[int(place)])
        total += (1 if sign == "+" else -1) * moves[:, _AXES[axis]]
    return total


def _direction(measures: np.ndarray, number: int) -> np.ndarray:
    """The shortest step [K] that adds 1 to one measure and 0 to all that it neither contains nor is part of."""
    name, contains = SLIDERS[number].name, SLIDERS[number].contains
    held = [
        other
        for other, slider in enumerate(SLIDERS)
        if other != number and slider.name not in contains and name not in slider.contains
    ]
    rows = measures[[number, *held]]
    step = rows.T @ np.linalg.solve(rows @ rows.T + _DAMPING * np.eye(len(rows)), np.eye(len(rows))[0])
    return step / (measures[number] @ step)


def _symmetric_modes(model: MorphableModel) -> np.ndarray:
    vertices = np.unique(model.landmarks_478.triangle_vertices)[::20]
    here, there = _at(model, vertices), _at(model, model.mirror[vertices]) * np.array([-1, 1, 1])
    return np.square(here - there).sum((1, 2)) < np.square(here + there).sum((1, 2))


def _at(model: MorphableModel, vertices: np.ndarray) -> np.ndarray:
    """The identity basis [K, n, 3] at some vertices, metres."""
    index, weight = model.subdivision_index[vertices], model.subdivision_weight[vertices]
    return np.einsum("knjc,nj->knc", model.coarse_identity[:, index], weight)
