"""Shape from colours: a head drawn from a known shape pulls the landmarks' shape towards it, at their price."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.camera import FACING_CAMERA, Camera
from core.completion.atlas import build_atlas
from core.errors import Cancelled
from core.fitting import shape_refinement
from core.fitting.fit import Fit
from core.fitting.landmark_model import landmark_model
from core.fitting.shape_posterior import ShapePosterior
from core.fitting.shape_refinement import MovingTexels, refine_shape
from core.photos.views import SKIN_ROUGHNESS, SKIN_SPECULAR, View
from core.reflectance.prior import load_prior
from core.render.interpolate import vertex_normals
from core.render.lighting import cosine_transfer
from core.render.scene import RenderMesh, render_head
from core.shape.morphable import load_model

SIDE = 160
SIZE = 64
MODES = 12
"""Of the identity, in which the drawn head differs."""


@pytest.fixture(scope="module")
def model():
    return load_model()


@pytest.fixture(scope="module")
def camera():
    pose = np.eye(4)
    pose[:3, :3] = FACING_CAMERA
    pose[:3, 3] = (0.0, -0.02, 0.7)
    return Camera(2.6 * SIDE, np.full(2, SIDE / 2), SIDE, SIDE, pose)


@pytest.fixture(scope="module")
def light():
    light = np.zeros((25, 3), np.float32)
    light[0] = 2.2
    light[1:4] = np.array([0.4, 0.5, 0.4])[:, None]
    return light


@pytest.fixture(scope="module")
def truth():
    identity = np.zeros(200, np.float32)
    identity[:MODES] = 0.8 * np.random.default_rng(3).normal(size=MODES)
    return identity


@pytest.fixture(scope="module")
def view(model, camera, light, truth):
    """The true head's picture, seen with the mean head in its place, whose landmarks are taken for found."""
    albedo = torch.from_numpy(np.exp(load_prior().albedo_mean).transpose(2, 0, 1).copy())
    with torch.no_grad():
        drawn = render_head(
            torch.from_numpy(model.vertices(truth)),
            RenderMesh.of_model(model),
            camera,
            {"diffuse": albedo, "specular": torch.tensor([SKIN_SPECULAR]), "roughness": torch.tensor([SKIN_ROUGHNESS])},
            torch.from_numpy(light),
            edges=False,
        )
    photo = SimpleNamespace(linear=drawn.image.numpy(), width=SIDE, height=SIDE, exif_focal_35mm=None)
    vertices = model.vertices()
    normals = vertex_normals(torch.from_numpy(vertices), torch.from_numpy(model.triangles).long())
    transfer = cosine_transfer(normals, 4).numpy()
    cut = landmark_model(model)
    points = camera.project(cut.mean[:, : cut.landmarks].T)[0]
    landmarks = SimpleNamespace(points=points, confidence=0.03)
    skin = drawn.mask.numpy()
    return View(photo, landmarks, skin, camera, vertices, transfer, np.zeros_like(transfer))


@pytest.fixture(scope="module")
def start(camera):
    return Fit(np.zeros(200, np.float32), np.zeros((1, 52), np.float32), (camera,))


@pytest.fixture(scope="module")
def posterior(model, view, start):
    return ShapePosterior.of_fit(model, [view.landmarks], [(SIDE, SIDE)], [None], start)


def test_without_a_change_it_is_the_landmarks_head(model, posterior, camera, view):
    (posed,) = posterior.posed(torch.zeros(posterior.unknowns))
    assert np.abs(posed.vertices.numpy() - view.vertices).max() < 1e-5
    assert np.abs(posed.camera.camera_from_world.numpy() - camera.camera_from_world).max() < 1e-5
    assert abs(float(posed.camera.focal_px) - camera.focal_px) < 1e-3 * camera.focal_px


def test_what_is_fitted_is_what_was_posed(model, posterior, start):
    whitened = 0.5 * torch.randn(posterior.unknowns, generator=torch.Generator().manual_seed(0))
    (posed,) = posterior.posed(whitened)
    fit = posterior.fitted(whitened, start)
    assert np.abs(model.vertices(fit.identity, fit.expressions[0]) - posed.vertices.numpy()).max() < 1e-5
    assert np.abs(fit.cameras[0].camera_from_world - posed.camera.camera_from_world.numpy()).max() < 1e-4
    assert (fit.expressions >= 0).all() and (fit.expressions <= 1).all()


def test_landmarks_hold_what_they_see_and_priors_the_rest(model, view, start, posterior):
    sharp = replace(view, landmarks=SimpleNamespace(points=view.landmarks.points, confidence=1.0))
    held = ShapePosterior.of_fit(model, [sharp.landmarks], [(SIDE, SIDE)], [None], start)
    loose, tight = (float((one.spread[:100] ** 2).sum()) for one in (posterior, held))
    assert tight < 0.95 * loose
    assert float((posterior.spread[:100] ** 2).sum(1).max()) < 1.01  # no looser than the prior of identity


def test_colours_pull_the_shape_towards_the_true_one(model, view, start, posterior, light, truth, monkeypatch):
    monkeypatch.setattr(shape_refinement, "INDEPENDENT_TEXELS", 500.0)  # nothing here errs but the shape
    atlas = build_atlas(model, SIZE)
    texels = MovingTexels.of_view(atlas, model, replace(view, gloss=view.gloss), "cpu")
    mean = load_prior().albedo_mean[2::4, 2::4]
    log_albedo = torch.from_numpy(np.ascontiguousarray(atlas.gather(mean)))
    found, _ = refine_shape(posterior, [texels], log_albedo, [torch.from_numpy(light)], 50)
    fit = posterior.fitted(found, start)
    face = model.regions["face"]
    true, before, after = (model.vertices(identity)[face] for identity in (truth, start.identity, fit.identity))
    errors = [np.linalg.norm(_registered(one, true) - true, axis=1).mean() for one in (before, after)]
    assert errors[1] < 0.8 * errors[0], errors


def _registered(points, target):
    """Points [N, 3] laid upon a target by the best similarity (Umeyama 1991): size and pose are the camera's."""
    a, b = points - points.mean(0), target - target.mean(0)
    left, stretch, right = np.linalg.svd(b.T @ a)
    return a @ (left @ right).T * (stretch.sum() / (a**2).sum()) + target.mean(0)


def test_a_cancel_stops_it(view, model, posterior, light):
    atlas = build_atlas(model, SIZE)
    texels = MovingTexels.of_view(atlas, model, view, "cpu")
    log_albedo = torch.zeros(len(atlas.texels), 3)

    def stop(step):
        raise Cancelled

    with pytest.raises(Cancelled):
        refine_shape(posterior, [texels], log_albedo, [torch.from_numpy(light)], 3, stop)
