"""Correctives: what shapes of the eyelids need when several expressions meet. Numpy only.

Expressions add up on straight lines. Halfway through a blink a lid would cut through the eyeball, so it is pushed out
to where it keeps its distance from the cornea; and what else moves a lid (a squint, a look down, wide eyes) is taken
off it as far as the eye is closed, so that a closed eye stays closed and the lids do not cross. And a whole blink just
closes the eye, however wide it is open at rest: MakeHuman's goes 4 mm too far on the average face, others' stay open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..head import Head
from .morphable import load_model

PREFIX = "corrective "
"""What the names of the shape keys begin with."""
SIDES = ("Left", "Right")
_OVER_BLINK = ("eyeSquint", "eyeWide", "eyeLookDown", "eyeLookUp")
_REACH = (1.25, 1.9)
"""Distance from the eyeball's centre, in radii, up to which a lid is held whole, and from which not at all."""
_UPPER = {"Left": [388, 387, 386, 385, 384], "Right": [161, 160, 159, 158, 157]}
_LOWER = {"Left": [390, 373, 374, 380, 381], "Right": [163, 144, 145, 153, 154]}
"""Landmarks along the middle of the rims of the lids."""
_OVERLAP = 0.001
"""Metres that the upper lid covers of the lower one when an eye is closed."""
_SHARES = (0.6, 1.3)
_SMOOTH = 0.07
"""Radians over which the cornea's surface is smoothed."""
_MOVING = 0.002
"""Metres from which a point counts as moved by a blink."""


@dataclass(frozen=True, eq=False)
class Corrective:
    """An offset that is added with a strength that follows from expressions.

    Attributes:
        name: of its shape key.
        units: the expressions that its strength depends on.
        expression: its strength in terms of ``a`` and ``b``, the strengths of the units, and of ``c``.
        offset: [V, 3] metres, at strength 1.
        side: of the eye whose `closing` is ``c``; empty where the expression has none.
    """

    name: str
    units: tuple[str, ...]
    expression: str
    offset: np.ndarray
    side: str = ""


def correctives(head: Head) -> tuple[Corrective, ...]:
    """Return the correctives of a head that has the expressions they are for."""
    found = []
    for number, side in enumerate(SIDES):
        blink = f"eyeBlink{side}"
        if blink not in head.expression_names:
            continue
        still, hold = head.vertices - head.eye_centre[number], _hold(head, number)
        around = hold[:, None] * _around(still, _unit(head, blink), hold > 0, _cornea(head, number))
        found.append(Corrective(PREFIX + blink, (blink,), "4*a*c*(1-a*c)", around, side))
        found.append(Corrective(f"{PREFIX}{blink} end", (blink,), "a*(c-1)", hold[:, None] * _unit(head, blink), side))
        for unit in (f"{name}{side}" for name in _OVER_BLINK):
            if unit in head.expression_names:
                offset = -hold[:, None] * _unit(head, unit)
                found.append(Corrective(f"{PREFIX}{blink} {unit}", (blink, unit), "a*b", offset))
    return tuple(found)


def _unit(head: Head, name: str) -> np.ndarray:
    return head.expression_basis[head.expression_names.index(name)]


def closing(vertices: np.ndarray, blink: np.ndarray, side: str) -> float:
    """Return what share of a blink closes an eye; 1 for a head that is not of the shape model.

    Args:
        vertices: [V, 3] the neutral head.
        blink: [V, 3] the unit of the blink.
        side: ``"Left"`` or ``"Right"``.
    """
    model = load_model()
    if len(vertices) != len(model.mean):
        return 1.0
    open_by, moved_by = (
        points[_UPPER[side], 1] - points[_LOWER[side], 1]
        for points in map(model.landmarks_478.points, (vertices, blink))
    )
    return float(np.clip(((open_by + _OVERLAP) / np.maximum(-moved_by, 1e-4)).max(), *_SHARES))


def _around(still: np.ndarray, moves: np.ndarray, held: np.ndarray, cornea: np.ndarray) -> np.ndarray:
    """Offset [V, 3] from the middle of a straight way to that which keeps its distance from the eye's surface.

    Args:
        still: [V, 3] points at rest, from the centre of the eyeball.
        moves: [V, 3] their ways.
        held: [V] bool, which points matter; the others get 0.
        cornea: [C, 3] the surface of the cornea, from the same centre.
    """
    ends, middle = (still[held], (still + moves)[held]), (still + 0.5 * moves)[held]
    clear = [np.linalg.norm(end, axis=1) - _surface(end, cornea) for end in ends]
    wanted = _surface(middle, cornea) + 0.5 * (clear[0] + clear[1])
    # A point that does not move is where it is: what would lift it belongs to the ways of its neighbours.
    share = np.clip(np.linalg.norm(moves[held], axis=1) / _MOVING, 0, 1)
    offset = np.zeros_like(still)
    offset[held] = middle * (share * (wanted / np.maximum(np.linalg.norm(middle, axis=1), 1e-6) - 1))[:, None]
    return offset


def _cornea(head: Head, number: int) -> np.ndarray:
    name = f"cornea_{SIDES[number].lower()}"
    if name not in head.part_names:
        return np.zeros((0, 3), np.float32)
    part = np.unique(head.quads[head.quad_part == head.part_names.index(name)])
    return head.vertices[part] - head.eye_centre[number]


def _surface(points: np.ndarray, cornea: np.ndarray) -> np.ndarray:
    """How far the cornea, continued by a sphere, reaches from the eyeball's centre towards some points [n]."""
    if not len(cornea):
        return np.zeros(len(points), np.float32)
    reach = np.linalg.norm(cornea, axis=1)
    towards = points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-6)
    squared_angle = 2 * (1 - np.clip(towards @ (cornea / reach[:, None]).T, -1, 1))
    return reach.min() + ((reach - reach.min()) * np.exp(-squared_angle / (2 * _SMOOTH**2))).max(1)


def _hold(head: Head, number: int) -> np.ndarray:
    """How much each vertex [V] belongs to the lids of one eye, with their lashes: 1 at their rims, 0 beyond them."""
    distance = np.linalg.norm(head.vertices - head.eye_centre[number], axis=1) / head.eye_radius[number]
    near, far = _REACH
    fade = np.clip((far - distance) / (far - near), 0, 1)
    fade = fade * fade * (3 - 2 * fade)
    parts = [index for index, name in enumerate(head.part_names) if name == "skin" or name.startswith("lashes")]
    lids = np.zeros(len(head.vertices), bool)
    lids[np.unique(head.quads[np.isin(head.quad_part, parts)])] = True
    return (fade * lids).astype(np.float32)
