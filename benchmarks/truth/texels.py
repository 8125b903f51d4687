"""The texels of a head's skin as points in space, so that whatever is painted knows no UV seam."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt

from core.render.interpolate import barycentric
from core.render.rasterize import rasterize

from .truth_head import SKIN, TruthHead, vertex_normals


@dataclass(frozen=True, eq=False)
class Texels:
    """Texels covered by the skin, as a flat list.

    Attributes:
        size: width and height of the maps.
        index: ``[N]`` row * size + column; row 0 is v = 1.
        points: ``[N, 3]`` float32, on the neutral head, metres.
        normals: ``[N, 3]`` float32, unit.
        face: ``[N]`` float32, share of ``TruthHead.face``.
        source_uv: ``[N, 2]`` in the source's own layout, or None.
    """

    size: int
    index: np.ndarray
    points: np.ndarray
    normals: np.ndarray
    face: np.ndarray
    source_uv: np.ndarray | None

    def image(self, values: np.ndarray) -> np.ndarray:
        """A map ``[size, size(, C)]`` float32 of values ``[N(, C)]``; empty texels take their nearest neighbour's."""
        flat = np.zeros((self.size * self.size, *values.shape[1:]), np.float32)
        flat[self.index] = values
        empty = np.ones(self.size * self.size, bool)
        empty[self.index] = False
        rows, columns = distance_transform_edt(
            empty.reshape(self.size, -1), return_distances=False, return_indices=True
        )
        return flat.reshape(self.size, self.size, *values.shape[1:])[rows, columns]


def skin_texels(head: TruthHead, size: int) -> Texels:
    """Rasterise the skin's UV tile."""
    rows = np.flatnonzero(head.part == SKIN)
    triangles = head.triangles[rows]
    uv = head.uv[rows].reshape(-1, 2)
    corners = np.stack([uv[:, 0] * size, (1 - uv[:, 1]) * size, np.ones(len(uv))], 1).astype(np.float32)
    faces = torch.arange(len(uv)).view(-1, 3)
    found = rasterize(torch.from_numpy(corners), faces, size, size)
    index, weights = barycentric(torch.from_numpy(corners), faces, found)
    chosen, weights = found.flatten()[index].numpy(), weights.numpy()
    vertices = triangles[chosen]

    def at(values: np.ndarray) -> np.ndarray:
        return np.einsum("nkc,nk->nc", values[vertices].astype(np.float32), weights)

    normals = at(vertex_normals(head.vertices, triangles))
    source = None
    if head.source_uv is not None:
        source = np.einsum("nkc,nk->nc", head.source_uv[rows[chosen]], weights)
    return Texels(
        size=size,
        index=index.numpy(),
        points=at(head.vertices),
        normals=normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9),
        face=at(head.face[:, None])[:, 0],
        source_uv=source,
    )
