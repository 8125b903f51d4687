"""What the fit through the renderer hands from stage to stage."""

import numpy as np
import pytest
import torch

from core.fitting.joint_fit import TRUST, believed_skin, expected_maps
from core.reflectance.generator import GeneratedMaps
from core.reflectance.maps import ReflectanceMaps
from core.reflectance.prior import load_prior

SIZE = 16


def maps_that_differ(change, provenance=(1, 0, 0)):
    """Maps whose log albedo is -1 + change, and the pivot they differ from."""
    image = np.full((SIZE, SIZE, 3), np.exp(-1 + change), np.float32)
    flat = np.ones((SIZE, SIZE), np.float32)
    shares = np.broadcast_to(np.float32(provenance), (SIZE, SIZE, 3))
    normal = np.broadcast_to(np.float32([0, 0, 1]), (SIZE, SIZE, 3))
    return ReflectanceMaps(image, flat, flat, normal, shares), torch.full((1, 3, SIZE, SIZE), -1.0)


@pytest.mark.parametrize(("change", "least", "most"), [(0.05, 0.99, 1.0), (0.6, 0.0, 0.1), (-0.6, 0.0, 0.1)])
def test_what_differs_like_a_shadow_is_believed_less(change, least, most):
    skin = believed_skin(*maps_that_differ(change))
    assert least <= float((skin.log_albedo + 1).mean()) / change <= most


def test_what_was_seen_counts_most():
    weights = [float(believed_skin(*maps_that_differ(0.1, shares)).weight.mean()) for shares in np.eye(3)]
    assert np.allclose(weights, TRUST) and weights[0] > weights[1] > weights[2] > 0


def test_generated_maps_take_the_priors_pores():
    maps = GeneratedMaps(
        torch.full((1, 3, SIZE, SIZE), -1.5),
        torch.full((1, 1, SIZE, SIZE), 0.4),
        torch.full((1, 1, SIZE, SIZE), 0.5),
        torch.zeros(1, 2, SIZE, SIZE),
    )
    expected = expected_maps(maps, load_prior()).resized(32)
    assert expected.log_albedo.shape == (32, 32, 3) and expected.normal_detail.shape == (32, 32, 2)
    assert expected.roughness.shape == expected.specular_albedo.shape == (32, 32)
    assert np.allclose(expected.log_albedo, -1.5, atol=1e-5) and np.allclose(expected.roughness, 0.5, atol=1e-5)
    assert expected.albedo_detail.std() > 0
