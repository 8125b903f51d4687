"""Sliders found in codes: planted effects come back, and decoupling takes out what moves together."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from training.directions.effects import Effects, Samples, find_effects, regress
from training.directions.measures import DARKEST, LIGHTEST, MEASURES, STEPS, tone_steps, train_reader
from training.latent_directions import LINES, decoupled

CODE = 24
AXIS = {name: number for number, name in enumerate(("light", "bend", "redness", "stubble", "masculinity"))}


def planted_people(count: int = 60) -> Samples:
    """People of three tones each whose codes hold what is known of them, and the person."""
    rng = np.random.default_rng(0)
    codes, items = [], []
    for number in range(count):
        own = 0.5 * rng.normal(size=CODE)
        age, sex = 18 + rng.integers(40), ("male", "female")[number % 2]
        own[AXIS["masculinity"]] += 1 if sex == "male" else -1
        for variant in range(3):
            tone, code = rng.uniform(DARKEST, LIGHTEST), own.copy()
            layers = {name: float(rng.uniform()) for name in ("redness", "stubble") if variant and rng.random() < 0.3}
            code[AXIS["light"]] += 2 * tone_steps(tone)
            code[AXIS["bend"]] += 0.05 * (tone_steps(tone) - STEPS / 2) ** 2
            for name, strength in layers.items():
                code[AXIS[name]] += 5 * strength
            codes.append(code)
            items.append(
                {"name": f"{number}", "source": "here", "tone": tone, "layers": layers, "age": age, "sex": sex}
            )
    codes = np.array(codes)
    flip = 0.1 * rng.normal(size=codes.shape)
    return Samples.of(np.concatenate([codes + flip, codes - flip]), items)


@pytest.fixture(scope="module")
def effects() -> Effects:
    light = np.zeros((3, CODE))
    light[:, AXIS["light"]] = 1
    return find_effects(planted_people(), light)


@pytest.mark.parametrize(("name", "size"), [("redness", 5), ("stubble", 5), ("masculinity", 1)])
def test_planted_effects_come_back(effects: Effects, name: str, size: float) -> None:
    line = effects.lines[name]
    assert line[AXIS[name]] == pytest.approx(size, rel=0.1)
    others = np.delete(line, AXIS[name])
    assert np.linalg.norm(others) < 0.45 * size


def test_tones_lie_on_the_planted_curve(effects: Effects) -> None:
    curve = effects.curve - effects.curve[STEPS // 2]
    steps = np.arange(STEPS + 1) - STEPS / 2
    np.testing.assert_allclose(curve[:, AXIS["light"]], 2 * steps, atol=0.05)
    np.testing.assert_allclose(curve[:, AXIS["bend"]], 0.05 * steps**2, atol=0.05)


def test_codes_of_another_data_set_are_refused() -> None:
    with pytest.raises(SystemExit, match="another data set"):
        Samples.of(np.zeros((5, CODE)), [{"name": "a"}] * 2)


def test_a_coefficient_comes_with_its_error() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 2))
    found, error = regress(x, x @ [[1.0], [-2.0]] + 0.5 * rng.normal(size=(400, 1)), errors=True)
    np.testing.assert_allclose(found[:, 0], [1, -2], atol=0.1)
    np.testing.assert_allclose(error[:, 0], 0.025, rtol=0.15)


class Entangled:
    """Measures that mix the planted axes, of a generator whose maps are the codes."""

    size = 64

    def __init__(self) -> None:
        self.mix = np.zeros((len(MEASURES), CODE))
        for number, name in enumerate(MEASURES):
            for axis, place in AXIS.items():
                self.mix[number, place] = 0.5 if axis in (name, {"skin_tone": "light"}.get(name)) else 0.08

    def of(self, maps: torch.Tensor) -> np.ndarray:
        return maps.numpy() @ self.mix.T


def test_decoupled_lines_move_only_what_they_name(effects: Effects) -> None:
    generator = SimpleNamespace(synthesis=lambda codes, size: codes, w_average=torch.zeros(CODE))
    measures = Entangled()
    before = np.stack([effects.lines[name] for name in LINES]) @ measures.mix.T
    lines, curve = decoupled(generator, effects, np.zeros((2, CODE)), measures)
    kept = [MEASURES.index(name) for name in LINES]
    moved = lines @ measures.mix.T
    assert np.abs(before[:, 0]).min() > 0.05
    np.testing.assert_allclose(moved[:, 0], 0, atol=1e-4)
    np.testing.assert_allclose(moved[:, kept] - np.diag(np.diag(moved[:, kept])), 0, atol=1e-4)
    for name in ("redness", "stubble"):
        row = LINES.index(name)
        assert moved[row, kept[row]] == pytest.approx(1, abs=1e-4)
    along = curve @ measures.mix.T
    np.testing.assert_allclose(along[:, 0], np.arange(STEPS + 1), atol=0.02)
    np.testing.assert_allclose(along[:, kept] - along[STEPS // 2, kept], 0, atol=0.02)


def test_a_reader_reads_people_it_has_not_seen() -> None:
    rng = np.random.default_rng(2)
    pattern = rng.normal(size=(3, 4, 4))
    truth = np.repeat(rng.normal(size=40), 2)
    features = truth[:, None, None, None] * pattern + 0.5 * rng.normal(size=(80, 3, 4, 4))
    names = [str(number // 2) for number in range(80)]
    reader = train_reader(features, truth, names, np.ones((4, 4)))
    assert reader.correlation > 0.9 and reader.people == 40
    noise = train_reader(features, rng.permutation(truth), names, np.ones((4, 4)))
    assert noise.correlation < 0.5
