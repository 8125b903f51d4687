"""Whole pictures: silhouettes against finite differences, invariances, parts, previews."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from core.camera import Camera  # noqa: E402
from core.render.antialias import silhouette_pairs  # noqa: E402
from core.render.lighting import rotate, vertical_rotation  # noqa: E402
from core.render.occlusion import radiance_transfer, self_shadow  # noqa: E402
from core.render.projection import TorchCamera, project  # noqa: E402
from core.render.scene import RenderMesh, clay, render_head, tonemap  # noqa: E402


def bumpy_ball(rows: int = 40, columns: int = 60):
    """A head-sized closed surface with a nose, its triangles and their UVs (one seam)."""
    v, u = torch.meshgrid(torch.linspace(0, 1, rows + 1), torch.linspace(0, 1, columns + 1), indexing="ij")
    latitude, longitude = ((v - 0.5) * math.pi).flatten(), ((u - 0.75) * 2 * math.pi).flatten()
    direction = torch.stack([latitude.cos() * longitude.cos(), latitude.sin(), -latitude.cos() * longitude.sin()], 1)
    nose = torch.exp(-((direction[:, 0] / 0.2) ** 2 + (direction[:, 1] / 0.3) ** 2)) * (direction[:, 2] > 0)
    vertices = direction * (0.1 + 0.03 * nose).unsqueeze(1)
    corner = (torch.arange(rows)[:, None] * (columns + 1) + torch.arange(columns)).flatten()
    quad = torch.stack([corner, corner + 1, corner + columns + 2, corner + columns + 1], 1)
    triangles = torch.cat([quad[:, :3], quad[:, [0, 2, 3]]])
    uv = torch.stack([u.flatten(), v.flatten()], 1)
    return vertices, triangles, uv[triangles]


VERTICES, TRIANGLES, TRIANGLE_UV = bumpy_ball()
MESH = RenderMesh.build(TRIANGLES, TRIANGLE_UV)


def light(order: int = 4):
    sh = 0.2 * torch.randn((order + 1) ** 2, 3, generator=torch.Generator().manual_seed(4))
    sh[0] = 3.5
    return sh


def camera(size: int = 64, yaw: float = 0.3, focal: float = 2.4):
    turn = vertical_rotation(-yaw).double().numpy()
    pose = np.eye(4)
    pose[:3, :3] = np.diag([1.0, -1.0, -1.0]) @ turn
    pose[:3, 3] = 0.01, -0.005, 0.7
    return Camera(focal * size, np.array([size / 2, size / 2]), size, size, pose)


def constants():
    return {"diffuse": torch.tensor([0.6, 0.5, 0.4]), "specular": torch.tensor([0.4])}


def test_projection_agrees_with_the_camera_and_has_gradients():
    exact = VERTICES.double()
    pixels, depth = camera().project(exact.numpy())
    points = project(exact, camera())
    np.testing.assert_allclose(points[:, :2].numpy(), pixels, rtol=1e-9)
    np.testing.assert_allclose(points[:, 2].numpy(), depth, rtol=1e-9)
    view = TorchCamera.of(camera(), exact)

    def seen(vertices, focal, pose):
        return project(vertices, TorchCamera(focal, view.principal_px, pose, 64, 64))

    inputs = (exact[::400], view.focal_px, view.camera_from_world)
    assert torch.autograd.gradcheck(seen, tuple(value.clone().requires_grad_() for value in inputs))


def test_a_head_is_drawn_facing_the_camera():
    result = render_head(VERTICES, MESH, camera(), constants(), light())
    assert 0.3 < float(result.mask.mean()) < 0.6
    assert torch.equal(result.mask.bool(), result.triangle_id >= 0)
    assert torch.equal(torch.isinf(result.depth), result.triangle_id < 0)
    nearest = np.unravel_index(int(result.depth.argmin()), (64, 64))
    # The camera looks from the person's left, so the nose points to the left half of the picture.
    assert nearest[1] < 32 and abs(nearest[0] - 32) < 5
    towards = torch.from_numpy(camera().position).float() - VERTICES.mean(0)
    assert float((result.normal @ (towards / towards.norm())).mean()) > 0.5


def test_turning_everything_leaves_the_picture():
    turn = vertical_rotation(0.8)
    view = camera()
    turned = view.camera_from_world.copy()
    turned[:3, :3] = turned[:3, :3] @ turn.double().numpy().T
    moved = Camera(view.focal_px, view.principal_px, 64, 64, turned)
    shadow = self_shadow(radiance_transfer(VERTICES, TRIANGLES), VERTICES, TRIANGLES)
    first = render_head(VERTICES, MESH, view, constants(), light())
    second = render_head(VERTICES @ turn.t(), MESH, moved, constants(), rotate(light(), turn))
    same = first.triangle_id == second.triangle_id
    assert same.float().mean() > 0.99
    torch.testing.assert_close(first.image[same], second.image[same], atol=2e-3, rtol=1e-2)
    assert not torch.allclose(
        first.image, render_head(VERTICES, MESH, view, constants(), light(), self_shadow=shadow).image
    )


@pytest.mark.parametrize("parameter", ["right", "down", "nearer", "larger", "focal"])
def test_silhouette_gradients_agree_with_finite_differences(parameter):
    """The picture, weighted by a smooth pattern, moves as its gradient says.

    One point sample per pixel makes differences noisy; steps of some pixels, averaged, are less so. The skin
    is matt: highlights that live within the last pixel before the edge are beyond the method.
    """
    matt = {**constants(), "specular": torch.zeros(1)}
    size = 256
    view = TorchCamera.of(camera(size), VERTICES)
    y, x = torch.meshgrid(torch.arange(size) / size, torch.arange(size) / size, indexing="ij")
    pattern = (torch.sin(5 * x + 1) + torch.cos(4 * y) + 2 * x).unsqueeze(-1)
    sh = light(2)

    def total(amount):
        pose, focal, vertices = view.camera_from_world, view.focal_px, VERTICES
        shift = torch.zeros(4, 4)
        if parameter in ("right", "down", "nearer"):
            row = ("right", "down", "nearer").index(parameter)
            shift[row, 3] = -1.0 if parameter == "nearer" else 1.0
            pose = pose + shift * amount * 0.1
        elif parameter == "larger":
            vertices = vertices * (1 + amount)
        else:
            focal = focal * (1 + amount)
        moved = TorchCamera(focal, view.principal_px, pose, size, size)
        result = render_head(vertices, MESH, moved, matt, sh)
        return (result.image * pattern).sum() + (result.mask.unsqueeze(-1) * pattern).sum()

    amount = torch.zeros((), requires_grad=True)
    total(amount).backward()
    with torch.no_grad():
        steps = [0.02, 0.025, 0.03, 0.035, 0.04, 0.045, 0.05]
        differences = [float(total(torch.tensor(s)) - total(torch.tensor(-s))) / (2 * s) for s in steps]
    assert float(amount.grad) == pytest.approx(float(np.mean(differences)), rel=0.05)


def test_without_edges_silhouettes_have_no_gradient():
    vertices = VERTICES.clone().requires_grad_()
    for edges in (True, False):
        result = render_head(vertices, MESH, camera(), constants(), light(), edges=edges)
        flows = result.mask.requires_grad and bool(
            torch.autograd.grad(result.mask[:, :32].sum(), vertices)[0].abs().max() > 0
        )
        assert flows == edges


def test_pairs_lie_at_depth_gaps_only():
    depth = torch.full((4, 5), torch.inf)
    depth[1:3, 1:4] = 1.0
    depth[1:3, 3] = 1.004
    first, second, axis, nearer = silhouette_pairs(depth, torch.full((4, 5), 0.01))
    assert len(first) == 2 * 2 + 2 * 3
    assert ((second - first) == torch.where(axis == 0, 1, 5)).all()
    assert torch.isfinite(depth.flatten()[nearer]).all()
    assert len(silhouette_pairs(depth, torch.full((4, 5), 0.001))[0]) == 12


def test_gradients_reach_maps_light_pose_and_shape():
    vertices = VERTICES.clone().requires_grad_()
    maps = {
        "diffuse": torch.full((3, 16, 16), 0.5, requires_grad=True),
        "specular": torch.full((1, 16, 16), 0.5, requires_grad=True),
        "roughness": torch.full((1, 8, 8), 0.4, requires_grad=True),
        "normal": torch.tensor([0.0, 0.0, 1.0]).view(3, 1, 1).repeat(1, 16, 16).requires_grad_(),
    }
    sh = light().requires_grad_()
    plain = TorchCamera.of(camera(), VERTICES)
    view = TorchCamera(
        plain.focal_px.clone().requires_grad_(),
        plain.principal_px,
        plain.camera_from_world.clone().requires_grad_(),
        64,
        64,
    )
    render_head(vertices, MESH, view, maps, sh).image.square().sum().backward()
    for leaf in (vertices, *maps.values(), sh, view.focal_px, view.camera_from_world):
        assert torch.isfinite(leaf.grad).all() and float(leaf.grad.abs().max()) > 0


def test_a_flat_normal_map_changes_nothing_and_a_tilted_one_does():
    flat = {**constants(), "normal": torch.tensor([0.0, 0.0, 1.0])}
    tilted = {**constants(), "normal": torch.tensor([0.6, 0.0, 0.8])}
    bare = render_head(VERTICES, MESH, camera(), constants(), light())
    same = render_head(VERTICES, MESH, camera(), flat, light())
    other = render_head(VERTICES, MESH, camera(), tilted, light())
    torch.testing.assert_close(bare.image, same.image, atol=1e-5, rtol=1e-4)
    # U grows towards the person's left, so the tilted normals lean there: +X at the front.
    front = bare.normal[:, 2] > 0.9
    assert float((other.normal - bare.normal)[front, 0].mean()) > 0.4


def test_parts_have_their_own_materials_and_hidden_parts_are_not_drawn():
    part = (TRIANGLE_UV[:, :, 1].mean(1) > 0.5).long()
    black, white = ({"diffuse": torch.full((3,), value)} for value in (0.0, 1.0))
    names = ("skin", "eye_left", "cornea_left")
    mesh = RenderMesh.build(TRIANGLES, TRIANGLE_UV, part, names)
    result = render_head(VERTICES, mesh, camera(), white, light(), part_maps={"eye": black})
    upper = mesh.triangle_part[result.triangle_id.flatten()[result.pixels]] == 1
    assert (result.diffuse_albedo[upper] == 0).all() and (result.diffuse_albedo[~upper] == 1).all()
    assert upper.any() and (~upper).any()
    bald = RenderMesh.build(TRIANGLES, TRIANGLE_UV, part * 2, names)
    assert len(bald.triangles) == int((part == 0).sum())
    assert torch.equal(TRIANGLES[bald.source], bald.triangles)


def test_the_background_shows_beside_the_head():
    background = torch.full((64, 64, 3), 0.25)
    result = render_head(VERTICES, MESH, camera(), constants(), light(), background=background)
    assert (result.image[~result.mask.bool()] == 0.25).all()
    assert not (result.image[result.mask.bool()] == 0.25).all()


def test_an_empty_picture_is_only_background():
    away = camera().camera_from_world.copy()
    away[2, 3] = -5.0
    view = Camera(100.0, np.array([32.0, 32.0]), 64, 64, away)
    result = render_head(VERTICES, MESH, view, constants(), light())
    assert float(result.image.abs().max()) == 0 and float(result.mask.max()) == 0


def test_clay_and_tonemap():
    picture = clay(VERTICES, MESH, camera())
    assert picture.shape == (64, 64, 3)
    # The key light comes from the upper left of the camera.
    assert float(picture[20:28, 22:30].mean()) > 1.2 * float(picture[36:44, 36:44].mean())
    encoded = tonemap(torch.tensor([[[0.0, 0.18, 1.0], [0.0031308, 0.5, 7.0]]]))
    assert encoded.dtype == np.uint8
    assert encoded.tolist() == [[[0, 118, 255], [10, 188, 255]]]
    assert tonemap(torch.full((1, 1, 3), 0.25), exposure=2.0).tolist() == [[[188] * 3]]


def test_two_runs_are_equal_bit_by_bit():
    pictures = [render_head(VERTICES, MESH, camera(), constants(), light()).image for _ in range(2)]
    assert torch.equal(*pictures)
