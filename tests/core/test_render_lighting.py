"""Spherical harmonics, environment maps and lights against numerical integration."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from core.errors import FitError  # noqa: E402
from core.render.environment import (  # noqa: E402
    direction_to_equirect,
    equirect_to_direction,
    importance_lights,
    load_hdri,
    project_environment,
    split_environment,
)
from core.render.lighting import (  # noqa: E402
    Lights,
    fibonacci_directions,
    glossy,
    irradiance,
    lights_to_sh,
    order_of,
    rotate,
    sh_basis,
    vertical_rotation,
)

POINTS = 20000
SPHERE = fibonacci_directions(POINTS)
SOLID_ANGLE = 4 * math.pi / POINTS


def smooth_light(order: int, seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    sh = 0.3 * torch.randn((order + 1) ** 2, 3, dtype=torch.float64, generator=generator)
    sh[0] += 4.0
    return sh


def ggx_lobe(directions, normal, view, roughness):
    """BRDF x cosine of a perfectly reflecting GGX surface: the definition, direction by direction."""
    alpha_2 = roughness**4
    half = torch.nn.functional.normalize(directions + view, dim=1)
    at_half, to_light, to_view = (half @ normal), (directions @ normal).clamp(min=0), float(view @ normal)
    distribution = alpha_2 / (math.pi * (at_half**2 * (alpha_2 - 1) + 1) ** 2)

    def smith(cosine):
        return (-1 + (1 + alpha_2 * (1 / cosine**2 - 1)).sqrt()) / 2

    masking = 1 / (1 + smith(to_light.clamp(min=1e-9)) + smith(torch.tensor(to_view)))
    return torch.where(to_light > 0, distribution * masking / (4 * to_view), 0.0)


def test_the_basis_is_orthonormal():
    basis = sh_basis(SPHERE, 4)
    torch.testing.assert_close(basis.t() @ basis * SOLID_ANGLE, torch.eye(25, dtype=torch.float64), atol=2e-5, rtol=0)
    assert sh_basis(SPHERE[:2], 2).shape == (2, 9)
    torch.testing.assert_close(sh_basis(SPHERE[:9], 2), basis[:9, :9])


def test_coefficients_that_are_none_are_refused():
    assert order_of(torch.zeros(9, 3)) == 2
    with pytest.raises(ValueError, match="10 coefficients"):
        order_of(torch.zeros(10, 3))


@pytest.mark.parametrize("order", [2, 4])
def test_irradiance_equals_the_integral(order):
    sh = smooth_light(order)
    normal = torch.nn.functional.normalize(torch.tensor([[0.3, -0.5, 0.8]], dtype=torch.float64), dim=1)
    radiance = sh_basis(SPHERE, order) @ sh
    expected = ((SPHERE @ normal.t()).clamp(min=0) * radiance).sum(0) * SOLID_ANGLE / math.pi
    torch.testing.assert_close(irradiance(normal, sh)[0], expected, atol=1e-4, rtol=1e-4)


def test_a_constant_environment_is_its_mean():
    sh = project_environment(torch.full((64, 128, 3), 0.7, dtype=torch.float64))
    expected = torch.zeros(25, 3, dtype=torch.float64)
    expected[0] = 0.7 * math.sqrt(4 * math.pi)
    torch.testing.assert_close(sh, expected, atol=1e-3, rtol=0)
    torch.testing.assert_close(irradiance(SPHERE[:5], sh), torch.full((5, 3), 0.7).double(), atol=1e-3, rtol=0)


def test_a_directional_lobe_lands_where_it_shines_from():
    axis = torch.nn.functional.normalize(torch.tensor([0.5, 0.3, -0.6], dtype=torch.float64), dim=0)
    rows, columns = 128, 256
    v = 1 - (torch.arange(rows, dtype=torch.float64) + 0.5) / rows
    u = (torch.arange(columns, dtype=torch.float64) + 0.5) / columns
    direction = equirect_to_direction(torch.stack(torch.meshgrid(v, u, indexing="ij")[::-1], -1))
    lobe = torch.exp(6 * (direction @ axis - 1)).unsqueeze(-1).expand(-1, -1, 3)
    sampled = torch.exp(6 * (SPHERE @ axis - 1))
    expected = (sh_basis(SPHERE, 4) * sampled.unsqueeze(1)).sum(0) * SOLID_ANGLE
    torch.testing.assert_close(project_environment(lobe)[:, 0], expected, atol=1e-3, rtol=0)


def test_directions_map_to_the_image_as_in_blender():
    # Front +Z, the person's left +X, up +Y; Blender's (x, -z, y) puts +X in the centre, -Y at u = 3/4.
    directions = torch.tensor([[0.0, 0, 1], [1, 0, 0], [0, 0, -1], [0, 1, 0]], dtype=torch.float64)
    places = direction_to_equirect(directions)
    assert places[:3].tolist() == [[0.75, 0.5], [0.5, 0.5], [0.25, 0.5]]
    assert float(places[3, 1]) == 1.0
    torch.testing.assert_close(equirect_to_direction(direction_to_equirect(SPHERE[:50])), SPHERE[:50])


def test_turning_the_light_turns_its_irradiance():
    sh = smooth_light(4, 3)
    turn = vertical_rotation(0.7).double()
    torch.testing.assert_close(irradiance(SPHERE[:20] @ turn.t(), rotate(sh, turn)), irradiance(SPHERE[:20], sh))
    front = torch.tensor([0.0, 0.0, 1.0])
    assert (vertical_rotation(math.pi / 2) @ front).tolist() == pytest.approx([1, 0, 0], abs=1e-6)


@pytest.mark.parametrize("roughness", [0.2, 0.45, 0.8])
def test_gloss_equals_the_integral_of_the_lobe_at_normal_view(roughness):
    normal = torch.nn.functional.normalize(torch.tensor([0.2, 0.4, 0.9], dtype=torch.float64), dim=0)
    sh = smooth_light(4, 5)
    directions = fibonacci_directions(400000)
    lobe = ggx_lobe(directions, normal, normal, roughness)
    expected = (lobe / lobe.sum()) @ (sh_basis(directions, 4) @ sh)
    rough = torch.tensor([roughness], dtype=torch.float64)
    torch.testing.assert_close(glossy(normal.unsqueeze(0), rough, sh)[0], expected, atol=0, rtol=3e-3)


def test_gradients_of_irradiance_and_gloss():
    directions = SPHERE[::4000].clone().requires_grad_()
    roughness = torch.tensor([0.11, 0.3, 0.52, 0.71, 0.93], dtype=torch.float64, requires_grad=True)
    sh = smooth_light(4).requires_grad_()
    assert torch.autograd.gradcheck(irradiance, (directions, sh))
    assert torch.autograd.gradcheck(glossy, (directions, roughness, sh))


def test_lights_hold_all_the_energy_and_crowd_where_it_is_bright():
    image = torch.full((64, 128, 3), 0.1, dtype=torch.float64)
    image[16:19, 30:33] = 300.0
    lights = importance_lights(image, 24)
    assert len(lights.direction) == 24
    torch.testing.assert_close(lights.direction.norm(dim=1), torch.ones(24, dtype=torch.float64))
    total = project_environment(image)[0] * math.sqrt(4 * math.pi)
    torch.testing.assert_close(lights.energy.sum(0), total, atol=0, rtol=2e-3)
    sun = equirect_to_direction(torch.tensor([31.5 / 128, 1 - 17.5 / 64], dtype=torch.float64))
    assert int((lights.direction @ sun > 0.99).sum()) >= 5
    assert len(importance_lights(torch.zeros(2, 4, 3), 50).direction) == 8


def test_a_split_environment_adds_up():
    image = torch.rand(32, 64, 3, generator=torch.Generator().manual_seed(0)) ** 8
    rest, lights = split_environment(image, 16)
    torch.testing.assert_close((rest + lights_to_sh(lights, 4))[0], project_environment(image)[0], atol=0, rtol=1e-3)
    dim = torch.full((32, 64, 3), 0.5)
    rest, lights = split_environment(dim, 16)
    torch.testing.assert_close(rest, project_environment(dim), atol=2e-3, rtol=0)
    assert float(lights.energy.max()) < 1e-3


def test_a_single_light_is_a_delta():
    lights = Lights(torch.tensor([[0.0, 1.0, 0.0]]), torch.tensor([[2.0, 2.0, 2.0]]))
    facing = irradiance(torch.tensor([[0.0, 1.0, 0.0]]), lights_to_sh(lights, 4))
    assert float(facing[0, 0]) == pytest.approx(2 / math.pi, rel=0.05)


def test_environment_files(tmp_path, shared):
    image = load_hdri(shared / "hdri" / "venice_sunset_1k.hdr")
    assert image.shape == (512, 1024, 3) and image.dtype == torch.float32
    # The sky is bright and the ground is not: row 0 is up.
    assert image[:200].mean() > 2 * image[-200:].mean()


def test_files_that_are_no_environment_are_named(tmp_path):
    with pytest.raises(FitError, match=r"no environment map at .*missing\.hdr"):
        load_hdri(tmp_path / "missing.hdr")
    unreadable = {"a.png": "neither .hdr nor .exr", "b.hdr": "b.hdr is no readable", "c.exr": "c.exr is no readable"}
    for name, message in unreadable.items():
        (tmp_path / name).write_bytes(b"nothing")
        with pytest.raises(FitError, match=message):
            load_hdri(tmp_path / name)


def test_hdr_colours_are_in_order(tmp_path):
    cv2 = pytest.importorskip("cv2")
    bgr = np.full((8, 16, 3), (0.25, 0.5, 4.0), np.float32)
    cv2.imwrite(str(tmp_path / "c.hdr"), bgr)
    assert load_hdri(tmp_path / "c.hdr")[0, 0].tolist() == pytest.approx([4.0, 0.5, 0.25], rel=0.02)


def test_exr_colours_are_in_order(tmp_path):
    OpenEXR = pytest.importorskip("OpenEXR")
    image = np.full((8, 16, 3), (4.0, 0.5, 0.25), np.float16)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"RGB": image}).write(str(tmp_path / "c.exr"))
    read = load_hdri(tmp_path / "c.exr")
    assert read.shape == (8, 16, 3) and read.dtype == torch.float32
    assert read[0, 0].tolist() == [4.0, 0.5, 0.25]
