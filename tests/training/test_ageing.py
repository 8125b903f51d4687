"""Where age comes from: the part of a displacement that the shape model has, and drawn lines and spots."""

from __future__ import annotations

import numpy as np
import pytest

from core.completion.atlas import build_atlas
from core.reflectance.prior import load_prior
from core.shape.morphable import load_model
from training import ageing
from training.skin import age
from training.skin.surface import Canvas, make_canvas

SIZE = 256


@pytest.fixture(scope="module")
def canvas() -> Canvas:
    model = load_model()
    return make_canvas(model, build_atlas(model, SIZE), load_prior())


def test_a_displacement_of_the_model_is_found_again_and_the_neck_has_no_say() -> None:
    model = load_model()
    truth = np.zeros(len(model.coarse_identity))
    truth[[0, 3, 7]] = (1.0, -0.5, 0.8)
    wanted = np.tensordot(truth, model.coarse_identity, 1)
    bent = wanted.copy()
    bent[model.regions["neck"][: len(wanted)]] += (0, 0, 0.01)
    found = ageing.spanned(model, bent)
    given = np.tensordot(found, model.coarse_identity, 1)
    face = model.regions["face"][: len(wanted)]
    assert np.linalg.norm((given - wanted)[face], axis=1).mean() < 0.0001


def test_lines_are_grooves_with_rims_on_the_face_alone(canvas) -> None:
    early, late = age.relief(canvas)
    assert early.min() < -0.0002 and 0 < early.max() < 0.5 * -early.min()
    hidden = canvas.share("mouth_inner", "eye_socket", "scalp") > 0.99
    assert np.abs([early[hidden], late[hidden]]).max() < 0.00001
    assert all(np.array_equal(one, again) for one, again in zip((early, late), age.relief(canvas)))


def test_spots_darken_and_the_mean_stays(canvas) -> None:
    weight = canvas.share("cheeks", "forehead")
    for part in age.pigment(canvas):
        assert abs(np.average(part, weights=weight)) < 0.005 and part.max() > 0.1
