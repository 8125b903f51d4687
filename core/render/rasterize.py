"""Which triangle is seen at which pixel.

`rasterize` is the whole interface. Nothing in here is differentiable: gradients come from
`interpolate` (inside triangles) and `antialias` (at silhouettes), so back ends are interchangeable.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import FitError

NEAR = 1e-4  # metres; a triangle that reaches nearer to the camera plane is dropped as a whole
CANDIDATES_AT_ONCE = 1 << 21  # bounds the memory (about 100 bytes each), however large the triangles are
_ID_LIMIT = 0x7FFFFFFF


class Cover(NamedTuple):
    """Pairs (triangle, pixel centre inside it): ids, flat pixels, and the three edge functions [3, N]."""

    triangle: Tensor
    pixel: Tensor
    edge: Tensor


def rasterize(
    points_px: Tensor,
    triangles: Tensor,
    height: int,
    width: int,
    backend: str = "auto",
    cull_back_faces: bool = False,
) -> Tensor:
    """The id of the nearest triangle at every pixel centre.

    Args:
        points_px: [V, 3] x, y in pixels (centres at 0.5) and depth in front of the camera, in metres.
        triangles: [T, 3] vertex indices.
        height: rows of the image.
        width: columns of the image.
        backend: "torch", "pytorch3d" (CUDA only) or "auto": pytorch3d where it is importable and the
            points are on CUDA, else torch.
        cull_back_faces: leave out triangles seen from behind; twice as fast, the same for closed meshes.

    Returns:
        [H, W] int64, -1 where there is none. An edge or depth shared by several belongs to the lowest id.
        Triangles that touch the near plane (0.1 mm) or have points that are not finite are dropped.

    Raises:
        FitError: pytorch3d was asked for and cannot be used.
    """
    points_px = points_px.detach()
    if backend == "auto":
        available = points_px.is_cuda and importlib.util.find_spec("pytorch3d") is not None
        backend = "pytorch3d" if available else "torch"
    if backend == "pytorch3d":
        return _rasterize_pytorch3d(points_px, triangles, height, width, cull_back_faces)
    if backend != "torch":
        raise FitError(f"There is no rasteriser called {backend!r}.", "Choose auto, torch or pytorch3d.")
    return _rasterize_torch(points_px, triangles, height, width, cull_back_faces)


def _rasterize_torch(points_px: Tensor, triangles: Tensor, height: int, width: int, cull: bool) -> Tensor:
    """A z-buffer by scatter: the largest key (inverse depth, then lowest id) wins at each pixel."""
    corner = points_px[triangles]
    usable = (corner[..., 2] > NEAR).all(1)
    inverse_depth = 1 / corner[..., 2]
    best = torch.full((height * width,), -1, dtype=torch.int64, device=points_px.device)
    for cover in covered_pixels(corner[..., :2], usable, height, width, cull):
        numerator = (cover.edge * inverse_depth.index_select(0, cover.triangle).t()).sum(0)
        nearness = (numerator / cover.edge.sum(0)).float()
        # The bits of a positive float32 order like the float itself.
        key = (nearness.view(torch.int32).long() << 32) | (_ID_LIMIT - cover.triangle)
        best.scatter_reduce_(0, cover.pixel, key, "amax")
    return torch.where(best < 0, best, _ID_LIMIT - (best & _ID_LIMIT)).view(height, width)


def covered_pixels(corner_xy: Tensor, usable: Tensor, height: int, width: int, cull: bool = False) -> Iterator[Cover]:
    """All pixel centres inside each triangle, in batches of bounded memory.

    Args:
        corner_xy: [T, 3, 2] corners in pixels.
        usable: [T] bool; the others are left out.
        height: rows of the image.
        width: columns of the image.
        cull: leave out triangles whose corners run clockwise in the picture (y down).
    """
    one, two, three = corner_xy.unbind(1)
    low = torch.minimum(torch.minimum(one, two), three)
    high = torch.maximum(torch.maximum(one, two), three)
    size = torch.tensor([width, height], dtype=corner_xy.dtype, device=corner_xy.device)
    first = torch.minimum((low - 0.5).ceil().clamp(min=0), size)
    last = torch.maximum(torch.minimum((high - 0.5).floor(), size - 1), -torch.ones_like(size))
    extent = (last - first + 1).clamp(min=0)
    side = corner_xy[:, 1:] - corner_xy[:, :1]
    area = side[:, 0, 0] * side[:, 1, 1] - side[:, 1, 0] * side[:, 0, 1]
    # Y points down, so a triangle that is counter-clockwise to its viewer has a negative area here.
    usable = usable & torch.isfinite(area) & ((area < 0) if cull else (area != 0))
    count = torch.where(usable[:, None], extent, torch.zeros_like(extent)).long().prod(1)
    kept = count.nonzero().squeeze(1)
    if not len(kept):
        return
    count = count[kept]
    stop = count.cumsum(0)
    table = torch.cat([corner_xy[kept].flatten(1), first[kept], extent[kept, :1]], 1)
    for begin in range(0, int(stop[-1]), CANDIDATES_AT_ONCE):
        end = min(begin + CANDIDATES_AT_ONCE, int(stop[-1]))
        yield _test_candidates(table, kept, count, stop, begin, end, width)


def _test_candidates(
    table: Tensor, kept: Tensor, count: Tensor, stop: Tensor, begin: int, end: int, width: int
) -> Cover:
    """Edge functions of the candidates begin:end of the concatenated bounding boxes."""
    part = ((stop > begin) & (stop - count < end)).nonzero().squeeze(1)
    taken = stop[part].clamp(max=end) - (stop[part] - count[part]).clamp(min=begin)
    owner = torch.repeat_interleave(part, taken)
    inside_box = torch.arange(begin, end, device=table.device) - (stop - count).index_select(0, owner)
    row = table.index_select(0, owner).t()
    columns = row[8].long()
    down = torch.div(inside_box, columns, rounding_mode="floor")
    x = row[6] + (inside_box - down * columns) + 0.5
    y = row[7] + down + 0.5
    x0, y0, x1, y1, x2, y2 = row[0] - x, row[1] - y, row[2] - x, row[3] - y, row[4] - x, row[5] - y
    # Each product pair changes only its sign when two corners are swapped, even after rounding, so two
    # triangles never both miss a pixel on their common edge.
    edge = torch.stack([x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0])
    inside = ((edge >= 0).all(0) | (edge <= 0).all(0)) & (edge.sum(0) != 0)
    inside = inside.nonzero().squeeze(1)
    pixel = y[inside].long() * width + x[inside].long()
    return Cover(kept.index_select(0, owner.index_select(0, inside)), pixel, edge.index_select(1, inside))


def _rasterize_pytorch3d(points_px: Tensor, triangles: Tensor, height: int, width: int, cull: bool) -> Tensor:
    """pytorch3d's coarse-to-fine rasteriser; of its answers only `pix_to_face` is used."""
    if not points_px.is_cuda:
        raise FitError(
            "pytorch3d rasterises on CUDA only here; on the processor it is over a hundred times slower.",
            "Choose the rasteriser 'auto' or 'torch'.",
        )
    try:
        from pytorch3d.renderer.mesh.rasterize_meshes import rasterize_meshes
        from pytorch3d.structures import Meshes
    except ImportError as error:
        raise FitError(f"pytorch3d cannot be imported: {error}.", "Choose the rasteriser 'auto' or 'torch'.") from error
    corner = points_px[triangles]
    usable = (corner[..., 2] > NEAR).all(1) & torch.isfinite(corner).flatten(1).all(1)
    kept = usable.nonzero().squeeze(1)
    if not len(kept):
        return torch.full((height, width), -1, dtype=torch.int64, device=points_px.device)
    # Its normalised coordinates: +x left, +y up, the shorter side runs from -1 to 1.
    centre = torch.tensor([width / 2, height / 2], dtype=points_px.dtype, device=points_px.device)
    normalised = torch.cat([(centre - points_px[:, :2]) * (2 / min(height, width)), points_px[:, 2:]], 1)
    face = rasterize_meshes(
        Meshes([torch.nan_to_num(normalised)], [triangles[kept]]),
        image_size=(height, width),
        blur_radius=0.0,
        faces_per_pixel=1,
        perspective_correct=True,
        cull_backfaces=cull,
    )[0][0, ..., 0]
    return torch.where(face < 0, face, kept[face.clamp(min=0)])
