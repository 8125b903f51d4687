"""What stands before the camera, and the camera: from a plan and a head to a job for ``scene.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core.camera import FACING_CAMERA, Camera, focal_px_from_35mm, rotation_from_vector

from .plan import TURN, PhotoPlan
from .truth_head import PARTS, TruthHead
from .wear import HAIR, worn

HELD_OUT_SIZE = 256
SAMPLES = {384: 8, 768: 7, 1024: 6, 1 << 16: 4}
"""Light paths a pixel, by the largest height of the photo that gets so many; the denoiser does the rest."""
HELD_OUT_SAMPLES = 10
MASK_SCALE = 2
"""The index picture is sampled so many times finer than the photo, up to 1024 px."""
NOTHING, SKIN, EYE, MOUTH = range(4)
"""Values of the index picture; what is worn follows."""
PART_LOOKS = {
    "skin": ("skin", SKIN),
    "eye": ("eye", EYE),
    "cornea": ("clear", EYE),
    "mouth": ("moist", MOUTH),
    "teeth": ("teeth", MOUTH),
    "lashes": ("dark", HAIR),
}
PART_COLOURS = {"mouth": (0.42, 0.13, 0.12), "teeth": (0.72, 0.66, 0.55), "lashes": (0.02, 0.012, 0.01)}
SWEATERS = ((0.02, 0.02, 0.025), (0.03, 0.05, 0.12), (0.35, 0.33, 0.3), (0.16, 0.02, 0.03), (0.05, 0.1, 0.06))

Item = dict[str, Any]
Arrays = dict[str, np.ndarray]


def photo_camera(plan: PhotoPlan, centre: np.ndarray) -> Camera:
    """The photo's camera, looking at ``centre`` [3] of the face (head frame, metres)."""
    return _camera(plan, centre, plan.yaw)


def turned_camera(plan: PhotoPlan, centre: np.ndarray) -> Camera:
    """The same camera moved round the head towards the side that the photo shows less of."""
    return _camera(plan, centre, plan.yaw - np.copysign(TURN, plan.yaw))


def _camera(plan: PhotoPlan, centre: np.ndarray, yaw: float) -> Camera:
    turn, rise, roll = np.radians([yaw, plan.pitch, plan.roll])
    place = rotation_from_vector(np.array([0, turn, 0])) @ rotation_from_vector(np.array([-rise, 0, 0]))
    rotation = rotation_from_vector(np.array([0, 0, roll])) @ FACING_CAMERA @ place.T
    aimed = centre + place @ np.array([*plan.aim, 0.0])
    pose = np.eye(4)
    pose[:3, :3] = rotation
    pose[:3, 3] = -rotation @ (aimed + place @ np.array([0, 0, plan.distance]))
    size = np.array([plan.width, plan.height])
    focal = focal_px_from_35mm(plan.lens, plan.width, plan.height) * plan.crop
    return Camera(focal, size * (0.5 + np.array(plan.shift)), plan.width, plan.height, pose)


def held_out_camera(camera: Camera) -> Camera:
    """The camera of a held-out picture, whose longer side is :data:`HELD_OUT_SIZE`."""
    return camera.scaled(HELD_OUT_SIZE / max(camera.width, camera.height))


def face_centre(head: TruthHead, posed: np.ndarray) -> np.ndarray:
    """Middle ``[3]`` of the face's box."""
    face = posed[head.face]
    return (face.min(0) + face.max(0)) / 2


def head_objects(head: TruthHead, posed: np.ndarray, maps: Path) -> tuple[list[Item], Arrays]:
    """The head's parts, with the maps in its folder."""
    items, arrays = [], {}
    for number, name in enumerate(PARTS):
        rows = head.part == number
        if not rows.any():
            continue
        used, triangles = np.unique(head.triangles[rows], return_inverse=True)
        arrays[f"{name}/vertices"] = posed[used]
        arrays[f"{name}/triangles"] = triangles.reshape(-1, 3).astype(np.int32)
        arrays[f"{name}/uv"] = head.uv[rows]
        material, index = PART_LOOKS[name]
        item: Item = {"name": name, "material": material, "index": index, "relit": True}
        if name in PART_COLOURS:
            item["colour"] = PART_COLOURS[name]
        if name == "skin":
            item |= {kind: str(maps / f"{kind}.png") for kind in ("albedo", "specular", "roughness")}
            item["height"] = str(maps / "height.npy")
        if name == "eye":
            item |= {"albedo": str(maps / "eye_albedo.png"), "coat": not (head.part == PARTS.index("cornea")).any()}
        items.append(item)
    return items, arrays


def everything(
    plan: PhotoPlan, head: TruthHead, posed: np.ndarray, maps: Path, hair_colour: np.ndarray, skin_colour: np.ndarray
) -> tuple[list[Item], Arrays]:
    """All that stands before the camera: the head, what it wears, a pullover."""
    items, arrays = head_objects(head, posed, maps)
    for item, more in (sweater(head, plan.head.seed), *worn(plan, head, posed, hair_colour, skin_colour)):
        items.append(item)
        arrays |= more
    return items, arrays


def sweater(head: TruthHead, seed: int) -> tuple[Item, Arrays]:
    """A pullover from the neck down to the chest, which hides where the head's mesh ends."""
    skin = head.vertices[np.unique(head.triangles[head.part == 0])]
    collar = max(skin[:, 1].min() + 0.05, head.vertices[head.face][:, 1].min() - 0.075)
    neck = skin[np.abs(skin[:, 1] - collar) < 0.01]
    middle = ((neck.min(0) + neck.max(0)) / 2)[[0, 2]]
    radius = (neck.max(0) - neck.min(0))[[0, 2]] / 2
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    around = np.stack([np.sin(angle), np.cos(angle)], 1)
    # Down the collar, out over the shoulders, down the arms; in shares of the way to the shoulders' ellipse.
    drop = np.array([-0.012, -0.006, 0.006, 0.02, 0.035, 0.05, 0.07, 0.095, 0.13, 0.25, 0.45])
    out = np.array([0.0, 0.02, 0.03, 0.08, 0.25, 0.45, 0.7, 0.88, 0.97, 1.0, 1.0])
    rings: list[np.ndarray] = []
    for depth, share in zip(drop, out):
        ellipse = radius + share * (np.array([0.215, 0.12]) - radius)
        free = _widest(skin, collar - depth, middle, angle) + 0.006
        wide = np.maximum(1 / np.linalg.norm(around / ellipse, axis=1), free)
        rings.append(np.maximum(wide, rings[-1]) if rings else wide)  # cloth hangs: it never turns inwards
    flat = middle + np.stack(rings)[..., None] * around
    height = np.broadcast_to((collar - drop)[:, None], flat.shape[:2])
    vertices = np.stack([flat[..., 0], height, flat[..., 1]], -1).reshape(-1, 3).astype(np.float32)
    colour = SWEATERS[seed % len(SWEATERS)]
    item = {"name": "sweater", "material": "cloth", "index": NOTHING, "relit": False, "colour": colour}
    return item, {"sweater/vertices": vertices, "sweater/triangles": _tube(len(drop), len(angle))}


def _widest(skin: np.ndarray, height: float, middle: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """How far the skin reaches out from a vertical axis in each direction, within 1.5 cm of a height."""
    near = skin[np.abs(skin[:, 1] - height) < 0.015][:, [0, 2]] - middle
    direction = np.arctan2(near[:, 0], near[:, 1])
    reach = np.zeros(len(angle))
    bins = np.round(direction / (2 * np.pi) * len(angle)).astype(int) % len(angle)
    np.maximum.at(reach, bins, np.linalg.norm(near, axis=1))
    return np.max([np.roll(reach, step) for step in (-2, -1, 0, 1, 2)], axis=0)


def _tube(rings: int, sides: int) -> np.ndarray:
    """Triangles ``[T, 3]`` between rings of vertices, the first on top, counter-clockwise seen from outside."""
    first = np.arange(rings - 1)[:, None] * sides + np.arange(sides)
    second = np.arange(rings - 1)[:, None] * sides + (np.arange(sides) + 1) % sides
    upper = np.stack([first, first + sides, second], -1)
    lower = np.stack([second, first + sides, second + sides], -1)
    return np.concatenate([upper.reshape(-1, 3), lower.reshape(-1, 3)]).astype(np.int32)


def pictures(
    plan: PhotoPlan, camera: Camera, turned: Camera, light: Item, held_out: list[Item], out: Path
) -> list[Item]:
    """The list of renders: the photo, its index picture, the held-out views."""
    samples = next(count for height, count in sorted(SAMPLES.items()) if plan.height <= height)
    fine = camera.scaled(mask_scale(plan.height))
    shared = {"seed": plan.seed, "light": light, "camera": camera.to_dict(), "samples": samples}
    renders = [
        {**shared, "kind": "photo", "out": str(out / "photo.npz")},
        {**shared, "kind": "index", "out": str(out / "index.npz"), "camera": fine.to_dict()},
    ]
    for number, (view, lit) in enumerate(zip((camera, turned), held_out)):
        small = held_out_camera(view).to_dict()
        values = {"kind": "relit", "out": str(out / f"relit{number}.npz"), "camera": small, "light": lit}
        renders.append({**shared, **values, "samples": HELD_OUT_SAMPLES})
    return renders


def mask_scale(height: int) -> int:
    """How much finer than a photo of that height its index picture is rendered."""
    return MASK_SCALE if height <= 1024 else 1


def reduce_index(index: np.ndarray, scale: int) -> np.ndarray:
    """An index picture at photo size: whatever hides the face wins, else the lower median of a pixel's samples."""
    height, width = index.shape[0] // scale, index.shape[1] // scale
    samples = index.reshape(height, scale, width, scale).swapaxes(1, 2).reshape(height, width, -1)
    samples = np.sort(samples, axis=-1)
    hidden = samples[..., -1]
    return np.where(hidden >= HAIR, hidden, samples[..., (samples.shape[-1] - 1) // 2]).astype(np.uint8)
