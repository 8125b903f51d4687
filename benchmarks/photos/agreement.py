"""Do several photos of one person give one head? Distances between heads and between their maps.

All heads share one topology, so heads are compared vertex by vertex after a rigid alignment over the face; what
is reported is the distance across the surface, as a scan would show it (sliding along the surface is no error).
"""

from __future__ import annotations

import cv2
import numpy as np

from core.head import Head
from core.mapfiles import linear_from_srgb, read_png
from core.shape.morphable import split_quads

from ..metrics.colour import ciede2000, lab_from_linear
from ..metrics.geometry import best_similarity, vertex_normals
from .posed_head import PosedHead, face_vertices

MAP_SIDE = 256
SEEN = 0.5
"""Share of a texel above which it counts as seen in the photo."""


def shape_distance(one: Head, other: Head, scaled: bool = False) -> float:
    """Mean distance in millimetres between two neutral faces, across the surface of the first.

    Args:
        one: A head.
        other: A head of the same topology.
        scaled: Let the alignment scale the other head, which judges the shape alone.
    """
    return vertex_distance(one.vertices, other.vertices, face_vertices(one), one.quads, scaled)


def vertex_distance(
    one: np.ndarray, other: np.ndarray, face: np.ndarray, quads: np.ndarray, scaled: bool = False
) -> float:
    """`shape_distance` of bare vertices ``[V, 3]`` in metres over the vertices ``face [V]``."""
    moved = best_similarity(other[face].astype(float), one[face].astype(float), scaled).apply(other[face])
    normals = vertex_normals(one.astype(float), split_quads(quads))[face]
    across = ((moved - one[face]) * normals).sum(1)
    return 1000.0 * float(np.abs(across).mean())


def mirrored_vertices(head: Head) -> np.ndarray:
    """``[V, 3]`` the neutral head with left and right exchanged, in the same order of vertices."""
    return (head.vertices * np.array([-1.0, 1.0, 1.0], np.float32))[head.mirror]


def map_difference(one: Head, other: Head) -> float:
    """Median CIEDE2000 between the diffuse albedos of one head and of the head of the mirrored photo.

    Over texels of the face that both saw in their photo. The model's UV layout is symmetric about u = 0.5.
    """
    ours, seen = face_albedo(one)
    theirs, seen_too = (side[:, ::-1] for side in face_albedo(other))
    both = seen & seen_too
    if not both.any():
        return float("nan")
    return float(np.median(ciede2000(lab_from_linear(ours[both]), lab_from_linear(theirs[both]))))


def face_albedo(head: Head) -> tuple[np.ndarray, np.ndarray]:
    """The diffuse albedo ``[256, 256, 3]``, linear, and where it shows skin of the face that the photo saw."""
    size = (MAP_SIDE, MAP_SIDE)
    albedo = cv2.resize(linear_from_srgb(read_png(head.maps["diffuse_albedo"])), size, interpolation=cv2.INTER_AREA)
    seen = cv2.resize(read_png(head.maps["provenance"]), size, interpolation=cv2.INTER_AREA)[..., 0] > SEEN
    face = np.zeros(size, np.uint8)
    skin = head.part_names.index("skin")
    quads = (head.quad_part == skin) & face_vertices(head)[head.quads].all(1)
    corners = head.uv[quads] * (MAP_SIDE, -MAP_SIDE) + (0, MAP_SIDE) - 0.5
    cv2.fillPoly(face, list(np.round(corners * 16).astype(np.int32)), 1, shift=4)
    return albedo, seen & face.astype(bool)


def camera_distance(head: Head, photo: int = 0) -> float:
    """Metres from the camera to the middle of the eyes, as the fit found it."""
    return float(np.linalg.norm(PosedHead(head, photo).camera.position))
