"""Skin shading and self-shadowing: furnaces, integrals of the microfacet model, gradients."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from core.render.interpolate import vertex_normals  # noqa: E402
from core.render.lighting import (  # noqa: E402
    Lights,
    cosine_transfer,
    fibonacci_directions,
    irradiance,
    lights_to_sh,
)
from core.render.microfacet import dielectric_fresnel, ggx_lights, specular_reflectance  # noqa: E402
from core.render.occlusion import (  # noqa: E402
    ambient_occlusion,
    cast_shadows,
    open_directions,
    radiance_transfer,
    self_shadow,
)
from core.render.shading import Subsurface, open_lobe_share, shade  # noqa: E402


def unit(*rows):
    return torch.nn.functional.normalize(torch.tensor(rows, dtype=torch.float64), dim=1)


def constant_light(radiance: float = 1.0):
    sh = torch.zeros(25, 3, dtype=torch.float64)
    sh[0] = radiance * math.sqrt(4 * math.pi)
    return sh


def skin(count: int, specular: float = 0.5):
    generator = torch.Generator().manual_seed(count)
    albedo = 0.2 + 0.6 * torch.rand(count, 3, dtype=torch.float64, generator=generator)
    gloss = torch.full((count,), specular, dtype=torch.float64)
    roughness = 0.25 + 0.5 * torch.rand(count, dtype=torch.float64, generator=generator)
    return albedo, gloss, roughness


def icosahedron(subdivisions: int):
    """A unit sphere of triangles, counter-clockwise from outside."""
    golden = (1 + math.sqrt(5)) / 2
    corners = [(0, a, b * golden) for a in (-1, 1) for b in (-1, 1)]
    vertices = [tuple(c[(i + k) % 3] for i in range(3)) for k in range(3) for c in corners]
    points = torch.nn.functional.normalize(torch.tensor(vertices, dtype=torch.float64), dim=1)
    near = torch.cdist(points, points) < 1.2
    faces = []
    for a in range(12):
        for b in range(a + 1, 12):
            for c in range(b + 1, 12):
                if near[a, b] and near[b, c] and near[a, c]:
                    outwards = torch.linalg.det(points[[a, b, c]]) > 0
                    faces.append((a, b, c) if outwards else (a, c, b))
    triangles = torch.tensor(faces)
    for _ in range(subdivisions):
        ends = triangles[:, [[0, 1], [1, 2], [2, 0]]].sort(-1).values.view(-1, 2)
        edges, number = ends.unique(dim=0, return_inverse=True)
        middle = number.view(-1, 3) + len(points)
        points = torch.cat([points, torch.nn.functional.normalize(points[edges].mean(1), dim=1)])
        (a, b, c), (ab, bc, ca) = triangles.unbind(1), middle.unbind(1)
        parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
        triangles = torch.cat([torch.stack(part, 1) for part in parts])
    return points, triangles


VIEW = unit([0.2, 0.1, 1.0], [-0.7, 0.4, 0.6], [0.0, 0.9, 0.3])
NORMAL = unit([0.1, 0.0, 1.0], [-0.2, 0.1, 0.9], [0.4, 0.5, 0.6])


def test_a_white_surface_in_a_white_furnace_is_white():
    white, _, roughness = torch.ones(3, 3, dtype=torch.float64), None, torch.full((3,), 0.5).double()
    none = torch.zeros(3, dtype=torch.float64)
    for occlusion in (None, torch.tensor([1.0, 0.6, 0.2], dtype=torch.float64)):
        for subsurface in (None, Subsurface()):
            light = constant_light()
            colour = shade(NORMAL, NORMAL, VIEW, white, none, roughness, occlusion, light, subsurface=subsurface)
            torch.testing.assert_close(colour, white, atol=1e-3, rtol=0)


def test_gloss_takes_from_the_base_what_it_reflects():
    white, gloss, roughness = torch.ones(3, 3, dtype=torch.float64), *skin(3, 1.0)[1:]
    colour = shade(NORMAL, NORMAL, VIEW, white, gloss, roughness, None, constant_light())
    torch.testing.assert_close(colour, white, atol=1e-6, rtol=0)
    black = shade(NORMAL, NORMAL, VIEW, white * 0, gloss, roughness, None, constant_light(2.0))
    expected = 2 * specular_reflectance((NORMAL * VIEW).sum(1), roughness, gloss)
    torch.testing.assert_close(black, expected.unsqueeze(1).expand(3, 3))


def test_fresnel_at_its_ends():
    cosines = torch.tensor([1.0, 1.0, 1e-6], dtype=torch.float64)
    values = dielectric_fresnel(cosines, torch.tensor([0.5, 1.0, 0.5], dtype=torch.float64))
    assert values.tolist() == pytest.approx([0.0277778, 0.0555556, 1.0], rel=1e-4)
    # Brewster's angle at IOR 1.4: only the half that is polarised across is reflected.
    brewster = torch.tensor([math.cos(math.atan(1.4))], dtype=torch.float64)
    across = ((1.4**2 - 1) / (1.4**2 + 1)) ** 2
    assert float(dielectric_fresnel(brewster, torch.tensor([0.5]))) == pytest.approx(across / 2, rel=1e-6)


@pytest.mark.parametrize("roughness", [0.25, 0.5, 0.9])
@pytest.mark.parametrize("cosine", [1.0, 0.5, 0.2])
def test_the_table_equals_the_sum_over_lights_from_everywhere(cosine, roughness):
    directions = fibonacci_directions(200000)
    directions = directions[directions[:, 1] > 0]
    energy = torch.full((len(directions), 3), 4 * math.pi / 200000, dtype=torch.float64)
    up, view = unit([0.0, 1.0, 0.0]), unit([math.sqrt(1 - cosine**2), cosine, 0.0])
    rough, gloss = torch.tensor([roughness]).double(), torch.tensor([0.5]).double()
    summed = ggx_lights(up, view, gloss, rough, Lights(directions, energy))[0, 0]
    table = specular_reflectance(torch.tensor([cosine]).double(), rough, gloss)[0]
    assert float(table) == pytest.approx(float(summed), rel=0.015)


def test_lights_below_the_horizon_reflect_nothing():
    lights = Lights(unit([0.0, 0.0, -1.0]), torch.ones(1, 3, dtype=torch.float64))
    up = unit([0.0, 0.0, 1.0])
    one = torch.ones(1, dtype=torch.float64)
    assert float(ggx_lights(up, up, one, one * 0.5, lights).abs().max()) == 0.0


def test_gradients_of_shading():
    # Off the nodes of the reflectance table, where its slope jumps.
    albedo, gloss, roughness = skin(3, 0.47)
    occlusion = torch.tensor([0.9, 0.5, 0.8], dtype=torch.float64, requires_grad=True)
    sh = constant_light(2.0) + 0.2 * torch.linspace(-1, 1, 75, dtype=torch.float64).view(25, 3)
    lights = Lights(unit([0.3, 0.4, 0.8], [-0.5, 0.2, 0.6]), torch.tensor([[2.0, 1, 1], [1, 2, 1]]).double())
    shadow = torch.full((3, 3), -0.1, dtype=torch.float64, requires_grad=True)

    def colour(normal, view, albedo, gloss, roughness, occlusion, sh, energy, shadow):
        lamps = Lights(lights.direction, energy)
        # The openness of the lobe has no gradient on purpose; one that points straight at it stays open.
        return shade(normal, normal, view, albedo, gloss, roughness, occlusion, sh, lamps, shadow, Subsurface())

    inputs = (NORMAL, VIEW, albedo, gloss, roughness, occlusion, sh, lights.energy, shadow)
    inputs = tuple(value.clone().detach().requires_grad_() for value in inputs)
    open_sky = torch.ones(3, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda *a: colour(*a[:5], open_sky, *a[5:]), (*inputs[:5], *inputs[6:]))
    matt = inputs[3].detach() * 0
    assert torch.autograd.gradcheck(lambda o: colour(*inputs[:3], matt, inputs[4], o, *inputs[6:]), inputs[5])


def test_subsurface_reddens_the_dark_side_and_keeps_the_mean():
    lamp = Lights(unit([0.0, 0.0, 1.0]), torch.full((1, 3), 3.0, dtype=torch.float64))
    sh = constant_light(0.2) + lights_to_sh(lamp, 4)
    around = fibonacci_directions(4000)
    white, none = torch.ones(4000, 3, dtype=torch.float64), torch.zeros(4000, dtype=torch.float64)

    def lit(subsurface):
        return shade(around, around, around, white, none, none + 0.5, None, sh, subsurface=subsurface)

    plain, soft = lit(None), lit(Subsurface(weight=1.0, scale=0.003))
    edge = around[:, 2].abs() < 0.1
    assert (soft[edge, 0] > soft[edge, 2]).all()
    assert (plain[edge, 0] == plain[edge, 2]).all()
    torch.testing.assert_close(soft.mean(0), plain.mean(0), atol=5e-3, rtol=0)


def test_transfer_of_a_convex_body_is_the_plain_cosine():
    vertices, triangles = icosahedron(4)
    vertices = (vertices * 0.1).float()
    transfer = radiance_transfer(vertices, triangles)
    normals = vertex_normals(vertices, triangles)
    torch.testing.assert_close(transfer, cosine_transfer(normals, 4), atol=3e-3, rtol=0)
    sh = torch.randn(25, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(transfer @ sh, irradiance(normals, sh), atol=3e-2, rtol=0)
    assert float(ambient_occlusion(vertices, triangles, 64).min()) > 0.995
    assert float(self_shadow(transfer, vertices, triangles).abs().max()) < 3e-3


def test_inside_a_closed_shell_it_is_dark():
    vertices, triangles = icosahedron(3)
    inner = vertices * 0.5
    both = torch.cat([vertices, inner]).float()
    faces = torch.cat([triangles, triangles + len(vertices)])
    hidden = ambient_occlusion(both, faces, 64)[len(vertices) :]
    assert float(hidden.max()) < 0.05 and float(hidden.mean()) < 0.01


def test_a_wall_takes_half_the_sky_and_turns_the_open_direction_away():
    # A floor in x-z, a wall in y-z; both finely divided so that there are vertices near the corner.
    side = 41
    steps = torch.linspace(0, 1, side)
    a, b = (part.flatten() for part in torch.meshgrid(steps, steps, indexing="ij"))
    floor = torch.stack([a * 0.1, 0 * a, (b - 0.5) * 4], 1)
    wall = torch.stack([0 * a, a * 4, (b - 0.5) * 4], 1)
    corner = (torch.arange(side - 1)[:, None] * side + torch.arange(side - 1)).flatten()
    quad = torch.stack([corner, corner + 1, corner + side + 1, corner + side], 1)
    triangles = torch.cat([quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]])
    vertices = torch.cat([floor, wall])
    faces = torch.cat([triangles, triangles[:, [0, 2, 1]] + side * side])
    transfer = radiance_transfer(vertices, faces, 1, 256, 512)
    # Half way along the floor, 5 cm from a wall 4 m high and wide: nearly an infinite one.
    middle = (side // 2) * side + side // 2
    assert float(transfer[middle, 0] * math.sqrt(4 * math.pi)) == pytest.approx(0.5, abs=0.05)
    away = open_directions(transfer, vertex_normals(vertices, faces))[middle]
    assert float(away[0]) > 0.4 and float(away[1]) > 0.6 and abs(float(away[2])) < 0.1


def test_a_ball_casts_its_shadow_on_a_board():
    ball, ball_faces = icosahedron(3)
    steps = torch.linspace(-1, 1, 41, dtype=torch.float64)
    y, x = (part.flatten() for part in torch.meshgrid(steps, steps, indexing="ij"))
    board = torch.stack([0.4 * x, 0.4 * y, torch.full_like(x, -0.3)], 1)
    corner = (torch.arange(40)[:, None] * 41 + torch.arange(40)).flatten()
    quad = torch.stack([corner, corner + 1, corner + 42, corner + 41], 1)
    vertices = torch.cat([board, ball * 0.1]).float()
    faces = torch.cat([quad[:, :3], quad[:, [0, 2, 3]], ball_faces + len(board)])
    slanted = torch.nn.functional.normalize(torch.tensor([[0.0, 0.0, 1.0], [0.6, 0.0, 0.8]]), dim=1)
    lights = cast_shadows(Lights(slanted, torch.ones(2, 3)), vertices, faces)
    lit = lights.visibility[: len(board)]
    for light, centre in ((0, 0.0), (1, -0.3 * 0.75)):
        # The shadow of a ball under parallel light from a slant is an ellipse.
        across = ((board[:, 0] - centre) * float(slanted[light, 2])).square() + board[:, 1].square()
        assert float(lit[across < 0.09**2, light].max()) < 0.05
        assert float(lit[across > 0.11**2, light].min()) > 0.95
    # The ball's own far side is hidden, its near side is not.
    facing = ball[:, 2].float()
    own = lights.visibility[len(board) :, 0]
    assert float(own[facing > 0.3].min()) > 0.95 and float(own[facing < -0.3].max()) < 0.05


def test_lights_of_known_visibility_shade_one_by_one():
    albedo, gloss, roughness = skin(3)
    lamp = Lights(unit([0.1, 0.2, 1.0]), torch.full((1, 3), 2.0, dtype=torch.float64))
    dark = constant_light(0.0)

    def colour(visibility):
        lights = lamp if visibility is None else lamp._replace(visibility=visibility)
        return shade(NORMAL, NORMAL, VIEW, albedo, gloss, roughness, None, dark, lights)

    seen = torch.ones(3, 1, dtype=torch.float64)
    # Harmonics to order 4 hold a clamped cosine within some percent.
    torch.testing.assert_close(colour(seen), colour(None), atol=0.03, rtol=0)
    assert float(colour(seen * 0).max()) == 0.0
    torch.testing.assert_close(colour(seen * 0.25), colour(seen) * 0.25)


def test_only_blocked_lobes_are_dimmed():
    normal, axis = unit([0.0, 0.0, 1.0]), unit([0.9, 0.0, 0.3])
    rough = torch.tensor([0.4], dtype=torch.float64)
    half = torch.tensor([0.5], dtype=torch.float64)
    assert float(open_lobe_share(axis, normal, rough, half * 2, normal)) == pytest.approx(1.0)
    towards, away = unit([0.7, 0.0, 0.7]), unit([-0.7, 0.0, 0.7])
    assert float(open_lobe_share(axis, normal, rough, half, towards)) > 0.9
    assert float(open_lobe_share(axis, normal, rough, half, away)) < 0.05
