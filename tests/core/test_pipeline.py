"""The whole method on the demo's photo: what it leaves, that it repeats, and what a cancel leaves."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core import pipeline, result, settings
from core.errors import Cancelled, FitError
from core.head import TIMINGS_FILE, read_head
from core.mapfiles import read_png
from core.pipeline import Steps, fit_head
from core.reflectance.directions import file_digest
from core.reflectance.generator import GeneratorConfig, generator_from_prior, load_generator, save_generator
from core.reflectance.skin_code import CODE
from core.render.relight import render_photo
from core.settings import FitSettings, JointSettings

SETTINGS = FitSettings(quality="draft", map_size=512, device="cpu", threads=1)
SHORT = JointSettings(shape_steps=2, code_sizes=(64,), code_steps=(2,), tuning_steps=1)
"""Every stage of the fit through the renderer, as short as it can be."""


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    skimage_data = pytest.importorskip("skimage.data", reason="the demo's photo comes with scikit-image")
    path = tmp_path_factory.mktemp("photo") / "astronaut.png"
    Image.fromarray(skimage_data.astronaut()).save(path)
    return path


@pytest.fixture(scope="module")
def reported(photo, tmp_path_factory):
    """A finished head folder and everything that was reported on the way."""
    reports = []
    out = tmp_path_factory.mktemp("head") / "collins"
    fit_head([photo], out, SETTINGS, lambda *report: reports.append(report))
    return out, reports


def test_every_file_of_a_head_is_there(reported):
    head = read_head(reported[0])
    names = {"diffuse_albedo", "specular_albedo", "roughness", "normal", "provenance", "eye_albedo"}
    assert set(head.maps) == names
    for name in names - {"eye_albedo"}:
        assert read_png(head.maps[name]).shape[:2] == (512, 512)
    assert len(head.fit["lighting"]) == 1 and len(head.fit["photos"][0]["sha256"]) == 64
    assert (reported[0] / "preview.png").is_file()
    assert sum(json.loads((reported[0] / TIMINGS_FILE).read_text()).values()) > 0


def test_progress_only_grows_and_shows_a_preview(reported):
    fractions = [report[1] for report in reported[1]]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert any(len(report) > 2 and report[2] is not None for report in reported[1])


def test_the_head_is_a_head_in_metres(reported):
    head = read_head(reported[0])
    width, height, depth = np.ptp(head.vertices[head.regions["face"]], axis=0)
    assert 0.11 < width < 0.19 and 0.13 < height < 0.26 and 0.05 < depth < 0.2


def test_rendered_again_it_looks_like_the_photo(reported, photo):
    head = read_head(reported[0])
    original = np.asarray(Image.open(photo).convert("RGB")).astype(float)
    again = render_photo(head, 0).astype(float)
    face = head.posed_vertices(0)[head.regions["face"]]
    seen = face @ head.camera_from_world[0][:3, :3].T + head.camera_from_world[0][:3, 3]
    pixels = head.focal_px[0] * seen[:, :2] / seen[:, 2:] + head.principal_px[0]
    (left, top), (right, bottom) = (np.quantile(pixels, q, axis=0).astype(int) for q in (0.2, 0.8))
    difference = np.abs(again - original)[top:bottom, left:right].mean()
    assert difference < 25, f"mean difference on the face {difference:.1f} of 255"


def test_the_same_seed_gives_the_same_files(reported, photo, tmp_path):
    out = fit_head([photo], tmp_path / "again", SETTINGS, lambda *_: None)
    first, second = ({p.name: p.read_bytes() for p in folder.iterdir()} for folder in (reported[0], out))
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name] and name != TIMINGS_FILE] == []


def test_a_tone_in_doubt_is_said(reported, photo, tmp_path):
    def unsure(*arguments):
        return replace(pipeline.estimate_appearance(*arguments), tone_uncertainty=0.9)

    out = fit_head([photo], tmp_path / "head", SETTINGS, lambda *_: None, pipeline.Steps(estimate_appearance=unsure))
    doubts = [[note for note in read_head(head).fit["warnings"] if "How dark" in note] for head in (reported[0], out)]
    assert [len(doubt) for doubt in doubts] == [0, 1]
    assert 0 < read_head(reported[0]).fit["extra"][pipeline.TONE_UNCERTAINTY] < pipeline.TONE_IN_DOUBT


@pytest.mark.parametrize("stage", range(9))
def test_a_cancel_in_any_stage_leaves_nothing(photo, tmp_path, stage):
    calls = []

    def report(*_):
        calls.append(1)
        if len(calls) > stage:
            raise Cancelled

    with pytest.raises(Cancelled):
        fit_head([photo], tmp_path / "head", SETTINGS, report)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def short_joint_fit(monkeypatch):
    monkeypatch.setitem(settings._JOINT, "draft", SHORT)


@pytest.fixture(scope="module")
def generator_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "generator.safetensors"
    save_generator(generator_from_prior(config=GeneratorConfig(size=128)), path)
    return path


@pytest.fixture
def untrained(monkeypatch, generator_file):
    """A generator's file where the pipeline looks for it."""
    monkeypatch.setattr(pipeline, "GENERATOR_PATH", generator_file)
    monkeypatch.setattr(pipeline, "load_generator", lambda: load_generator(generator_file))


def test_the_fit_through_the_renderer_keeps_its_code(photo, tmp_path, short_joint_fit, untrained, monkeypatch):
    reports, shown, show = [], [], pipeline.Stages.show
    monkeypatch.setattr(
        pipeline.Stages, "show", lambda self, picture: (shown.append(reports[-1][0]), show(self, picture))
    )
    out = fit_head([photo], tmp_path / "head", SETTINGS, lambda *report: reports.append(report))
    head = read_head(out)
    assert np.isfinite(head.fit["extra"][CODE]).all()
    assert not any("generator" in note for note in head.fit["warnings"])
    fractions = [report[1] for report in reports]
    assert fractions == sorted(fractions)
    names = [report[0] for report in reports]
    assert names.count("Refining the shape") > SHORT.shape_steps
    assert names.count("Finding the person's skin") > 2 + SHORT.tuning_steps
    assert shown.count("Finding the person's skin") == 2, "before tuning and after"


def test_without_the_generators_file_the_prior_stays_and_says_so(photo, tmp_path, short_joint_fit, monkeypatch):
    monkeypatch.setattr(pipeline, "GENERATOR_PATH", tmp_path / "nothing")
    head = read_head(fit_head([photo], tmp_path / "head", SETTINGS, lambda *_: None))
    assert sum("generator is missing" in note for note in head.fit["warnings"]) == 1
    assert CODE not in head.fit["extra"]


def test_a_draft_has_a_code_too_and_names_its_generator(photo, tmp_path, untrained, monkeypatch, generator_file):
    monkeypatch.setattr(result, "GENERATOR_FILE", generator_file)
    head = read_head(fit_head([photo], tmp_path / "head", SETTINGS, lambda *_: None))
    generator = load_generator(generator_file)
    expected = generator.code_from_prior(np.array(head.fit["albedo"], np.float32))
    np.testing.assert_allclose(head.fit["extra"][CODE], expected, atol=1e-5)
    assert head.fit["versions"]["generator"] == file_digest(generator_file)


@pytest.mark.parametrize("name", ["Refining the shape", "Finding the person's skin"])
def test_a_cancel_within_the_fit_leaves_nothing(photo, tmp_path, short_joint_fit, untrained, name):
    calls = []

    def report(stage, *_):
        calls.append(stage)
        if calls.count(name) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        fit_head([photo], tmp_path / "head", SETTINGS, report)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_keeps_the_head_that_was_there(reported, photo, tmp_path):
    import shutil

    old = tmp_path / "head"
    shutil.copytree(reported[0], old)
    before = (old / "head.npz").read_bytes()
    blank = tmp_path / "blank.png"
    Image.new("RGB", (300, 300), (120, 120, 120)).save(blank)
    with pytest.raises(FitError, match=r"No face was found in blank\.png"):
        fit_head([blank], old, SETTINGS, lambda *_: None)
    assert (old / "head.npz").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["blank.png", "head"]


def test_no_photo_is_said_plainly(tmp_path):
    with pytest.raises(FitError, match="No photo was given"):
        fit_head([], tmp_path / "head", SETTINGS, lambda *_: None)


def test_pins_reach_the_fit(photo, tmp_path):
    seen = []

    def watching(model, views, settings):
        seen.extend(view.landmarks.pins for view in views)
        raise Cancelled

    with pytest.raises(Cancelled):
        steps = Steps(fit_geometry=watching)
        # The second copy of the photo is left out, and its empty pins with it.
        pins = [[(61, 200.0, 150.0)], []]
        fit_head([photo, photo], tmp_path / "head", SETTINGS, lambda *_: None, steps, faces=[0, 0], pins=pins)
    assert seen == [((61, 200.0, 150.0),)]
