"""The obvious rasteriser in plain torch: a loop over the triangles, each tested at the pixels of its bounding box.

Only to be compared with: `core.render.rasterize` gives the same picture without the loop.
"""

from __future__ import annotations

import torch
from torch import Tensor


def rasterize_twin(points_px: Tensor, triangles: Tensor, height: int, width: int, cull: bool = False) -> Tensor:
    """The id [H, W] of the nearest triangle at every pixel centre, -1 where there is none.

    Args:
        points_px: [V, 3] x, y in pixels (centres at 0.5) and depth in front of the camera; all in front of it.
        triangles: [T, 3] vertex indices.
        height: rows of the picture.
        width: columns of the picture.
        cull: leave out triangles seen from behind.
    """
    ids = torch.full((height, width), -1, dtype=torch.int64, device=points_px.device)
    nearest = points_px.new_zeros(height, width)
    rows = torch.arange(height, device=points_px.device, dtype=points_px.dtype) + 0.5
    columns = torch.arange(width, device=points_px.device, dtype=points_px.dtype) + 0.5
    corners = points_px[triangles]
    low = (corners[..., :2].amin(1) - 0.5).ceil().long().clamp(min=0).tolist()
    high = (corners[..., :2].amax(1) - 0.5).floor().long().tolist()
    for index, corner in enumerate(corners):
        (left, top), (right, bottom) = low[index], high[index]
        box = slice(top, min(bottom, height - 1) + 1), slice(left, min(right, width - 1) + 1)
        x, y = corner[:, 0, None, None] - columns[box[1]], corner[:, 1, None, None] - rows[box[0], None]
        if x.numel() == 0 or y.numel() == 0:
            continue
        edge = x.roll(-1, 0) * y.roll(-2, 0) - x.roll(-2, 0) * y.roll(-1, 0)
        inside = (edge <= 0).all(0) if cull else ((edge >= 0).all(0) | (edge <= 0).all(0))
        total = edge.sum(0)
        nearness = (edge / corner[:, 2, None, None]).sum(0) / total
        nearer = inside & (total != 0) & (nearness > nearest[box])
        nearest[box] = torch.where(nearer, nearness, nearest[box])
        ids[box] = torch.where(nearer, index, ids[box])
    return ids
