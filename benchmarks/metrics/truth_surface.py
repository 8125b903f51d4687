"""The true head as the figures see it: points spread over its face, what the photo shows of them, and its UV tile.

The *face* is the skin within 95 mm of the tip of the nose, as the NoW benchmark crops it (``face`` of the truth).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from core.camera import FACING_CAMERA, Camera, rotation_from_vector
from core.render.interpolate import barycentric
from core.render.projection import project
from core.render.rasterize import rasterize

from .geometry import Surface, normalised, vertex_normals

if TYPE_CHECKING:
    from ..truth.records import TruthPhoto

SAMPLES = 6000
TEXELS_ACROSS = 160
"""Of the picture of the face in the true head's UV tile."""
DEPTH_SIDE = 512
"""Pixels of the longer side of the picture that tells what hides what."""
DEPTH_TOLERANCE = 0.004
LEAST_COSINE = 0.1
"""Skin that is seen at a flatter angle than this counts as hidden."""
LEAST_SHARE = 0.1
"""Of the face that must be hidden (or observed) for a figure of that part: less is nostrils and rims."""
FEATURE_RADIUS = 0.008
"""Metres around brows, eyes, nostrils and lips that are left out where the skin's tone is measured."""
SKIN_INDEX, SKIN_PART = 1, 0
CLEAR_PARTS = (2, 5)
"""Corneas and lashes hide nothing."""
OPEN_VIEWS = ((0, 0), (0, -60), (0, 60), (-20, 0), (20, 0), (-15, -30), (15, -30), (-15, 30), (15, 30))
"""Pitch and yaw in degrees of the cameras that tell what lies open."""
OPEN_SIDE, OPEN_WIDTH, OPEN_DISTANCE = 320, 0.22, 2.0  # pixels, metres across, metres
_FEATURES = ((17, 22), (22, 27), (31, 36), (36, 42), (42, 48), (48, 60))


@dataclass(frozen=True, eq=False)
class FacePoints:
    """Points on the true head's face.

    Attributes:
        triangle: [N] index into the truth's triangles.
        weights: [N, 3] barycentric weights.
        position: [N, 3] in the photo's expression; neutral: [N, 3].
        normal: [N, 3] unit, smooth, in the photo's expression.
        uv: [N, 2].
        observed: [N] bool: the photo shows it.
        bare: [N] bool: neither brow, eye, nostril nor lip is near.
    """

    triangle: np.ndarray
    weights: np.ndarray
    position: np.ndarray
    neutral: np.ndarray
    normal: np.ndarray
    uv: np.ndarray
    observed: np.ndarray
    bare: np.ndarray


class TruthSurface:
    """One photo's true head. Everything is worked out when it is first asked for.

    Args:
        truth: a photo of the truth data set.
    """

    def __init__(self, truth: TruthPhoto) -> None:
        self.truth = truth
        self.posed = np.asarray(truth.posed, np.float64)
        self.head = truth.head
        self.neutral = np.asarray(truth.head.vertices, np.float64)
        self.triangles = np.asarray(truth.head.triangles).astype(np.int64)
        self.camera = truth.camera

    @classmethod
    def of(cls, truth: TruthPhoto | TruthSurface) -> TruthSurface:
        """What is known already, or a new one."""
        return truth if isinstance(truth, cls) else cls(truth)

    @cached_property
    def face_triangles(self) -> np.ndarray:
        """Indices of the triangles of skin whose corners all belong to the face and that lie open.

        What no camera before the neutral head sees (a scan's closed mouth, the inside of the nose) is no face.
        """
        face = np.asarray(self.head.face, bool)[self.triangles].all(1) & (np.asarray(self.head.part) == SKIN_PART)
        return np.flatnonzero(face & self._open()[self.triangles].all(1))

    @cached_property
    def face_surface(self) -> Surface:
        """The face alone, in the photo's expression; its triangles are `face_triangles`."""
        return Surface(self.posed, self.triangles[self.face_triangles])

    @cached_property
    def normals(self) -> np.ndarray:
        """[V, 3] unit vertex normals in the photo's expression, of the skin alone."""
        return vertex_normals(self.posed, self.triangles[np.asarray(self.head.part) == 0])

    @cached_property
    def eye_distance(self) -> float:
        """Metres between the outer corners of the eyes; 93 mm (a usual value) where they are not marked."""
        corners = self.landmarks(self.neutral)[[36, 45]]
        return float(np.linalg.norm(corners[0] - corners[1])) if np.isfinite(corners).all() else 0.093

    def landmarks(self, vertices: np.ndarray) -> np.ndarray:
        """The 68 landmarks [68, 3] on ``vertices``; not a number where the truth does not know one."""
        index = np.asarray(self.head.landmarks_68)
        return np.where((index >= 0)[:, None], vertices[np.maximum(index, 0)], np.nan)

    @cached_property
    def samples(self) -> FacePoints:
        """Points spread evenly over the face's area (the same for every method)."""
        generator = np.random.default_rng(0)
        corner = self.posed[self.triangles[self.face_triangles]]
        area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
        steps = (np.arange(SAMPLES) + generator.random(SAMPLES)) / SAMPLES * area.sum()
        chosen = np.minimum(np.searchsorted(np.cumsum(area), steps), len(area) - 1)
        root, share = np.sqrt(generator.random(SAMPLES)), generator.random(SAMPLES)
        weights = np.stack([1 - root, root * (1 - share), root * share], 1)
        return self.points(self.face_triangles[chosen], weights)

    def points(self, triangle: np.ndarray, weights: np.ndarray) -> FacePoints:
        """What is known of the points with barycentric ``weights`` [N, 3] in triangles [N]."""
        corners = self.triangles[triangle]

        def mixed(values: np.ndarray) -> np.ndarray:
            return (values * weights[:, :, None]).sum(1)

        position, neutral = mixed(self.posed[corners]), mixed(self.neutral[corners])
        normal = normalised(mixed(self.normals[corners]))
        uv = mixed(np.asarray(self.head.uv, np.float64)[triangle])
        observed, bare = self.observed(position, normal), self._bare(neutral)
        return FacePoints(triangle, weights, position, neutral, normal, uv, observed, bare)

    def observed(self, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """Which points [N, 3] of the skin the photo shows: no part of the head, hair, glasses or hand before them."""
        pixel, depth = self.camera.project(points)
        height, width = np.shape(self.truth.object_index)
        place = np.floor(pixel * (width / self.camera.width, height / self.camera.height)).astype(int)
        inside = ((place >= 0) & (place < (width, height))).all(1) & (depth > 0)
        place = np.where(inside[:, None], place, 0)
        skin = np.asarray(self.truth.object_index)[place[:, 1], place[:, 0]] == SKIN_INDEX
        towards = normalised(self.camera.position - points)
        facing = (normals * towards).sum(1) > LEAST_COSINE
        return inside & skin & facing & (depth <= self._nearest_depth(pixel) + DEPTH_TOLERANCE)

    def rasterised(self, camera: Camera) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Triangle [H, W] (-1 where there is none) that a camera sees, and flat pixels [N], weights [N, 3]."""
        points = project(torch.from_numpy(self.posed), camera)
        triangles = torch.from_numpy(self.triangles)
        ids = rasterize(points, triangles, camera.height, camera.width)
        pixels, weights = barycentric(points, triangles, ids)
        return ids.numpy(), pixels.numpy(), weights.numpy()

    def texels(self) -> tuple[FacePoints, np.ndarray, tuple[int, int]]:
        """The face in its UV tile: points at the texels, their flat place in the picture, and its (height, width)."""
        uv = np.asarray(self.head.uv, np.float64)[self.face_triangles]
        low, high = uv.min((0, 1)), uv.max((0, 1))
        scale = TEXELS_ACROSS / (high - low).max()
        width, height = (int(side) for side in np.ceil((high - low) * scale))
        flat = np.stack([(uv[..., 0] - low[0]) * scale, (high[1] - uv[..., 1]) * scale, np.ones(uv.shape[:2])], -1)
        corner = torch.from_numpy(flat.reshape(-1, 3))
        triangles = torch.arange(len(corner)).view(-1, 3)
        ids = rasterize(corner, triangles, height, width)
        pixels, weights = barycentric(corner, triangles, ids)
        triangle = self.face_triangles[ids.flatten()[pixels].numpy()]
        return self.points(triangle, weights.numpy()), pixels.numpy(), (height, width)

    def _open(self) -> np.ndarray:
        """[V] bool: corners of triangles that a camera around the neutral face sees."""
        solid = self.triangles[~np.isin(self.head.part, CLEAR_PARTS)]
        triangles, vertices = torch.from_numpy(solid), torch.from_numpy(self.neutral)
        middle = self.neutral[np.asarray(self.head.face, bool)].mean(0)
        seen = np.zeros(len(self.neutral), bool)
        for pitch, yaw in np.radians(OPEN_VIEWS):
            turn = rotation_from_vector(np.array([pitch, 0, 0])) @ rotation_from_vector(np.array([0, yaw, 0]))
            pose = np.eye(4)
            pose[:3, :3] = FACING_CAMERA @ turn
            pose[:3, 3] = (0, 0, OPEN_DISTANCE) - pose[:3, :3] @ middle
            focal = OPEN_SIDE * OPEN_DISTANCE / OPEN_WIDTH
            camera = Camera(focal, np.full(2, OPEN_SIDE / 2), OPEN_SIDE, OPEN_SIDE, pose)
            ids = rasterize(project(vertices, camera), triangles, OPEN_SIDE, OPEN_SIDE, cull_back_faces=True)
            seen[solid[np.unique(ids[ids >= 0])]] = True
        return seen

    def _bare(self, neutral: np.ndarray) -> np.ndarray:
        marks = self.landmarks(self.neutral)
        bare = np.ones(len(neutral), bool)
        for first, last in _FEATURES:
            line = marks[first:last]
            if not np.isfinite(line).all():
                continue
            line = np.concatenate([line, (line + np.roll(line, -1, 0)) / 2, line.mean(0)[None]])
            for point in line:
                bare &= ((neutral - point) ** 2).sum(1) > FEATURE_RADIUS**2
        return bare

    @cached_property
    def _depth(self) -> np.ndarray:
        """[h, w] depth of the head's nearest surface in the photo; infinite beside it."""
        camera = self._depth_camera
        ids, pixels, weights = self.rasterised(camera)
        depth = np.full(ids.size, np.inf)
        corners = self.triangles[ids.ravel()[pixels]]
        _, vertex_depth = camera.project(self.posed)
        depth[pixels] = (vertex_depth[corners] * weights).sum(1)
        return depth.reshape(ids.shape)

    @cached_property
    def _depth_camera(self) -> Camera:
        return self.camera.scaled(min(1.0, DEPTH_SIDE / max(self.camera.width, self.camera.height)))

    def _nearest_depth(self, pixel: np.ndarray) -> np.ndarray:
        """Largest depth among the pixels around each place, so that slanted skin does not hide itself."""
        camera = self._depth_camera
        scale = camera.focal_px / self.camera.focal_px
        deepest = cv2.dilate(np.where(np.isfinite(self._depth), self._depth, -1.0), np.ones((3, 3)))
        place = np.clip(np.floor(pixel * scale), 0, (camera.width - 1, camera.height - 1)).astype(int)
        depth = deepest[place[:, 1], place[:, 0]]
        return np.where(depth > 0, depth, np.inf)


@dataclass(frozen=True, eq=False)
class FaceMasks:
    """Pixels [H, W] of a picture of the true head: its face, and which of it the photo showed."""

    face: np.ndarray
    observed: np.ndarray
    hidden: np.ndarray


def face_masks(truth: TruthPhoto | TruthSurface, camera: Camera | None = None) -> FaceMasks:
    """The face in a picture of the true head.

    Args:
        truth: a photo of the truth data set, or its `TruthSurface`.
        camera: of a picture without hair, glasses and hand; None for the photo itself, where they hide the face.
    """
    surface = TruthSurface.of(truth)
    where = camera or surface.camera
    ids, pixels, weights = surface.rasterised(where)
    inside = np.isin(ids.ravel()[pixels], surface.face_triangles)
    pixels, weights = pixels[inside], weights[inside]
    points = surface.points(ids.ravel()[pixels], weights)
    face, observed = np.zeros(ids.size, bool), np.zeros(ids.size, bool)
    face[pixels], observed[pixels] = True, points.observed
    face, observed = face.reshape(ids.shape), observed.reshape(ids.shape)
    if camera is None:
        index = np.asarray(surface.truth.object_index)  # of a large photo it is a smaller picture
        face &= cv2.resize(index, face.shape[::-1], interpolation=cv2.INTER_NEAREST) == SKIN_INDEX
    return FaceMasks(face, face & observed, face & ~observed)
