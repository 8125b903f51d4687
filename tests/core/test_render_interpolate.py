"""Barycentric coordinates, normals, tangents and textures: known answers and gradients in float64."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from core.render.interpolate import (  # noqa: E402
    barycentric,
    corner_groups,
    interpolate,
    interpolate_corners,
    tangent_to_world,
    tangents,
    uv_handedness,
    vertex_normals,
)
from core.render.rasterize import rasterize  # noqa: E402
from core.render.texture import mip_level, mipmaps, sample, uv_per_pixel  # noqa: E402


def tilted_square(dtype=torch.float64):
    """Two triangles in a perspective picture, near on the left and far on the right."""
    points = torch.tensor([[1.2, 0.7, 1.0], [1.4, 9.1, 1.0], [9.3, 7.2, 3.0], [9.1, 2.1, 3.0]], dtype=dtype)
    return points, torch.tensor([[0, 1, 2], [0, 2, 3]])


def wavy_grid(side: int = 6):
    """A bumpy square surface [V, 3] that faces +Z, its triangles, and a UV per corner."""
    steps = torch.linspace(0, 1, side, dtype=torch.float64)
    y, x = (part.flatten() for part in torch.meshgrid(steps, steps, indexing="ij"))
    vertices = torch.stack([x, y, 0.1 * torch.sin(3 * x) * torch.cos(2 * y)], 1)
    corner = (torch.arange(side - 1)[:, None] * side + torch.arange(side - 1)).flatten()
    lower = torch.stack([corner, corner + 1, corner + side + 1], 1)
    upper = torch.stack([corner, corner + side + 1, corner + side], 1)
    triangles = torch.cat([lower, upper])
    return vertices, triangles, vertices[triangles][..., :2]


def test_barycentric_is_perspective_correct():
    points, triangles = tilted_square()
    ids = rasterize(points, triangles, 10, 11)
    pixels, weights = barycentric(points, triangles, ids)
    corners = triangles[ids.flatten()[pixels]]
    # In camera space (focal length 1 px) the interpolated points must lie on the rays of their pixels.
    space = torch.cat([points[:, :2] * points[:, 2:], points[:, 2:]], 1)
    on_surface = interpolate(space, corners, weights)
    centre = torch.stack([pixels % 11, pixels // 11], 1) + 0.5
    assert len(pixels) > 20
    torch.testing.assert_close(on_surface[:, :2] / on_surface[:, 2:], centre.double())
    torch.testing.assert_close(weights.sum(1), torch.ones(len(pixels), dtype=torch.float64))
    assert weights.min() >= -1e-12


def test_gradients_of_barycentric_and_interpolation():
    points, triangles = tilted_square()
    ids = rasterize(points, triangles, 10, 11)
    attributes = torch.rand(4, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def picture(points, attributes):
        pixels, weights = barycentric(points, triangles, ids)
        return interpolate(attributes, triangles[ids.flatten()[pixels]], weights)

    inputs = (points.requires_grad_(), attributes.requires_grad_())
    assert torch.autograd.gradcheck(picture, inputs)


def test_corners_keep_their_own_values_along_a_seam():
    points, triangles = tilted_square()
    ids = rasterize(points, triangles, 10, 11)
    pixels, weights = barycentric(points, triangles, ids)
    triangle = ids.flatten()[pixels]
    per_triangle = torch.tensor([[[1.0]] * 3, [[5.0]] * 3], dtype=torch.float64)
    values = interpolate_corners(per_triangle, triangle, weights).squeeze(1)
    torch.testing.assert_close(values, torch.tensor([1.0, 5.0], dtype=torch.float64)[triangle])


def test_normals_of_a_plane_and_their_gradient():
    vertices, triangles, _ = wavy_grid()
    flat = vertices * torch.tensor([1.0, 1.0, 0.0], dtype=torch.float64)
    up = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64).expand(len(flat), 3)
    torch.testing.assert_close(vertex_normals(flat, triangles), up)
    unused = torch.cat([vertices, torch.zeros(1, 3, dtype=torch.float64)])
    assert torch.isfinite(vertex_normals(unused, triangles)).all()
    assert torch.autograd.gradcheck(lambda v: vertex_normals(v, triangles), vertices.requires_grad_())


def test_tangents_follow_u_and_know_mirrored_layouts():
    vertices, triangles, uv = wavy_grid()
    flat = vertices * torch.tensor([1.0, 1.0, 0.0], dtype=torch.float64)
    mapped = torch.tensor([[0.6, 0.0, 0.8]], dtype=torch.float64)
    sideways = torch.tensor([[0.0, 0.6, 0.8]], dtype=torch.float64)
    normal = torch.tensor([[0.0, 0.0, 1.0]], dtype=torch.float64)
    for flip_u, flip_v in ((1, 1), (-1, 1), (1, -1)):
        layout = 0.5 + (uv - 0.5) * torch.tensor([flip_u, flip_v], dtype=torch.float64)
        tangent = tangents(flat, triangles, layout)[:1]
        hand = uv_handedness(layout)[:1]
        along_u = tangent_to_world(mapped, normal, tangent, hand)
        along_v = tangent_to_world(sideways, normal, tangent, hand)
        torch.testing.assert_close(along_u, torch.tensor([[0.6 * flip_u, 0.0, 0.8]], dtype=torch.float64))
        torch.testing.assert_close(along_v, torch.tensor([[0.0, 0.6 * flip_v, 0.8]], dtype=torch.float64))


def test_only_seams_split_tangents():
    _, triangles, uv = wavy_grid()
    assert int(corner_groups(triangles, uv).max()) + 1 == 36
    cut = uv.clone()
    cut[:25] += 0.5
    assert int(corner_groups(triangles, cut).max()) + 1 > 36


def test_gradient_of_tangent_frames():
    vertices, triangles, uv = wavy_grid(3)
    groups = corner_groups(triangles, uv)
    mapped = torch.tensor([[0.3, -0.2, 0.9]], dtype=torch.float64).expand(int(groups.max()) + 1, 3)

    def frame(vertices, mapped):
        normal = vertex_normals(vertices, triangles)[:9]
        return tangent_to_world(mapped, normal, tangents(vertices, triangles, uv, groups), torch.ones(9))

    assert torch.autograd.gradcheck(frame, (vertices.requires_grad_(), mapped.clone().requires_grad_()))


def test_a_texture_has_row_0_on_top():
    texture = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])
    uv = torch.tensor([[0.25, 0.75], [0.75, 0.75], [0.25, 0.25], [0.75, 0.25], [0.5, 0.5], [0.0, 1.0]])
    assert sample(texture, uv).squeeze(1).tolist() == pytest.approx([1, 2, 3, 4, 2.5, 1])


def test_mipmaps_keep_the_mean_and_levels_blend():
    texture = torch.rand(2, 16, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    levels = mipmaps(texture)
    assert [level.shape[1] for level in levels] == [16, 8, 4, 2, 1]
    for level in levels:
        torch.testing.assert_close(level.mean((1, 2)), texture.mean((1, 2)))
    uv = torch.tensor([[0.31, 0.62]], dtype=torch.float64).expand(5, 2)
    level = torch.tensor([0.0, 1.0, 1.25, 4.0, 9.0])
    values = sample(levels, uv, level)
    plain = [sample(image, uv[:1])[0] for image in levels]
    for row, expected in ((0, plain[0]), (1, plain[1]), (2, 0.75 * plain[1] + 0.25 * plain[2])):
        torch.testing.assert_close(values[row], expected)
    torch.testing.assert_close(values[3], plain[4])
    torch.testing.assert_close(values[4], plain[4])
    assert [tuple(level.shape[1:]) for level in mipmaps(torch.ones(1, 5, 3))] == [
        (5, 3),
        (3, 2),
        (2, 1),
        (1, 1),
    ]


def test_gradients_of_texture_fetch():
    generator = torch.Generator().manual_seed(2)
    texture = torch.rand(2, 8, 8, dtype=torch.float64, generator=generator, requires_grad=True)
    uv = (0.1 + 0.8 * torch.rand(7, 2, dtype=torch.float64, generator=generator)).requires_grad_()
    level = torch.tensor([0.0, 0.3, 1.0, 1.7, 2.2, 3.0, 0.9])
    assert torch.autograd.gradcheck(lambda t, uv: sample(mipmaps(t), uv, level), (texture, uv))
    assert torch.autograd.gradcheck(sample, (texture, uv))


@pytest.mark.parametrize(("texels", "expected"), [(32, 0.0), (64, 1.0), (128, 2.0), (8, 0.0)])
def test_the_level_is_where_a_texel_covers_a_pixel(texels, expected):
    # The whole texture on a square of 32 pixels.
    points = torch.tensor([[0.0, 0, 1], [32, 0, 1], [0, 32, 1]], dtype=torch.float64)
    uv = torch.tensor([[[0.0, 1], [1, 1], [0, 0]]], dtype=torch.float64)
    area = uv_per_pixel(points, torch.tensor([[0, 1, 2]]), uv)
    assert float(mip_level(area, texels, texels)[0]) == pytest.approx(expected)
    assert math.isfinite(float(uv_per_pixel(points * 0, torch.tensor([[0, 1, 2]]), uv)[0]))
