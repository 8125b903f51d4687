"""The lights of the truth data set, as plain dictionaries that ``scene.py`` puts up.

A light is ``{"environment", "rotation_degrees", "strength", "colour", "lamps"}``. The environment is a file, one of
bpy's own by name, or None for an even colour; it turns about the world's vertical axis (Blender's Mapping node, Z).
A lamp is ``{"type": "SUN" or "AREA", "position", "target", "energy", "colour", "size"}``, in metres and the head's
frame: energy is irradiance for a sun and watts for a disk of diameter ``size``; a sun's size is its angle in radians.

Environments of photographs are scaled to a mean luminance, so that lamps keep their share of the light. Photographs
never show bpy's own environments and the held-out pictures show nothing else; ``venice_sunset`` is left out of the
photographs because bpy's ``sunset`` is the same place.
"""

from __future__ import annotations

import colorsys
import functools
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.errors import FitError

HELD_OUT_STRENGTHS = {
    "city": 1.07,
    "courtyard": 1.31,
    "forest": 1.29,
    "interior": 1.03,
    "night": 6.06,
    "studio": 1.30,
    "sunrise": 1.54,
    "sunset": 2.02,
}
"""bpy's own environments with the strength that brings their mean luminance to 1."""
KINDS = ("hdri", "flash", "sun", "coloured", "window")
INDOORS = ("adams_place_bridge_1k", "dikhololo_night_1k", "empty_warehouse_01_1k", "st_fagans_interior_1k")
SAME_AS_HELD_OUT = ("venice_sunset_1k",)
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
SUN_ANGLE = 0.0093  # radians, as seen from Earth


def environments(shared: Path) -> list[str]:
    """Names of the environments that photographs may show, in a fixed order.

    Raises:
        FitError: the folder of the reference data has none.
    """
    names = sorted(path.stem for path in (Path(shared) / "hdri").glob("*.hdr"))
    names = [name for name in names if name not in SAME_AS_HELD_OUT]
    if not names:
        raise FitError(f"There are no environments in {Path(shared) / 'hdri'}.", "Name the reference data by --shared.")
    return names


@functools.lru_cache(maxsize=32)
def mean_luminance(path: Path) -> float:
    """Mean luminance over the sphere of an equirectangular picture."""
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise FitError(f"{path} cannot be read as an environment.", "Fetch the reference data again.")
    luminance = picture[:, :, 2::-1].astype(np.float64) @ LUMINANCE
    weight = np.sin((np.arange(len(luminance)) + 0.5) / len(luminance) * np.pi)
    return float(np.average(luminance.mean(1), weights=weight))


def photo_light(
    kind: str, environment: Path | None, rotation: float, camera_position: np.ndarray, seed: int
) -> dict[str, Any]:
    """The light of one photograph.

    Args:
        kind: one of ``KINDS``: the environment alone, or dimmed and with lamps.
        environment: picture file; None for an even grey.
        rotation: of the environment, degrees.
        camera_position: ``[3]`` where a flash sits, head frame, metres.
        seed: chooses directions, colours and shares.
    """
    generator = np.random.default_rng((seed, 41))
    level, lamps = _RECIPES[kind](generator, np.asarray(camera_position, np.float64))
    brightness = mean_luminance(environment) if environment else 1.0
    return {
        "environment": str(environment) if environment else None,
        "rotation_degrees": rotation,
        "strength": level / brightness,
        "colour": [1.0, 1.0, 1.0],
        "lamps": lamps,
    }


def held_out_light(name: str, rotation: float) -> dict[str, Any]:
    """One of bpy's own environments at a mean luminance of 1."""
    return {"environment": name, "rotation_degrees": rotation, "strength": HELD_OUT_STRENGTHS[name]}


def _hdri(generator: np.random.Generator, camera: np.ndarray) -> tuple[float, list[dict[str, Any]]]:
    return 1.0, []


def _flash(generator: np.random.Generator, camera: np.ndarray) -> tuple[float, list[dict[str, Any]]]:
    """A small flash above the lens in a dim room."""
    position = camera + np.array([generator.uniform(-0.03, 0.03), generator.uniform(0.03, 0.09), 0])
    lamp = _disk(position, irradiance=3.0, size=generator.uniform(0.02, 0.06), colour=(1.0, 0.98, 0.95))
    return generator.uniform(0.08, 0.25), [lamp]


def _sun(generator: np.random.Generator, camera: np.ndarray) -> tuple[float, list[dict[str, Any]]]:
    """A hard sun in front of the face, with three to eight times the sky's light."""
    position = 10.0 * _direction(generator.uniform(-75, 75), generator.uniform(15, 60))
    lamp = {
        "type": "SUN",
        "position": position.tolist(),
        "target": [0.0, 0.0, 0.0],
        "energy": generator.uniform(4.0, 8.0),
        "colour": [1.0, 0.93, 0.84],
        "size": SUN_ANGLE,
    }
    return generator.uniform(0.3, 0.5), [lamp]


def _coloured(generator: np.random.Generator, camera: np.ndarray) -> tuple[float, list[dict[str, Any]]]:
    """Two coloured lamps, one on each side, in a dark room."""
    side, hue = generator.choice((-1, 1)), generator.uniform()
    lamps = []
    for turn, share, shift in ((generator.uniform(20, 60), 2.0, 0.0), (-generator.uniform(30, 75), 1.1, 0.4)):
        colour = colorsys.hsv_to_rgb((hue + shift) % 1, generator.uniform(0.35, 0.8), 1.0)
        position = 1.2 * _direction(side * turn, generator.uniform(-10, 35))
        lamps.append(_disk(position, share, generator.uniform(0.1, 0.5), colour))
    return generator.uniform(0.05, 0.15), lamps


def _window(generator: np.random.Generator, camera: np.ndarray) -> tuple[float, list[dict[str, Any]]]:
    """One large soft light from a side."""
    side = generator.choice((-1, 1)) * generator.uniform(25, 75)
    lamp = _disk(1.5 * _direction(side, generator.uniform(0, 25)), 3.0, generator.uniform(0.8, 1.4), (0.92, 0.97, 1.0))
    return generator.uniform(0.15, 0.35), [lamp]


_RECIPES = {"hdri": _hdri, "flash": _flash, "sun": _sun, "coloured": _coloured, "window": _window}


def _direction(azimuth: float, elevation: float) -> np.ndarray:
    """Unit vector of a direction in degrees: azimuth 0 is before the face, 90 on the person's left."""
    turn, rise = np.radians(azimuth), np.radians(elevation)
    return np.array([np.sin(turn) * np.cos(rise), np.sin(rise), np.cos(turn) * np.cos(rise)])


def _disk(position: np.ndarray, irradiance: float, size: float, colour: tuple[float, float, float]) -> dict[str, Any]:
    """A disk that looks at the face and lights it with that irradiance."""
    distance = float(np.linalg.norm(position))
    return {
        "type": "AREA",
        "position": position.tolist(),
        "target": [0.0, -0.02, 0.0],
        "energy": irradiance * np.pi * distance**2,  # on the axis of a small Lambert emitter
        "colour": list(colour),
        "size": size,
    }
