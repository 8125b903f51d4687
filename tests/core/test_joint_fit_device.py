"""The fit through the renderer computes on the device that it is given, and finds there what it finds on the CPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from core.completion.complete import estimate_appearance
from core.fitting.fit import Fit
from core.fitting.joint_fit import fit_reflectance, refine_geometry
from core.photos.views import fit_geometry, look_at, trace_light
from core.reflectance.generator import GeneratorConfig, generator_from_prior
from core.reflectance.maps import PriorMaps
from core.reflectance.prior import load_prior
from core.settings import FitSettings, JointSettings
from core.shape.morphable import load_model

SHORT = JointSettings(shape_steps=2, code_sizes=(64,), code_steps=(2,), tuning_steps=1, likeness=False)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A photo with a posed head in its light."""
    skimage_data = pytest.importorskip("skimage.data", reason="the demo's photo comes with scikit-image")
    path = tmp_path_factory.mktemp("photo") / "astronaut.png"
    Image.fromarray(skimage_data.astronaut()).save(path)
    settings, model, prior = FitSettings(quality="draft"), load_model(), load_prior()
    fit, views, _ = fit_geometry(model, [look_at(path, None)], settings.geometry)
    views = [trace_light(model, views[0], settings.appearance)]
    found = estimate_appearance(model, prior, views, 2)
    return model, prior, views, fit, found, generator_from_prior(prior, GeneratorConfig(size=128))


def fitted(prepared, device: torch.device | str) -> tuple[Fit, PriorMaps]:
    model, prior, views, fit, found, generator = prepared
    fit = Fit(fit.identity, fit.expressions, fit.cameras, found.lighting, found.albedo)
    refined, posed = refine_geometry(model, prior, views, fit, SHORT, device=device)
    posed = [trace_light(model, view, FitSettings(quality="draft").appearance) for view in posed]
    return fit_reflectance(model, prior, generator, posed, refined, SHORT, device=device)


def test_a_device_may_be_named_or_given(prepared):
    (named, maps), (given, same) = fitted(prepared, "cpu"), fitted(prepared, torch.device("cpu"))
    np.testing.assert_array_equal(named.identity, given.identity)
    np.testing.assert_array_equal(maps.log_albedo, same.log_albedo)
    assert np.abs(named.identity - prepared[3].identity).max() > 0
    assert np.isfinite(maps.log_albedo).all()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_finds_what_the_processor_finds(prepared):
    (there, maps), (here, expected) = fitted(prepared, "cuda"), fitted(prepared, "cpu")
    np.testing.assert_allclose(there.identity, here.identity, atol=0.02)
    np.testing.assert_allclose(there.lighting[0], here.lighting[0], atol=0.05)
    assert np.abs(maps.log_albedo - expected.log_albedo).mean() < 0.02
