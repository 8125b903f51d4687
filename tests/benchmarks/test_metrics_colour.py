"""Colour differences and likeness of pictures against published and worked-out values."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.metrics.colour import ciede2000, ita_degrees, lab_from_linear, linear_from_srgb, luminance
from benchmarks.metrics.error_bands import error_bands
from benchmarks.metrics.image import HIGHEST_PSNR, psnr, ssim
from benchmarks.metrics.maps import albedo_error
from benchmarks.metrics.perceptual import perceptual_distance
from benchmarks.metrics.relit import measure_relit
from benchmarks.metrics.seams import seam_step
from core.weights import DLIB_RECOGNITION, available

# Sharma, Wu and Dalal (2005), table 1: Lab, Lab, difference.
SHARMA = np.array(
    [
        [50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425],
        [50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615],
        [50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412],
        [50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669],
        [50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461],
        [50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065],
        [50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492],
        [50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977],
        [50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030],
        [50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630],
        [61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731],
        [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
        [22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373],
        [36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
        [90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441],
        [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
        [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
        [2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082],
    ]
)


def test_the_published_pairs():
    found = ciede2000(SHARMA[:, :3], SHARMA[:, 3:6])
    assert np.abs(found - SHARMA[:, 6]).max() < 6e-5
    assert np.abs(ciede2000(SHARMA[:, 3:6], SHARMA[:, :3]) - found).max() < 1e-9


def test_lab_of_known_colours():
    encoded = np.array([[1.0, 1, 1], [0, 0, 0], [1, 0, 0], [0.5, 0.5, 0.5]])
    expected = [[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20], [53.39, 0, 0]]
    assert np.abs(lab_from_linear(linear_from_srgb(encoded)) - expected).max() < 0.02
    assert luminance(np.ones(3)) == pytest.approx(1, abs=1e-6)


def test_the_typology_angle():
    labs = [[60.0, 5, 10], [40, 5, 10], [70, 5, 0], [30, 0, -4]]
    assert np.allclose(ita_degrees(labs), [45, -45, 90, -90])


def test_the_tone_error_is_that_of_the_bare_skin_alone():
    skin, lip = np.array([0.5, 0.3, 0.2]), np.array([0.3, 0.1, 0.1])
    true = np.tile(skin, (200, 1))
    found = np.tile(skin * 0.5, (200, 1))
    found[:80] = lip
    bare = np.arange(200) >= 80
    error = albedo_error(found, true, np.arange(200) < 100, bare)
    expected = ita_degrees(lab_from_linear(skin * 0.5)) - ita_degrees(lab_from_linear(skin))
    assert error["ita_bias_degrees"] == pytest.approx(expected, abs=1e-4)
    assert error["ita_error_degrees"] == pytest.approx(-expected, abs=1e-4)
    hidden = ciede2000(lab_from_linear(skin * 0.5), lab_from_linear(skin))
    assert error["albedo_ciede2000_hidden"] == pytest.approx(hidden, abs=1e-4)


def test_psnr_of_a_known_step_inside_the_mask():
    first = np.zeros((20, 20, 3))
    second = first + 0.1
    mask = np.zeros((20, 20), bool)
    mask[5:15, 5:15] = True
    second[~mask] = 1.0
    assert psnr(first, second, mask) == pytest.approx(20.0)
    assert psnr(first, first) == HIGHEST_PSNR


def test_ssim_agrees_with_another_implementation():
    metrics = pytest.importorskip("skimage.metrics")
    generator = np.random.default_rng(0)
    first = generator.random((40, 50, 3))
    second = np.clip(first + generator.normal(0, 0.2, first.shape), 0, 1)
    mask = np.zeros((40, 50), bool)
    mask[8:-8, 8:-8] = True
    grey = second[mask].mean(0)
    pictures = [np.where(mask[..., None], picture, grey) for picture in (first, second)]
    _, full = metrics.structural_similarity(
        *pictures, channel_axis=2, data_range=1, gaussian_weights=True, use_sample_covariance=False, full=True
    )
    assert ssim(first, second, mask) == pytest.approx(full[mask].mean(), abs=1e-3)
    assert ssim(first, first, mask) == pytest.approx(1)


def test_ssim_ignores_what_is_outside():
    image = np.random.default_rng(0).random((40, 40, 3))
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:30] = True
    other = np.where(mask[..., None], image, 0.9)
    assert ssim(other, image, mask) == pytest.approx(1)


def test_the_perceptual_distance_grows_with_blur():
    if not available(DLIB_RECOGNITION):
        pytest.skip("the recognition network's weights are not installed")
    cv2 = pytest.importorskip("cv2")
    image = np.random.default_rng(0).random((90, 80, 3)).astype(np.float32)
    image = cv2.GaussianBlur(image, (0, 0), 1.5)
    mask = np.zeros((90, 80), bool)
    mask[10:80, 15:65] = True
    mild, strong = (cv2.GaussianBlur(image, (0, 0), sigma) for sigma in (0.8, 4))
    distances = [perceptual_distance(other, image, mask) for other in (image, mild, strong)]
    assert distances[0] == pytest.approx(0, abs=1e-6)
    assert distances[0] < distances[1] < distances[2]
    assert perceptual_distance(np.where(mask[..., None], image, 0), image, mask) == pytest.approx(0, abs=1e-6)


def test_without_weights_there_is_no_perceptual_distance(monkeypatch, tmp_path):
    monkeypatch.setattr("core.weights.available", lambda _: False)
    assert perceptual_distance(np.zeros((9, 9, 3)), np.zeros((9, 9, 3)), np.ones((9, 9), bool)) is None


def seam_maps(step: float, size: int = 256) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    left, right = np.array([0.45, 0.28, 0.2]), np.array([0.45, 0.28, 0.2]) * (1 - step)
    albedo = np.where((np.arange(size) < 140)[None, :, None], left, right) * np.ones((size, 1, 1))
    provenance = np.zeros((size, size, 3))
    provenance[:, :140, 0] = 1
    region = np.zeros((size, size), bool)
    region[40:-40, 40:-40] = True
    return albedo, provenance, region


def test_a_step_at_the_border_is_the_seam():
    albedo, provenance, region = seam_maps(0.3)
    expected = ciede2000(lab_from_linear(albedo[0, 0]), lab_from_linear(albedo[0, -1]))
    assert seam_step(albedo, provenance, region) == pytest.approx(expected, abs=0.02)


def test_a_plain_map_and_a_smooth_slope_have_no_seam():
    albedo, provenance, region = seam_maps(0.0)
    assert seam_step(albedo, provenance, region) == pytest.approx(0, abs=1e-3)
    slope = np.linspace(0.6, 1.0, albedo.shape[1])[None, :, None]
    assert abs(seam_step(albedo * slope, provenance, region)) < 0.25


def test_a_step_that_the_truth_has_too_is_no_seam():
    albedo, provenance, region = seam_maps(0.3)
    assert seam_step(albedo, provenance, region, albedo) == 0
    plain = np.full_like(albedo, 0.3)
    expected = ciede2000(lab_from_linear(albedo[0, 0]), lab_from_linear(albedo[0, -1]))
    assert seam_step(albedo, provenance, region, plain) == pytest.approx(expected, abs=0.02)


def test_a_step_elsewhere_is_no_seam():
    albedo, provenance, region = seam_maps(0.3)
    moved = np.roll(albedo, -60, 1)
    assert abs(seam_step(moved, provenance, region)) < 0.3
    assert seam_step(albedo, np.ones_like(provenance), region) is None


def test_relit_figures_of_a_known_difference():
    generator = np.random.default_rng(0)
    truth = generator.uniform(0.2, 0.3, (30, 30, 4))
    mask = np.zeros((30, 30), bool)
    mask[5:25, 5:25] = True
    same = measure_relit(truth, truth * 1.0, mask)
    assert same["psnr"] == HIGHEST_PSNR and same["ssim"] == pytest.approx(1) and same["ciede2000"] == 0
    darker = measure_relit(truth * 0.5, truth, mask)
    assert darker["psnr"] < 20
    assert darker["matched_psnr"] > 59
    assert darker["luminance_ratio"] == pytest.approx(0.5)
    exposed = measure_relit(truth * 0.5 * 7, truth * 7, mask)
    assert exposed["psnr"] == pytest.approx(darker["psnr"], abs=1e-4)
    assert measure_relit(truth, truth, np.zeros_like(mask)) == {}


@pytest.mark.parametrize("length, band", [(np.inf, "mean_colour"), (100, "broad"), (30, "middle"), (4, "fine")])
def test_an_error_is_told_by_its_size(length, band):
    error = 0.2 * np.cos(2 * np.pi * np.arange(120) / length)[None, :, None] * np.ones((120, 1, 3))
    mask = np.zeros((120, 120), bool)
    mask[10:110, 10:110] = True
    shares = error_bands(np.where(mask[..., None], error, 9.0), np.zeros_like(error), mask)
    sizes = {name: share for name, share in shares.items() if name != "share_rim"}
    assert max(sizes, key=sizes.get) == f"share_{band}"


def test_an_error_at_the_rim_is_the_rims():
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:50] = True
    error = np.zeros((60, 60, 3))
    error[10, 10:50] = 1
    assert error_bands(error, np.zeros_like(error), mask)["share_rim"] == 1
    assert error_bands(error[::-1] * 0, np.zeros_like(error), mask)["share_rim"] == 0
    error[30, 30] = 10
    assert error_bands(error, np.zeros_like(error), mask)["share_rim"] < 0.5
