"""From values at vertices and corners to values at pixels, and the frames that shading needs.

Gradients flow through everything here: barycentric coordinates are recomputed from the projected corners
of the triangle that `rasterize` found, so they carry the motion of the surface under a pixel.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def barycentric(points_px: Tensor, triangles: Tensor, triangle_id: Tensor) -> tuple[Tensor, Tensor]:
    """Where the covered pixels lie in their triangles.

    Args:
        points_px: [V, 3] x, y in pixels and depth in metres; gradients flow to all three.
        triangles: [T, 3] vertex indices.
        triangle_id: [H, W] from `rasterize`.

    Returns:
        The flat indices [N] of the covered pixels, and their perspective-correct barycentric coordinates
        [N, 3]: affine on the surface, not in the picture.
    """
    width = triangle_id.shape[1]
    ids = triangle_id.flatten()
    pixels = (ids >= 0).nonzero().squeeze(1)
    # Planar layout [3 corners, N]: one contiguous pass per operation.
    corners = triangles.index_select(0, ids.index_select(0, pixels)).t().reshape(-1)
    corner = points_px.index_select(0, corners).view(3, -1, 3)
    x = corner[..., 0] - ((pixels % width).to(points_px.dtype) + 0.5)
    y = corner[..., 1] - (torch.div(pixels, width, rounding_mode="floor").to(points_px.dtype) + 0.5)
    edge = torch.stack([x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]])
    weight = edge / corner[..., 2]
    return pixels, (weight / weight.sum(0, keepdim=True)).t()


def interpolate(attributes: Tensor, corners: Tensor, weights: Tensor) -> Tensor:
    """Vertex attributes [V, C] at points [N, C].

    Args:
        attributes: [V, C] one row a vertex.
        corners: [N, 3] the vertices of each point's triangle, `triangles[triangle_id[pixels]]`.
        weights: [N, 3] barycentric coordinates.
    """
    first, second, third = (
        attributes.index_select(0, corner) * weight.unsqueeze(1)
        for corner, weight in zip(corners.unbind(1), weights.unbind(1))
    )
    return first + second + third


def interpolate_corners(attributes: Tensor, triangle: Tensor, weights: Tensor) -> Tensor:
    """Corner attributes [T, 3, C] (such as UVs with seams) at points [N, C] of triangles [N]."""
    return (attributes.index_select(0, triangle) * weights.unsqueeze(-1)).sum(1)


def triangle_normals(vertices: Tensor, triangles: Tensor) -> Tensor:
    """Normals [T, 3] of the triangles, outwards where corners run counter-clockwise; length = 2 x area."""
    corner = vertices.index_select(0, triangles.t().reshape(-1)).view(3, -1, 3)
    return torch.linalg.cross(corner[1] - corner[0], corner[2] - corner[0])


def vertex_normals(vertices: Tensor, triangles: Tensor) -> Tensor:
    """Unit normals [V, 3]: the area-weighted mean of the triangles around each vertex [V, 3]."""
    summed = _sum_to(triangle_normals(vertices, triangles), triangles, len(vertices))
    return functional.normalize(summed, dim=1, eps=1e-12)


def corner_groups(triangles: Tensor, triangle_uv: Tensor) -> Tensor:
    """Numbers [T, 3] the distinct (vertex, UV) pairs, so that seams split a vertex and nothing else does."""
    uv = (triangle_uv.detach() * 2**16).round().long()
    keys = torch.cat([triangles.unsqueeze(-1), uv], -1).view(-1, 3)
    inverse: Tensor = torch.unique(keys, dim=0, return_inverse=True)[1]
    return inverse.view(-1, 3)


def tangents(vertices: Tensor, triangles: Tensor, triangle_uv: Tensor, groups: Tensor | None = None) -> Tensor:
    """The direction in which U grows, at each corner group, as normal maps in tangent space need it.

    Args:
        vertices: [V, 3].
        triangles: [T, 3].
        triangle_uv: [T, 3, 2] UVs of the corners.
        groups: [T, 3] from `corner_groups` (computed if missing): corners in one group share a tangent.

    Returns:
        [G, 3] area-weighted, not orthogonal to any normal and not unit: see `tangent_to_world`.
    """
    if groups is None:
        groups = corner_groups(triangles, triangle_uv)
    corner = vertices.index_select(0, triangles.t().reshape(-1)).view(3, -1, 3)
    side_1, side_2 = corner[1] - corner[0], corner[2] - corner[0]
    uv_1, uv_2 = triangle_uv[:, 1] - triangle_uv[:, 0], triangle_uv[:, 2] - triangle_uv[:, 0]
    sign = uv_handedness(triangle_uv).unsqueeze(1).to(vertices.dtype)
    along_u = functional.normalize((side_1 * uv_2[:, 1:] - side_2 * uv_1[:, 1:]) * sign, dim=1, eps=1e-20)
    area = torch.linalg.cross(side_1, side_2).norm(dim=1, keepdim=True)
    return _sum_to(along_u * area, groups, int(torch.max(groups)) + 1)


def uv_handedness(triangle_uv: Tensor) -> Tensor:
    """+1 where a triangle [T, 3, 2] runs counter-clockwise in UV too, -1 where it is mirrored there."""
    side = triangle_uv[:, 1:] - triangle_uv[:, :1]
    return torch.where(side[:, 0, 0] * side[:, 1, 1] < side[:, 1, 0] * side[:, 0, 1], -1, 1)


def tangent_to_world(mapped: Tensor, normal: Tensor, tangent: Tensor, handedness: Tensor) -> Tensor:
    """Unit world normals [N, 3] of tangent-space ones (+x along U, +y along V, +z outwards).

    Args:
        mapped: [N, 3] values of a normal map, decoded to [-1, 1].
        normal: [N, 3] unit interpolated normals.
        tangent: [N, 3] interpolated tangents.
        handedness: [N] +1, or -1 where the UV layout is mirrored.
    """
    tangent = tangent - normal * (tangent * normal).sum(1, keepdim=True)
    tangent = functional.normalize(tangent, dim=1, eps=1e-20)
    bitangent = torch.linalg.cross(normal, tangent) * handedness.unsqueeze(1).to(normal.dtype)
    world = tangent * mapped[:, :1] + bitangent * mapped[:, 1:2] + normal * mapped[:, 2:3]
    return functional.normalize(world, dim=1, eps=1e-12)


def _sum_to(per_triangle: Tensor, groups: Tensor, count: int) -> Tensor:
    """Adds the row [T, C] of each triangle to its three groups [T, 3]: sums [count, C]."""
    rows = per_triangle.new_zeros(count, per_triangle.shape[1])
    for corner in groups.unbind(1):
        rows = rows.index_add(0, corner, per_triangle)
    return rows
