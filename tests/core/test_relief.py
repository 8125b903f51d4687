"""Relief out of a normal map: a known surface comes back, and its hollows are found."""

from __future__ import annotations

import numpy as np

from core.reflectance import relief
from core.reflectance.skin_optics import diffusion_length, mean_free_path, reduced_albedo, skin_type

SIZE, SIDE = 256, 0.1  # texels, metres of the square that the UV tile covers
SCALE = np.full((relief.GRID, relief.GRID), SIDE)


def bumps() -> tuple[np.ndarray, np.ndarray]:
    """A surface of 2.5 mm waves, 0.1 mm high, in metres, and its normals."""
    place = (np.arange(SIZE) + 0.5) / SIZE * SIDE
    across, along = np.meshgrid(place, place)
    wave = 2 * np.pi / 0.0025
    height = 1e-4 * np.sin(wave * across) * np.cos(wave * along)
    slope_u = 1e-4 * wave * np.cos(wave * across) * np.cos(wave * along)
    slope_v = -1e-4 * wave * np.sin(wave * across) * np.sin(wave * along)
    normal = np.stack([-slope_u, -slope_v, np.ones_like(height)], -1)
    return height, normal / np.linalg.norm(normal, axis=-1, keepdims=True)


def test_the_surface_comes_back_in_metres() -> None:
    height, normal = bumps()
    found = relief.heights(normal, SCALE)
    assert np.abs(found - height).max() < 0.12 * height.max()


def test_hollows_are_closed_and_bumps_are_open() -> None:
    height, _ = bumps()
    openness = relief.cavity(height, SCALE)
    assert openness[height > 0].min() == 1.0 and openness[height < 0.9 * height.min()].max() < 0.8


def test_a_quad_of_known_size_gives_the_scale() -> None:
    uv = np.array([[[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]]], float)
    corners = np.array([[[0, 0, 0], [0.1, 0, 0], [0.1, 0.1, 0], [0, 0.1, 0]]], float)
    assert np.allclose(relief.metres_per_uv(uv, corners), 0.2)


def test_darker_skin_scatters_less_red_light() -> None:
    light, dark = np.array([0.6, 0.4, 0.3]), np.array([0.1, 0.06, 0.045])
    assert (mean_free_path(light) > mean_free_path(dark)).all()
    lengths = diffusion_length(light), diffusion_length(dark)
    assert lengths[0][0] > 2 * lengths[0][1] > 2 * lengths[0][2], "red light goes furthest"
    assert 0.0005 < lengths[0][0] < 0.004 and lengths[1][0] < 0.0005
    assert np.allclose(reduced_albedo(np.array([0.0, 1.0])), [0, 1], atol=1e-6)


def test_skin_types_have_their_published_borders() -> None:
    assert [skin_type(angle) for angle in (60, 50, 30, 20, 0, -60)] == [
        "very light",
        "light",
        "intermediate",
        "tan",
        "brown",
        "dark",
    ]
