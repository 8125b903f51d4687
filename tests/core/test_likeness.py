"""The person in the picture: the recogniser's opinion reaches the maps, and the generator's code behind them."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.camera import FACING_CAMERA, Camera
from core.fitting.likeness import SIDE, Likeness, face_window
from core.fitting.losses import encoded, robust_mean
from core.mapfiles import srgb_from_linear
from core.photos.recognition import RecognitionNetwork
from core.photos.views import View
from core.reflectance.generator import GeneratorConfig, generator_from_prior
from core.reflectance.prior import load_prior
from core.render.interpolate import vertex_normals
from core.render.lighting import cosine_transfer
from core.shape.morphable import load_model

PHOTO = 240


@pytest.fixture(scope="module")
def view():
    """A grey face in the middle of a photo, in even light."""
    model = load_model()
    pose = np.eye(4)
    pose[:3, :3] = FACING_CAMERA
    pose[:3, 3] = (0.0, -0.02, 0.8)
    camera = Camera(2.4 * PHOTO, np.full(2, PHOTO / 2), PHOTO, PHOTO, pose)
    linear = np.full((PHOTO, PHOTO, 3), 0.3, np.float32)
    points = camera.project(model.landmarks_478.points(model.mean))[0].astype(np.float32)
    normals = vertex_normals(torch.from_numpy(model.mean), torch.from_numpy(model.triangles).long())
    transfer = cosine_transfer(normals, 4).numpy()
    photo = SimpleNamespace(linear=linear, width=PHOTO, height=PHOTO)
    skin = np.ones((PHOTO, PHOTO), np.float32)
    landmarks = SimpleNamespace(points=points)
    return View(photo, landmarks, skin, camera, model.mean, transfer, np.zeros_like(transfer))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return RecognitionNetwork().requires_grad_(False).eval()


@pytest.fixture(scope="module")
def generator():
    config = GeneratorConfig(
        size=128, code=32, mapping=1, trunk=(16, 16, 16), albedo=(8, 8, 8), gloss=(8, 8, 8), slopes=(8, 8, 8),
        albedo_modes=(24, 8, 0, 0), gloss_modes=(2, 0, 0, 0), slopes_modes=(2, 0, 0, 0), coefficients=16,
    )  # fmt: skip
    return generator_from_prior(load_prior(), config).requires_grad_(False).eval()


@pytest.fixture
def light():
    light = np.zeros((25, 3), np.float32)
    light[0] = np.sqrt(4 * np.pi)
    return light


def test_the_window_holds_the_face(view):
    camera, (left, top, length) = face_window(load_model(), view)
    assert camera.width == camera.height == SIDE
    face = view.camera.project(view.vertices[load_model().regions["face"]])[0]
    assert (face > (left, top)).all() and (face < (left + length, top + length)).all()


def test_only_skin_is_drawn_over_the_photo(view, network, generator, light):
    half = view.skin.copy()
    half[:, : PHOTO // 2] = 0
    face = Likeness(load_model(), [View(**{**view.__dict__, "skin": half})], network)._faces[0]
    black = torch.full((1, 3, 64, 64), -4.0)
    chip = face.chip(black, torch.from_numpy(light))[0].mean(0)
    grey = float(srgb_from_linear(np.float32(0.3)))
    assert float((chip[:, :60] - grey).abs().max()) < 0.02
    assert float(chip[60:90, 95:110].max()) < 0.35


def test_identity_and_content_reach_the_code(view, network, generator, light):
    likeness = Likeness(load_model(), [view], network)
    code = generator.code_from_prior(np.zeros(4)).requires_grad_()
    for index in (0, 1):
        code.grad = None
        likeness.compare(generator.synthesis(code[None], 64), [light])[index].backward()
        assert float(code.grad.abs().max()) > 0


def test_a_step_along_the_gradient_looks_more_like_the_photo(view, network, generator, light):
    likeness = Likeness(load_model(), [view], network)
    maps = generator.synthesis(generator.code_from_prior(np.zeros(4))[None], 64)
    albedo = maps.log_albedo.detach().requires_grad_()
    before = sum(likeness.compare(SimpleNamespace(log_albedo=albedo), [light]))
    before.backward()
    step = 0.02 * albedo.grad / albedo.grad.abs().max()
    with torch.no_grad():
        after = sum(likeness.compare(SimpleNamespace(log_albedo=albedo - step), [light]))
    assert float(after) < float(before)


def test_colours_are_encoded_as_in_files():
    linear = torch.tensor([0.0, 0.001, 0.01, 0.18, 0.5, 1.0])
    assert np.allclose(encoded(linear).numpy(), srgb_from_linear(linear.numpy()), atol=1e-5)


def test_an_outlier_counts_less_than_its_square():
    weight = torch.ones(2)
    small, large = (float(robust_mean(torch.full((2, 3), size), weight)) for size in (0.01, 10.0))
    assert small == pytest.approx(0.5 * 3 * 0.01**2, rel=1e-3)
    assert large < 0.15 * 0.5 * 3 * 10**2


def test_the_second_picture_shows_the_face_from_elsewhere_and_teaches_all_maps(view, network, generator, light):
    eyes = torch.full((3, 16, 16), 0.4)
    code = generator.code_from_prior(np.zeros(4)).requires_grad_()
    losses = []
    for seed in (0, 0, 1):
        likeness = Likeness(load_model(), [view], network, eyes, seed)
        losses.append(likeness.turned(generator.synthesis(code[None], 64), [light]))
    assert float(losses[0].detach()) == float(losses[1].detach()) != float(losses[2].detach())
    losses[0].backward()
    assert float(code.grad.abs().max()) > 0
