"""Gradients of silhouettes, which point-sampled visibility does not have.

Where the surface ends between two neighbouring pixels, moving the nearer surface by a fraction of a pixel
hands that fraction of a pixel from one side to the other. Following Pidhorskyi et al. 2024 ("Rasterized
edge gradients"), the change goes to the image position of the occluder; here only for the sparse pairs of
pixels with a gap in depth between them. The picture itself stays as it is.

Coverage and matt surfaces agree with finite differences within 2 %. What happens within the last pixel
before the edge is not seen: with the bright Fresnel rim of a glossy ball the gradient is some 15 % short.
"""

from __future__ import annotations

import torch
from torch import Tensor


def edge_gradient(
    image: Tensor,
    points_px: Tensor,
    triangles: Tensor,
    triangle_id: Tensor,
    pixels: Tensor,
    barycentric: Tensor,
    depth: Tensor,
    gap: Tensor,
) -> Tensor:
    """The image [H, W, C] unchanged, with gradients from its silhouettes to the projected vertices.

    Args:
        image: [H, W, C] any channels: colour, coverage.
        points_px: [V, 3] projected vertices; the gradient arrives at their x and y.
        triangles: [T, 3].
        triangle_id: [H, W] from `rasterize`.
        pixels: [N] covered pixels, from `barycentric`.
        barycentric: [N, 3] from `barycentric`.
        depth: [H, W] metres, inf where there is nothing.
        gap: [H, W] difference of depth to a neighbour from which on the two are not connected.
    """
    height, width = triangle_id.shape
    with torch.no_grad():
        first, second, axis, occluder = silhouette_pairs(depth, gap)
        slot = torch.zeros(height * width, dtype=torch.long, device=image.device)
        slot[pixels] = torch.arange(len(pixels), device=image.device)
        weights = barycentric.detach().index_select(0, slot.index_select(0, occluder))
        corners = triangles.index_select(0, triangle_id.flatten().index_select(0, occluder))
    corner = points_px[:, :2].index_select(0, corners.t().reshape(-1)).view(3, -1, 2)
    position = (corner * weights.t().unsqueeze(-1)).sum(0)
    flat = _EdgeGradient.apply(image.reshape(height * width, -1), position, first, second, axis)
    return flat.view(image.shape)


def silhouette_pairs(depth: Tensor, gap: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Neighbouring pixels that different surfaces fill.

    Returns:
        Flat indices [M] of the left or upper pixel, of the right or lower one, the axis between them
        (0 = x, 1 = y), and the flat index of the nearer one.
    """
    height, width = depth.shape
    index = torch.arange(height * width, device=depth.device).view(height, width)
    found = []
    for axis in (0, 1):
        count = (width if axis == 0 else height) - 1
        one, other = (part.narrow(1 - axis, start, count) for start in (0, 1) for part in (index,))
        depth_one, depth_other = depth.take(one), depth.take(other)
        nearer = torch.where(depth_one < depth_other, one, other)
        # inf - inf is nan, which is no gap.
        apart = ((depth_one - depth_other).abs() > gap.take(nearer)).nonzero(as_tuple=True)
        found.append((one[apart], other[apart], torch.full_like(one[apart], axis), nearer[apart]))
    first, second, axis_, occluder = (torch.cat(parts) for parts in zip(*found))
    return first, second, axis_, occluder


class _EdgeGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, image, position, first, second, axis):
        ctx.save_for_backward(image, first, second, axis)
        return image.view_as(image)

    @staticmethod
    def backward(ctx, gradient):
        image, first, second, axis = ctx.saved_tensors
        # An edge that moves by d towards `second`, whichever side occludes, turns d of a pixel from the
        # value of `second` into that of `first`.
        change = image.index_select(0, first) - image.index_select(0, second)
        pull = 0.5 * (gradient.index_select(0, first) + gradient.index_select(0, second))
        along = (change * pull).sum(1)
        to_position = along.new_zeros(len(along), 2)
        to_position.scatter_(1, axis.unsqueeze(1), along.unsqueeze(1))
        return gradient, to_position, None, None, None
