"""Heads on disk: fitted once, refusals remembered, mirrored photos exact; and the tasks of every part."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from benchmarks.photos.bench import lay_out
from benchmarks.photos.parts import PARTS, Bench, Limits
from benchmarks.photos.portraits import Portrait, choose, load_portraits
from benchmarks.photos.shelf import HeadShelf
from core.errors import FitError


@pytest.fixture
def portrait(tmp_path) -> Portrait:
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif.get_ifd(0x8769)[0xA405] = 50  # 35 mm equivalent focal length
    pixels = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, exif=exif)
    return Portrait("london/001_neutral", path, "london/001", "neutral")


def test_a_head_is_fitted_once_and_a_refusal_is_remembered(tmp_path, portrait, monkeypatch):
    calls = []

    def refuse(photos, *_):
        calls.append(photos)
        raise FitError("No face was found.", "Choose another photo.")

    monkeypatch.setattr("benchmarks.photos.shelf.fit_head", refuse)
    shelf = HeadShelf(tmp_path)
    for _ in range(2):
        with pytest.raises(FitError, match="No face was found"):
            shelf.head(portrait)
    assert calls == [[portrait.path]]

    monkeypatch.setattr("benchmarks.photos.shelf.fit_head", lambda photos, out, *_: out.mkdir(parents=True))
    monkeypatch.setattr("benchmarks.photos.shelf.read_head", lambda path: path)
    other = HeadShelf(tmp_path, "mean_head")
    assert other.head(portrait) == other.path(portrait) != shelf.path(portrait)
    monkeypatch.setattr("benchmarks.photos.shelf.fit_head", refuse)
    assert other.head(portrait) == other.path(portrait)


def test_a_sheet_shows_each_photo_by_each_method_and_says_what_was_refused(tmp_path, portrait, monkeypatch, capsys):
    here = "benchmarks.photos.bench."
    good, bad = portrait.path, portrait.path.with_name("bad.jpg")

    class Shelf:
        def __init__(self, method):
            self.method = method

        def head(self, wanted):
            if wanted.path == bad:
                raise FitError("No face was found.", "Choose another photo.")
            return wanted

    rows = []
    monkeypatch.setattr(here + "head_cells", lambda head, hdris: [np.zeros((4, 4, 3))])
    monkeypatch.setattr(here + "likeness.photo_descriptor", lambda path: np.zeros(2))
    found = {"photo": np.array([0.3, 0.4]), "turned": np.array([0.6, 0.0])}
    monkeypatch.setattr(here + "likeness.render_descriptors", lambda *_: found)
    monkeypatch.setattr(
        here + "write_sheet", lambda path, sheet, *_: rows.append((path.name, [r.label for r in sheet]))
    )
    lay_out([bad, *[good] * 6], [Shelf("relit"), Shelf("without_generator")], tmp_path, ())
    assert capsys.readouterr().out.count("bad.jpg: No face was found. Choose another photo.") == 2
    assert rows[0] == (
        "sheet_1.jpg",
        ["photo\nrelit\nphoto 0.50\nturned 0.60", "photo\nwithout generator\nphoto 0.50\nturned 0.60"],
    )
    assert [(name, len(labels)) for name, labels in rows[4:]] == [("sheet_1.jpg", 10), ("sheet_2.jpg", 2)]


def test_a_mirrored_photo_is_exact_and_keeps_the_lens(tmp_path, portrait):
    mirrored = HeadShelf(tmp_path).mirrored(portrait)
    assert mirrored.person == portrait.person and mirrored.name != portrait.name
    with Image.open(mirrored.path) as image, Image.open(portrait.path) as photo:
        assert image.size == (20, 30), "upright"
        assert image.getexif().get_ifd(0x8769)[0xA405] == 50
        # Orientation 6 asks for a transposition and a mirroring; mirrored again, the transposition is left.
        np.testing.assert_array_equal(np.asarray(image), np.asarray(photo).transpose(1, 0, 2))


def test_every_part_has_tasks_that_can_be_told_apart(tmp_path, shared):
    portraits = choose(load_portraits(shared / "photos"), 10, 2)
    limits = Limits(baseline_pairs=3, mirrored=2, strangers=7, rows=4)
    counts = {}
    for name, tasks_of in PARTS.items():
        tasks = tasks_of(Bench(tmp_path, limits=limits), portraits)
        assert len({(task.method, task.item) for task in tasks}) == len(tasks)
        assert all({"head", "folder", "group", "sitting"} <= set(task.about) for task in tasks)
        counts[name] = {method: sum(task.method == method for task in tasks) for method in {t.method for t in tasks}}
    assert counts["heads"] == {"heads": len(portraits)}
    assert counts["swap"]["swap mean_head"] == counts["swap"]["swap pasted_photo"] == 3 < counts["swap"]["swap relit"]
    assert (
        counts["agreement"]["strangers"] == 7 and counts["flip"] == {"mirrored": 2} and counts["sheet"] == {"sheet": 4}
    )
