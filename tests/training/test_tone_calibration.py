"""The tone model is found again from faces that were made with a known one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.fitting.skin_tone import CALIBRATION_PATH, GLASSES, FaceInPhoto, ToneModel, measured
from training.tone_calibration import Known, calibrate, left_out, report

GLOSS = np.full(3, 0.035)


@pytest.fixture(scope="module")
def truth() -> ToneModel:
    """Other habits and other eyes than the measured ones."""
    return dataclasses.replace(
        measured(),
        exposure=-0.8,
        metering=0.7,
        surroundings=0.25,
        exposure_spread=0.25,
        white_balance_spread=0.1,
        white=np.array([-0.4, -0.6, -0.9]),
        white_spread=0.2,
        white_chroma_spread=0.06,
    )


@pytest.fixture(scope="module")
def known(truth) -> list[Known]:
    """Twelve photos of each tone, one white in six misread, one face in four behind glasses."""
    return [photographed(truth, number) for number in range(120)]


def photographed(truth: ToneModel, number: int) -> Known:
    random, tone = np.random.default_rng(number), number % 10 + 1
    albedo = truth.tones[tone - 1] + random.normal(0, 0.03, 3)
    shown, prominence = np.log(np.exp(albedo) + GLOSS), random.uniform(-1, 1)
    level = truth.exposure + truth.metering * shown.mean() + truth.surroundings * prominence
    tint = random.normal(0, truth.white_balance_spread * np.sqrt(1.5), 3)
    colour = shown - shown.mean() + level + random.normal(0, truth.exposure_spread) + tint - tint.mean()
    glasses = number % 4 == 0
    chroma = random.normal(0, truth.white_chroma_spread * np.sqrt(1.5), 3)
    white = truth.white + random.normal(0, truth.white_spread) + chroma - chroma.mean() - shown - GLASSES * glasses
    if number % 6 == 5:
        white = np.full(3, random.normal(0.3, 0.7))
    return Known(f"head {number // 2}", tone, albedo, FaceInPhoto(colour, GLOSS, prominence, white, 8.0, glasses))


def test_what_photos_were_made_with_is_measured(known, truth):
    found = calibrate(known)
    np.testing.assert_allclose(found.tones, truth.tones, atol=0.12)
    np.testing.assert_allclose(found.white, truth.white, atol=0.08)
    for name, by in (("exposure", 0.12), ("metering", 0.08), ("surroundings", 0.08), ("exposure_spread", 0.06)):
        assert getattr(found, name) == pytest.approx(getattr(truth, name), abs=by), name
    for name in ("white_balance_spread", "white_spread", "white_chroma_spread"):
        assert getattr(found, name) == pytest.approx(getattr(truth, name), rel=0.35), name


def test_each_head_is_judged_by_the_others(known):
    """A head of a colour that no other has must not come out right because it was looked at."""
    green = dataclasses.replace(known[0], head="green", albedo=np.array([-3.0, 1.0, -3.0]))
    found = {one.head: albedo for one, albedo, _ in left_out([*known, green])}
    assert np.abs(found["green"] - green.albedo).max() > 1
    assert "121 photos, each by the other heads" in report([*known, green])


def test_the_model_survives_its_file(tmp_path):
    again = ToneModel.from_dict(measured().to_dict())
    np.testing.assert_array_equal(again.tones, measured().tones)
    assert again.exposure == measured().exposure
    assert measured().tones.shape == (10, 3) and (np.diff(measured().tones.mean(1)) < 0).all()
    assert CALIBRATION_PATH.is_file()
