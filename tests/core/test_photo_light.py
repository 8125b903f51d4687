"""An environment picture out of spherical harmonics: light only, and the light that was asked for."""

from __future__ import annotations

import numpy as np

from core.render.photo_light import environment, equirectangular, harmonic_planes, suns

DIRECTIONS, WEIGHTS = (item.reshape(-1, *item.shape[2:]) for item in equirectangular(96, 48))


def harmonics_of(radiance: np.ndarray) -> np.ndarray:
    basis = np.stack(harmonic_planes(*DIRECTIONS.T, 4), 1)
    return basis.T @ (radiance * WEIGHTS[:, None])


def test_the_sphere_is_covered_once() -> None:
    assert np.isclose(WEIGHTS.sum(), 4 * np.pi, rtol=1e-3)
    assert np.allclose(np.linalg.norm(DIRECTIONS, axis=1), 1)
    middle = equirectangular(4, 3)[0][1]
    assert middle[1, 0] > 0.7 and middle[2, 0] > 0.7, "the middle of the picture is +X"
    assert middle[1, 1] > 0 > middle[2, 1], "left of the middle is +Y, as Blender has it"


def test_constant_light_stays_constant() -> None:
    white = np.zeros((25, 3))
    white[0] = np.sqrt(4 * np.pi)
    assert np.allclose(environment(white, DIRECTIONS, WEIGHTS), 1, atol=0.01)


def test_a_lamp_comes_back_without_negative_light() -> None:
    lamp = np.array([0.5, -0.6, 0.62])
    radiance = np.exp(40 * (DIRECTIONS @ lamp / np.linalg.norm(lamp) - 1))[:, None] * (3.0, 2.0, 1.0)
    wanted = harmonics_of(radiance)
    found = environment(wanted, DIRECTIONS, WEIGHTS)
    assert found.min() >= 0
    assert np.abs(harmonics_of(found) - wanted).max() < 0.03 * wanted[0].max()
    brightest = DIRECTIONS[found.sum(1).argmax()]
    assert brightest @ lamp / np.linalg.norm(lamp) > 0.97


def test_lamps_of_an_environment_keep_their_place_colour_and_light() -> None:
    lamps = np.array([[0.0, -0.8, 0.6], [1.0, 0.0, 0.0]])
    radiance = np.full((len(DIRECTIONS), 3), 0.1)
    for lamp, colour in zip(lamps, ((8.0, 6.0, 4.0), (1.0, 2.0, 5.0))):
        radiance[DIRECTIONS @ lamp > np.cos(0.2)] += colour
    found, limit = suns(radiance, DIRECTIONS, WEIGHTS)
    assert len(found) == 2 and limit < 1.0
    for lamp, sun in zip(lamps, found):
        assert sun.direction @ lamp > 0.999
        assert abs(sun.angle - 0.4) < 0.06
    rest = radiance * np.minimum(limit / (radiance @ (0.2126, 0.7152, 0.0722)), 1)[:, None]
    total = sum(sun.irradiance for sun in found) + WEIGHTS @ rest
    assert np.allclose(total, WEIGHTS @ radiance, rtol=1e-6), "no light is lost"


def test_an_even_sky_has_no_lamps() -> None:
    assert suns(np.ones((len(DIRECTIONS), 3)), DIRECTIONS, WEIGHTS)[0] == []
