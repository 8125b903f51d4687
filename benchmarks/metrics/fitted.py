"""A fitted head as the figures see it: any mesh with, where there are some, landmarks, camera and maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from core.camera import Camera
from core.head import Head
from core.mapfiles import linear_from_srgb, read_png
from core.shape.morphable import load_model, split_quads

from .textures import at_map_size

INNER_REGIONS = ("mouth_inner", "eye_socket")
"""Skin that no camera sees: the nearest point of a face must not lie there."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """What one method found in one photo. Lengths are metres (or near it: a similarity is fitted).

    Attributes:
        posed: [V, 3] with the photo's expression.
        triangles: [T, 3] of the outer skin.
        neutral: [V, 3] without expression, if the method tells it apart.
        landmarks: [68, 3] on ``posed``, not a number where unknown; None when there are none.
        camera: the photo's camera, in the photo's pixels or those of a resized copy; None when there is none.
        triangle_uv: [T, 3, 2] per corner, for the maps.
        maps: linear values by name: ``diffuse_albedo`` [S, S, 3] linear light, ``specular_albedo`` and
            ``roughness`` [S, S], ``normal`` [S, S, 3] in [-1, 1], ``provenance`` [S, S, 3].
        face: [T] bool, the triangles of the face (for seams).
    """

    posed: np.ndarray
    triangles: np.ndarray
    neutral: np.ndarray | None = None
    landmarks: np.ndarray | None = None
    camera: Camera | None = None
    triangle_uv: np.ndarray | None = None
    maps: Mapping[str, np.ndarray] = field(default_factory=dict)
    face: np.ndarray | None = None

    @classmethod
    def of_head(cls, head: Head, photo: int = 0) -> Fitted:
        """A head folder's fit of one photo; maps come averaged down to the size at which they are compared."""
        inner = np.zeros(len(head.vertices), bool)
        for name in INNER_REGIONS:
            if name in head.regions:
                inner |= head.regions[name]
        skin = (head.quad_part == head.part_names.index("skin")) & ~inner[head.quads].all(1)
        triangles = split_quads(head.quads[skin])
        posed = head.posed_vertices(photo).astype(np.float64)
        width, height = (int(side) for side in head.image_size[photo])
        camera = Camera(head.focal_px[photo], head.principal_px[photo], width, height, head.camera_from_world[photo])
        return cls(
            posed=posed,
            triangles=triangles,
            neutral=head.vertices.astype(np.float64),
            landmarks=_landmarks(posed),
            camera=camera,
            triangle_uv=split_quads(head.uv[skin]),
            maps=read_maps(head),
            face=head.regions["face"][triangles].all(1) if "face" in head.regions else None,
        )


def read_maps(head: Head) -> dict[str, np.ndarray]:
    """The skin's maps that exist, decoded as `Fitted.maps` says."""
    maps = {}
    for name, path in head.maps.items():
        if name == "eye_albedo":
            continue
        values = read_png(path)
        if name == "diffuse_albedo":
            values = linear_from_srgb(values)
        elif name == "normal":
            values = values * 2 - 1
        maps[name] = at_map_size(values)
    return maps


def _landmarks(posed: np.ndarray) -> np.ndarray | None:
    """The shape model's 68 landmarks on a head of its topology."""
    model = load_model()
    return model.landmarks_68.points(posed) if len(posed) == len(model.mean) else None
