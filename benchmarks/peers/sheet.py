"""The peers' meshes to look at: each photo, every peer's face from the front and the side, and the true one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch

from benchmarks.metrics import TruthSurface, measure_fitted
from benchmarks.reporting.sheets import Cell, Row
from core.camera import FACING_CAMERA, Camera, rotation_from_vector
from core.errors import FitError
from core.render.scene import RenderMesh, clay, tonemap

from .catalogue import Peer
from .measure import similarity

SIDE = 200
FIELD = 0.21
DISTANCE = 1.2
YAWS = (0.0, np.pi / 2)


def row(photo: Any, peers: Sequence[Peer]) -> Row:
    """The photo, one cell a peer, the truth."""
    true = TruthSurface(photo)
    middle = true.samples.position.mean(0)
    cells = [Cell(_face(photo, true), "photo")]
    for peer in peers:
        try:
            fitted = peer.fit(photo.path)
        except FitError as error:
            cells.append(Cell(None, error.message))
            continue
        measured = measure_fitted(fitted, true)
        posed = similarity(measured.true_from_head).apply(fitted.posed)
        caption = f"{peer.name}: {measured.figures['scaled_median_mm']:.2f} mm"
        cells.append(Cell(views(posed, fitted.triangles, middle), caption))
    skin = true.triangles[np.asarray(photo.head.part) == 0]
    cells.append(Cell(views(true.posed, skin, middle), "truth"))
    return Row(photo.name, cells)


def _face(photo: Any, true: TruthSurface) -> np.ndarray:
    """The photo around the true face."""
    pixels, _ = photo.camera.project(true.samples.position)
    middle, reach = (pixels.min(0) + pixels.max(0)) / 2, float(np.ptp(pixels, axis=0).max()) * 0.75
    image = cv2.imread(str(photo.path))[..., ::-1]
    scale = image.shape[1] / photo.width
    left, top = np.maximum(np.round((middle - reach) * scale), 0).astype(int)
    right, bottom = np.round((middle + reach) * scale).astype(int)
    return image[top:bottom, left:right]


def views(vertices: np.ndarray, triangles: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Clay pictures from the front and from the person's left, side by side."""
    mesh = RenderMesh.build(triangles, np.zeros((len(triangles), 3, 2), np.float32))
    points = torch.from_numpy(np.ascontiguousarray(vertices, np.float32))
    return np.hstack([tonemap(clay(points, mesh, _camera(yaw, middle))) for yaw in YAWS])


def _camera(yaw: float, middle: np.ndarray) -> Camera:
    pose = np.eye(4)
    pose[:3, :3] = FACING_CAMERA @ rotation_from_vector(np.array([0.0, -yaw, 0.0]))
    pose[:3, 3] = (0, 0, DISTANCE) - pose[:3, :3] @ middle
    return Camera(SIDE * DISTANCE / FIELD, np.array([SIDE / 2, SIDE / 2]), SIDE, SIDE, pose)
