"""What the materials know of each vertex: folds, wet rims, the biting edge of teeth, the bare white of the eye."""

from __future__ import annotations

import bpy
import numpy as np

from ...core.head import Head
from ..head.mesh import kind_of

CAVITY = "relit_cavity"
"""1 on open skin, towards 0 where the mesh folds in, and deep in the mouth."""
WET = "relit_wet"
"""1 on the rim of the eyelids."""
EDGE = "relit_edge"
"""Teeth: 0 at the gums, 1 at the biting edge. Eyes: 1 on the white that no cornea covers."""
FILM = (0.0007, 0.0016)
"""Metres from the eyeball within which skin is wet, and where it is dry."""
FOLD = 0.55
"""Depth of a fold, in mean edges of the mesh, that closes it."""
ROUNDS = 4
"""Rounds of smoothing: folds of about this many edges are seen."""
MOUTH = 0.03
"""Metres behind the front teeth where the mouth is dark."""


def add_attributes(head_object: bpy.types.Object, head: Head) -> None:
    """Give the mesh the attributes of this module, as the neutral face has them."""
    for name, values in ((CAVITY, openness(head)), (WET, wetness(head)), (EDGE, edges(head))):
        attribute = head_object.data.attributes.new(name, "FLOAT", "POINT")
        attribute.data.foreach_set("value", values.astype(np.float32))


def openness(head: Head) -> np.ndarray:
    """Return :data:`CAVITY` ``[V]``."""
    edges = np.concatenate([head.quads[:, [i, (i + 1) % 4]] for i in range(4)])
    length = np.linalg.norm(head.vertices[edges[:, 0]] - head.vertices[edges[:, 1]], axis=1)
    count = np.bincount(edges.ravel(), minlength=len(head.vertices))
    mean_edge = _mean_over(edges, np.repeat(length[:, None], 2, 1), count)
    smooth = head.vertices.astype(np.float64)
    for _ in range(ROUNDS):
        smooth = np.stack([_mean_over(edges, smooth[edges[:, ::-1], axis], count) for axis in range(3)], 1)
    depth = ((smooth - head.vertices) * _normals(head)).sum(1) / np.maximum(mean_edge, 1e-9)
    values = np.clip(1 - np.maximum(depth, 0) / FOLD, 0, 1)
    return values * _mouth(head)


def wetness(head: Head) -> np.ndarray:
    """Return :data:`WET` ``[V]``."""
    skin = _vertices_of(head, "skin")
    near, dry = FILM
    distance = np.linalg.norm(head.vertices[:, None] - head.eye_centre[None], axis=2) - head.eye_radius
    values = np.clip((dry - np.abs(distance).min(1)) / (dry - near), 0, 1)
    rim = head.regions.get("lids", np.ones(len(values), bool)) | head.regions.get("eye_socket", False)
    return values * skin * rim


def edges(head: Head) -> np.ndarray:
    """Return :data:`EDGE` ``[V]``."""
    values = np.zeros(len(head.vertices))
    for name, up in (("teeth_upper", -1), ("teeth_lower", 1)):
        teeth = _vertices_of(head, name)
        if teeth.any():
            height = up * head.vertices[teeth, 1]
            values[teeth] = (height - height.min()) / max(float(np.ptp(height)), 1e-9)
    for side, name in enumerate(("left", "right")):
        eye, cornea = (_vertices_of(head, f"{part}_{name}") for part in ("eye", "cornea"))
        if not eye.any() or not cornea.any():
            continue
        gaze = head.vertices[cornea].mean(0) - head.eye_centre[side]
        gaze /= np.linalg.norm(gaze)
        covered = _cosine(head.vertices[cornea] - head.eye_centre[side], gaze).min()
        values[eye] = np.clip((covered - _cosine(head.vertices[eye] - head.eye_centre[side], gaze)) / 0.02, 0, 1)
    return values


def _mouth(head: Head) -> np.ndarray:
    """How open to light what lies in the mouth is ``[V]``; 1 outside of it."""
    inside = head.regions.get("mouth_inner", np.zeros(len(head.vertices), bool)).copy()
    for part in ("teeth_upper", "teeth_lower", "gums_upper", "gums_lower", "tongue"):
        inside |= _vertices_of(head, part)
    front = _vertices_of(head, "teeth_upper")
    if not front.any():
        return np.ones(len(head.vertices))
    behind = (head.vertices[front, 2].max() - head.vertices[:, 2]) / MOUTH
    return np.where(inside, np.clip(1.3 - behind, 0.15, 1) ** 1.5, 1.0)


def _vertices_of(head: Head, name: str) -> np.ndarray:
    """Which vertices a part has, or all parts of a kind, ``[V]`` bool."""
    numbers = [index for index, part in enumerate(head.part_names) if name in (part, kind_of(part))]
    chosen = np.zeros(len(head.vertices), bool)
    chosen[head.quads[np.isin(head.quad_part, numbers)].ravel()] = True
    return chosen


def _normals(head: Head) -> np.ndarray:
    corners = head.vertices[head.quads]
    face = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    total = np.stack(
        [np.bincount(head.quads.ravel(), np.repeat(face[:, axis], 4), len(head.vertices)) for axis in range(3)], 1
    )
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-20)


def _mean_over(edges: np.ndarray, values: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Mean ``[V]`` of what each edge ``[N, 2]`` brings to its two ends."""
    return np.bincount(edges.ravel(), values.ravel(), len(count)) / np.maximum(count, 1)


def _cosine(vectors: np.ndarray, axis: np.ndarray) -> np.ndarray:
    return vectors @ axis / np.linalg.norm(vectors, axis=1)
