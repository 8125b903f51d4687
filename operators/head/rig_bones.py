"""Where the bones of a head are, what they carry, and how far they turn. Lengths are metres, axes Blender's."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import bpy
import numpy as np

from ...core.shape.morphable import MorphableModel, load_model
from .mesh import BLENDER_FROM_CORE, read_points, to_blender

SIDES = {"Left": "L", "Right": "R"}
NECK = "neck_01"
"""Not ``neck``: that is the name of a region, and so of a vertex group."""
LOOK_DISTANCE = 0.5
"""From the eyes to what they look at."""
_JOINTS = {
    "base": (0.0, -0.19, -0.1),
    "nape": (0.0, -0.15, -0.088),
    "skull": (0.0, -0.045, -0.075),
    "crown": (0.0, 0.105, -0.06),
    "jaw": (0.0, -0.03, -0.055),
    "chin": (0.0, -0.112, 0.018),
}
"""Places in the average head, in the core's axes; on another head they go with the skin nearest to them."""
_NEAREST = 60
_DIFFUSION = 400
"""Rounds in which the weights of the neck settle."""


@dataclass(frozen=True, eq=False)
class Bone:
    """One bone at rest.

    Attributes:
        parent: name of its parent; empty for none.
        head, tail: [3] metres, in the head object's space.
        deforms: whether vertices follow it.
        shown: whether the artist sees it.
    """

    parent: str
    head: np.ndarray
    tail: np.ndarray
    deforms: bool = False
    shown: bool = True


def bones(vertices: np.ndarray) -> dict[str, Bone]:
    """Return the bones of a head by name, parents first.

    Args:
        vertices: [V, 3] the neutral head, in the core's axes.
    """
    model = load_model()
    joint = {name: to_blender(place) for name, place in _joints(vertices).items()}
    found = {
        "shoulders": Bone("", joint["base"], joint["nape"], deforms=True),
        NECK: Bone("shoulders", joint["nape"], joint["skull"], deforms=True),
        "head": Bone(NECK, joint["skull"], joint["crown"], deforms=True),
        "jaw": Bone("head", joint["jaw"], joint["chin"]),
    }
    centres, radii = model.eyeballs(vertices)
    centres, ahead = to_blender(centres), np.array([0.0, -1.0, 0.0])
    target = centres.mean(0) + LOOK_DISTANCE * ahead
    found["look"] = Bone("shoulders", target, target + 0.05 * ahead)
    for centre, radius, side in zip(centres, radii, SIDES.values()):
        front = centre + 1.6 * radius * ahead
        place = centre + LOOK_DISTANCE * ahead
        found[f"look.{side}"] = Bone("look", place, place + 0.02 * ahead, shown=False)
        found[f"eye_track.{side}"] = Bone("head", centre, front, shown=False)
        found[f"eye_keys.{side}"] = Bone(f"eye_track.{side}", centre, front, shown=False)
        found[f"eye.{side}"] = Bone(f"eye_keys.{side}", centre, front, deforms=True)
    return found


@functools.lru_cache(maxsize=1)
def weights() -> dict[str, np.ndarray]:
    """Return how much each vertex [V] follows each bone that deforms; they add up to 1."""
    model = load_model()
    up = neck_heights()
    shoulders, head = _ramp(0.45 - up, 0.35), _ramp(up - 0.55, 0.35)
    found = {"shoulders": shoulders, NECK: 1 - shoulders - head, "head": head}
    for side, short in SIDES.items():
        ball = eyeball(model, side)
        for weight in found.values():
            weight[ball] = 0
        found[f"eye.{short}"] = ball.astype(np.float32)
    return found


def eyeball(model: MorphableModel, side: str) -> np.ndarray:
    """Return the vertices [V] bool of one eye, cornea and all."""
    names = (f"eye_{side.lower()}", f"cornea_{side.lower()}")
    parts = [model.part_names.index(name) for name in names]
    mask = np.zeros(len(model.mean), bool)
    mask[np.unique(model.quads[np.isin(model.quad_part, parts)])] = True
    return mask


@functools.lru_cache(maxsize=1)
def turns() -> dict[str, float]:
    """Return what a unit turns or shifts when it is at 1: radians of the eye or jaw, metres for a jaw forward."""
    model = load_model()
    found = {}
    for side in SIDES:
        ball = eyeball(model, side)
        for unit in (f"eyeLook{way}{side}" for way in ("Up", "Down", "In", "Out")):
            found[unit] = _angle(model, unit, ball)
    teeth = np.zeros(len(model.mean), bool)
    teeth[np.unique(model.quads[model.quad_part == model.part_names.index("teeth_lower")])] = True
    found["jawOpen"] = _angle(model, "jawOpen", teeth)
    arm = float(np.linalg.norm(np.subtract(_JOINTS["chin"], _JOINTS["jaw"])))
    for unit in ("jawLeft", "jawRight"):
        found[unit] = float(np.abs(_offset(model, unit)[teeth, 0].mean())) / arm
    found["jawForward"] = float(_offset(model, "jawForward")[teeth, 2].mean())
    return found


def _offset(model: MorphableModel, unit: str) -> np.ndarray:
    return model.subdivide(model.coarse_expression[model.expression_names.index(unit)])


def _angle(model: MorphableModel, unit: str, mask: np.ndarray) -> float:
    """How far a unit turns a rigid part, by the rotation that fits best (Kabsch 1976)."""
    still = model.mean[mask].astype(np.float64)
    moved = still + _offset(model, unit)[mask]
    left, _, right = np.linalg.svd((still - still.mean(0)).T @ (moved - moved.mean(0)))
    rotation = right.T @ np.diag([1, 1, np.linalg.det(right.T @ left.T)]) @ left.T
    return float(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1)))


def _joints(vertices: np.ndarray) -> dict[str, np.ndarray]:
    mean = load_model().mean
    moved = {name: (vertices[near] - mean[near]).mean(0) for name, near in _near_joints().items()}
    return {name: place + moved[name] * np.array([0, 1, 1]) for name, place in _JOINTS.items()}  # x: in the middle


@functools.lru_cache(maxsize=1)
def _near_joints() -> dict[str, np.ndarray]:
    model = load_model()
    skin = np.unique(model.quads[model.quad_part == model.part_names.index("skin")])
    distance = {name: np.square(model.mean[skin] - place).sum(1) for name, place in _JOINTS.items()}
    return {name: skin[np.argpartition(far, _NEAREST)[:_NEAREST]] for name, far in distance.items()}


@functools.lru_cache(maxsize=1)
def neck_heights() -> np.ndarray:
    """A smooth height [V]: 0 at the collar's edge, 1 from the jaw and the skull upwards."""
    model = load_model()
    edges = np.concatenate([model.quads[:, [a, (a + 1) % 4]] for a in range(4)])
    pairs, uses = np.unique(np.sort(edges, 1), axis=0, return_counts=True)
    skin = np.zeros(len(model.mean), bool)
    skin[np.unique(model.quads[model.quad_part == model.part_names.index("skin")])] = True
    border = np.zeros(len(model.mean), bool)
    border[pairs[uses == 1].ravel()] = True
    collar = border & skin & (model.mean[:, 1] < -0.15)
    free = model.regions["neck"] & skin & ~collar
    height = np.where(collar, 0.0, 1.0)
    degree = np.maximum(np.bincount(pairs.ravel(), minlength=len(height)), 1)
    for _ in range(_DIFFUSION):
        total = np.bincount(pairs[:, 0], height[pairs[:, 1]], len(height))
        total += np.bincount(pairs[:, 1], height[pairs[:, 0]], len(height))
        height[free] = (total / degree)[free]
    return height


def _ramp(value: np.ndarray, width: float) -> np.ndarray:
    share = np.clip(value / width, 0, 1)
    return (share * share * (3 - 2 * share)).astype(np.float32)


def neutral(head_object: bpy.types.Object) -> np.ndarray:
    """Return the neutral head [V, 3] in the core's axes."""
    keys = head_object.data.shape_keys
    points = keys.reference_key.points if keys else head_object.data.vertices
    return read_points(points) @ BLENDER_FROM_CORE
