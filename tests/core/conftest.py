"""What the tests of the core share: the face networks' weights, and the smallest head that has everything."""

from __future__ import annotations

import os

import numpy as np
import pytest

from core import weights


@pytest.fixture(scope="session")
def face_weights() -> None:
    """The built-in face networks; where CI is set their absence is a failure, else a reason to skip."""
    missing = [
        weight.name for weight in weights.WEIGHTS.values() if not weight.optional and not weights.available(weight.name)
    ]
    if missing:
        reason = f"weights are missing: {', '.join(missing)}; run `python3 vendor_install.py install`"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@pytest.fixture
def head_arrays() -> dict[str, np.ndarray]:
    """A cube of skin, 100 mm wide, whose front opens upwards, with a square eye before it; seen in one photo."""
    skin = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], np.float32) * 0.1
    eye = np.array([[3, 3, 11], [7, 3, 11], [7, 7, 11], [3, 7, 11]], np.float32) / 100
    cube = [[4, 5, 7, 6], [1, 0, 2, 3], [5, 1, 3, 7], [0, 4, 6, 2], [6, 7, 3, 2], [0, 1, 5, 4]]
    basis = np.zeros((2, 12, 3), np.float16)
    basis[0, [6, 7]] = (0, 0.02, 0)
    return {
        "vertices": np.concatenate([skin, eye]),
        "quads": np.array([*cube, [8, 9, 10, 11]], np.int32),
        "quad_part": np.array([0] * 6 + [1], np.uint8),
        "part_names": np.array(["skin", "eye_left"]),
        "uv": np.tile(np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32), (7, 1, 1)),
        "expression_names": np.array(["jawOpen", "cheekPuff"]),
        "expression_basis": basis,
        "photo_expression": np.array([[0.5, 0.0]], np.float32),
        "region_names": np.array(["face", "lips"]),
        "regions": np.array([[True] * 12, [True, False] * 6]),
        "mirror": np.arange(12, dtype=np.int32),
        "hm08_index": np.arange(12, dtype=np.int32),
        "eye_centre": np.zeros((2, 3), np.float32),
        "eye_radius": np.full(2, 0.012, np.float32),
        "camera_from_world": np.eye(4, dtype=np.float32)[None],
        "focal_px": np.array([900.0], np.float32),
        "principal_px": np.array([[320.0, 240.0]], np.float32),
        "image_size": np.array([[640, 480]], np.int32),
    }
