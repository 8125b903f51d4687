"""What the head hides of the sky from itself: ambient occlusion and radiance transfer per vertex.

The head is drawn orthographically along many axes; one depth map serves both of an axis' directions
(nearest and farthest surface). Not differentiable: compute it for a shape, then hold it while light and
albedo are estimated.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from .interpolate import vertex_normals
from .lighting import Lights, cosine_transfer, fibonacci_directions, sh_basis
from .rasterize import covered_pixels

BIAS_TEXELS = 1.0  # how far behind the depth map a point may lie and still be seen, on a facing surface


def radiance_transfer(
    vertices: Tensor, triangles: Tensor, order: int = 4, directions: int = 128, resolution: int = 192
) -> Tensor:
    """Rows [V, (order + 1)^2] with irradiance / pi = row @ radiance, self-shadowing included.

    Precomputed radiance transfer (Sloan, Kautz & Snyder 2002), direct light only. The unshadowed part is
    exact; sampled is only what is hidden, so a convex surface comes out free of noise.

    Args:
        vertices: [V, 3] metres.
        triangles: [T, 3] those that cast shadows (leave out lashes and corneas), counter-clockwise.
        order: highest degree of the harmonics.
        directions: how many directions of the sphere are tried.
        resolution: side of the square depth maps, in texels over the head's diagonal.
    """
    vertices = vertices.detach()
    normals = vertex_normals(vertices, triangles)
    transfer = cosine_transfer(normals, order)
    # Half a spiral on the upper half sphere; the lower half is its mirror image.
    axes = fibonacci_directions(2 * ((directions + 1) // 2)).to(vertices)[: (directions + 1) // 2]
    for axis in axes:
        for direction, hidden in zip((axis, -axis), _hidden_along(axis, vertices, triangles, normals, resolution)):
            cosine = (normals @ direction).clamp(min=0)
            blocked = hidden * cosine * (2 / len(axes))
            transfer -= blocked.unsqueeze(1) * sh_basis(direction.unsqueeze(0), order)
    return transfer


def cast_shadows(lights: Lights, vertices: Tensor, triangles: Tensor, resolution: int = 384) -> Lights:
    """The lights with their visibility [V, K] at the vertices, one shadow map each.

    Sharper than `radiance_transfer` for strong small lights, whose shadows the harmonics smear.
    """
    vertices = vertices.detach()
    normals = vertex_normals(vertices, triangles)
    hidden = [
        _hidden_along(direction, vertices, triangles, normals, resolution)[0]
        for direction in lights.direction.detach().to(vertices)
    ]
    return lights._replace(visibility=1 - torch.stack(hidden, 1))


def ambient_occlusion(vertices: Tensor, triangles: Tensor, samples: int = 128, resolution: int = 192) -> Tensor:
    """The open, cosine-weighted share [V] of each vertex' hemisphere, from 0 to 1."""
    transfer = radiance_transfer(vertices, triangles, 0, samples, resolution)
    return (transfer[:, 0] * math.sqrt(4 * math.pi)).clamp(0, 1)


def self_shadow(transfer: Tensor, vertices: Tensor, triangles: Tensor) -> Tensor:
    """What self-shadowing takes away [V, B], the form in which `shade` wants a `radiance_transfer`.

    Kept apart from the unshadowed part, it can be held while normals move or take detail from a map.
    """
    order = math.isqrt(transfer.shape[1]) - 1
    return transfer - cosine_transfer(vertex_normals(vertices.detach(), triangles), order)


def open_directions(transfer: Tensor, normals: Tensor) -> Tensor:
    """The mean direction [V, 3] of the open sky above each vertex ("bent normal"), unit.

    Args:
        transfer: [V, B] from `radiance_transfer`, at least of order 1.
        normals: [V, 3] taken where nothing is open.
    """
    # The harmonics of degree 1 are y, z, x.
    mean = transfer[:, [3, 1, 2]]
    length = mean.norm(dim=1, keepdim=True)
    return functional.normalize(torch.where(length > 1e-3, mean, normals), dim=1)


def _hidden_along(
    axis: Tensor, vertices: Tensor, triangles: Tensor, normals: Tensor, resolution: int
) -> tuple[Tensor, Tensor]:
    """How far [V], from 0 to 1, each vertex is hidden from an axis' end [3] and from the opposite one."""
    centre = 0.5 * (vertices.amin(0) + vertices.amax(0))
    reach = (vertices - centre).norm(dim=1).max() * 1.02
    texel = 2 * reach / resolution
    helper = torch.eye(3).to(axis)[int(axis.abs().argmin())]
    right = functional.normalize(torch.linalg.cross(axis, helper), dim=0)
    frame = torch.stack([right, torch.linalg.cross(axis, right), axis])
    local = (vertices - centre) @ frame.t()
    xy, height = local[:, :2] / texel + resolution / 2, local[:, 2]
    nearest, farthest = _depth_range(xy, height, triangles, resolution)
    # A texel's depth may differ by its slope from that of the vertex.
    slope = (1 / (normals @ axis).abs().clamp(min=0.1)).clamp(max=8.0)
    bias = texel * BIAS_TEXELS * slope
    return _share_above(farthest, xy, height + bias), _share_above(-nearest, xy, -height + bias)


def _depth_range(xy: Tensor, depth: Tensor, triangles: Tensor, resolution: int) -> tuple[Tensor, Tensor]:
    """Lowest and highest depth [R, R] of the mesh at each texel; +inf and -inf where there is none."""
    usable = torch.ones(len(triangles), dtype=torch.bool, device=xy.device)
    nearest = torch.full((resolution * resolution,), math.inf, dtype=xy.dtype, device=xy.device)
    farthest = -nearest
    corner_depth = depth[triangles]
    for cover in covered_pixels(xy[triangles], usable, resolution, resolution):
        at_texel = (cover.edge * corner_depth.index_select(0, cover.triangle).t()).sum(0) / cover.edge.sum(0)
        nearest.scatter_reduce_(0, cover.pixel, at_texel, "amin")
        farthest.scatter_reduce_(0, cover.pixel, at_texel, "amax")
    return nearest.view(resolution, resolution), farthest.view(resolution, resolution)


def _share_above(surface: Tensor, xy: Tensor, height: Tensor) -> Tensor:
    """Bilinear share [V] of the four texels around each point whose surface lies above its height."""
    resolution = surface.shape[0]
    place = (xy - 0.5).clamp(0, resolution - 1.001)
    low = place.floor()
    share = place - low
    corner = low[:, 1].long() * resolution + low[:, 0].long()
    flat = surface.flatten()
    above = torch.zeros_like(height)
    for right, weight_x in ((0, 1 - share[:, 0]), (1, share[:, 0])):
        for down, weight_y in ((0, 1 - share[:, 1]), (1, share[:, 1])):
            covered = flat.index_select(0, corner + right + down * resolution) > height
            above += covered * (weight_x * weight_y)
    return above
