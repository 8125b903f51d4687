"""Where the upper teeth stand: found in renders of smiles whose teeth were moved, and left alone where none show."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch

from core.camera import FACING_CAMERA, Camera
from core.fitting.landmark_model import landmark_model
from core.fitting.teeth import teeth_height, with_teeth
from core.photos.face_parts import INNER_LIPS
from core.photos.views import View
from core.render.relight import TEETH
from core.render.scene import RenderMesh, render_head
from core.shape.morphable import load_model

SIDE = 320
SMILE = {
    "jawOpen": 0.3,
    "mouthUpperUpLeft": 0.6,
    "mouthUpperUpRight": 0.6,
    "mouthSmileLeft": 0.5,
    "mouthSmileRight": 0.5,
}


def smile(expression: dict[str, float], moved: float, turned: float = 0.0) -> View:
    """A render of the mean head with an expression, its teeth ``moved``, seen as if they were not."""
    model = load_model()
    strengths = np.array([expression.get(name, 0.0) for name in model.expression_names], np.float32)
    vertices = model.vertices(expression=strengths)
    turn = np.array([[np.cos(turned), 0, np.sin(turned)], [0, 1, 0], [-np.sin(turned), 0, np.cos(turned)]])
    pose = np.eye(4)
    pose[:3, :3] = FACING_CAMERA @ turn
    pose[:3, 3] = (0.0, -0.06, 0.7)
    camera = Camera(3.0 * SIDE, np.array([SIDE / 2, SIDE / 2]), SIDE, SIDE, pose)
    light = torch.zeros(9, 3)
    light[0] = 0.6 * np.sqrt(4 * np.pi)
    with torch.no_grad():
        image = render_head(
            torch.from_numpy(with_teeth(model, vertices, moved)),
            RenderMesh.of_model(model),
            camera,
            {},
            light,
            part_maps={"teeth": {"diffuse": torch.tensor(TEETH)}},
            edges=False,
        ).image.numpy()
    cut = landmark_model(model)
    points = cut.points(np.concatenate([np.zeros(cut.identities), strengths]))[:, : cut.landmarks].T
    photo = SimpleNamespace(linear=np.ascontiguousarray(image, np.float32))
    landmarks = SimpleNamespace(points=camera.project(points)[0])
    return View(photo, landmarks, None, camera, vertices)


@pytest.mark.parametrize("moved", [0.0015, -0.0015])
def test_moved_teeth_are_found(moved):
    unmoved = teeth_height(load_model(), [smile(SMILE, 0.0)])
    found = teeth_height(load_model(), [smile(SMILE, moved)])
    assert found - unmoved == pytest.approx(moved, abs=0.0006)


def test_photos_that_show_no_teeth_say_nothing():
    closed, aside = smile({}, 0.002), smile(SMILE, 0.002, turned=1.0)
    assert teeth_height(load_model(), [closed, aside]) == 0.0
    together = teeth_height(load_model(), [closed, smile(SMILE, 0.0015)])
    assert together == teeth_height(load_model(), [smile(SMILE, 0.0015)])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shade", [0.0, np.array([1.0, 0.0, 0.0])])
def test_a_mouth_that_is_black_or_of_one_colour_says_nothing(shade):
    view = smile(SMILE, 0.0)
    view = replace(view, photo=SimpleNamespace(linear=(view.photo.linear * shade).astype(np.float32)))
    height = teeth_height(load_model(), [view])
    assert np.isfinite(height)
    assert np.any(shade) or height == 0.0


@pytest.mark.parametrize("colour", [(0.0, 0.0, 0.0), (0.01, 0.006, 0.005), (0.45, 0.15, 0.14)])
def test_a_mouth_that_shows_no_teeth_says_nothing(colour):
    view = smile(SMILE, 0.002)
    lips = view.landmarks.points[list(INNER_LIPS)]
    cv2.fillPoly(view.photo.linear, [np.round(lips).astype(np.int32)], colour)
    assert teeth_height(load_model(), [view]) == 0.0


def test_nothing_but_upper_teeth_and_their_gums_moves():
    model = load_model()
    change = with_teeth(model, model.mean, 0.002) - model.mean
    moved = np.unique(model.quad_part[np.abs(change[model.quads]).max((1, 2)) > 0])
    assert {model.part_names[part] for part in moved} == {"teeth_upper", "gums_upper"}
    assert np.allclose(change[:, [0, 2]], 0) and np.allclose(change[change[:, 1] != 0, 1], 0.002, atol=1e-6)
