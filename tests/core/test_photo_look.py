"""What is said of photos before a reconstruction: faces, landmarks, warnings; and silence about good photos."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from core import weights
from core.photos import photo_look
from core.photos.photo_look import look

pytestmark = pytest.mark.usefixtures("face_weights")


@pytest.fixture(scope="module")
def studio(shared: Path) -> Path:
    return shared / "photos" / "london" / "001_neutral.jpg"


@pytest.fixture(scope="module")
def pixels(studio: Path) -> np.ndarray:
    with Image.open(studio) as image:
        return np.asarray(image.convert("RGB"))


def saved(folder: Path, name: str, pixels: np.ndarray, **how: object) -> Path:
    Image.fromarray(pixels.astype(np.uint8)).save(folder / name, **how)
    return folder / name


def said(*photos: Path, faces: list[int | None] | None = None) -> list[dict]:
    return look(photos, faces or [None] * len(photos), lambda stage, fraction: None)


def test_a_good_photo_is_described_without_a_warning(studio: Path) -> None:
    (found,) = said(studio)
    assert (found["path"], found["size"], found["orientation"]) == (str(studio), [1350, 1350], 1)
    assert found["chosen"] == 0 and found["warnings"] == [] and found["problem"] is None
    left, top, width, height = found["faces"][0]["box"]
    points = np.array(found["landmarks"])
    assert points.shape == (478, 2) and len(found["weights"]) == 478 and len(found["expression_scores"]) == 52
    assert np.all(points >= [left - 0.1, top - 0.1]) and np.all(points <= [left + width + 0.1, top + height + 0.1])
    json.dumps(found)


@pytest.mark.parametrize("name", ["012_smiling", "038_neutral", "099_neutral"])
def test_light_and_dark_skin_in_studio_light_raise_no_alarm(shared: Path, name: str) -> None:
    assert said(shared / "photos" / "london" / f"{name}.jpg")[0]["warnings"] == []


def lit_from_one_side(pixels: np.ndarray) -> np.ndarray:
    across = np.linspace(-1, 1, pixels.shape[1])[None, :, None]
    return 255 * (pixels / 255) * np.exp2(-1.6 * np.clip(0.5 + 6 * across, 0, 1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda pixels: cv2.GaussianBlur(pixels, (0, 0), 5), "blurred"),
        (lambda pixels: cv2.resize(pixels, (400, 400), interpolation=cv2.INTER_AREA), "pixels tall"),
        (lambda pixels: np.clip(pixels * 2.0, 0, 255), "overexposed"),
        (lambda pixels: pixels * 0.15, "very dark"),
        (lit_from_one_side, "Harsh light: the person's left cheek"),
        (lambda pixels: np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2), "black and white"),
    ],
)
def test_each_fault_is_named(pixels: np.ndarray, tmp_path: Path, change, words: str) -> None:
    (found,) = said(saved(tmp_path, "fault.png", change(pixels)))
    assert len(found["warnings"]) == 1 and words in found["warnings"][0]
    assert found["problem"] is None and len(found["landmarks"]) == 478


def test_glasses_and_a_turned_head_are_named(shared: Path) -> None:
    (found,) = said(shared / "photos" / "officials" / "luis-correa__0.jpg")
    assert any("turned by" in words for words in found["warnings"])
    assert any("glasses" in words for words in found["warnings"])


def test_what_cannot_be_used_says_why(tmp_path: Path) -> None:
    wall = saved(tmp_path, "wall.png", np.full((300, 300, 3), 120))
    torn = tmp_path / "torn.png"
    torn.write_bytes(wall.read_bytes()[:40])
    gone, flat, broken = said(tmp_path / "gone.png", wall, torn)
    assert "no photo at" in gone["problem"] and "moved" in gone["problem"]
    assert "No face was found in wall.png." in flat["problem"] and flat["size"] == [300, 300]
    assert "torn.png" in broken["problem"]
    for found in (gone, flat, broken):
        assert found["chosen"] is None and found["landmarks"] == [] and found["faces"] == []


@pytest.fixture(scope="module")
def couple(pixels: np.ndarray, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with Image.open(shared / "photos" / "london" / "005_neutral.jpg") as image:
        other = np.asarray(image.convert("RGB").resize((900, 900)))
    both = np.full((900, 1600, 3), 200, np.uint8)
    both[:700, :700] = cv2.resize(pixels, (700, 700), interpolation=cv2.INTER_AREA)
    both[:, 700:] = other
    return saved(tmp_path_factory.mktemp("couple"), "couple.png", both)


def test_of_two_faces_the_largest_is_taken_and_another_can_be_chosen(couple: Path) -> None:
    (found,) = said(couple)
    assert len(found["faces"]) == 2 and found["chosen"] == 1
    assert "2 faces; face 2 from the left is used" in found["warnings"][0]
    (other,) = said(couple, faces=[0])
    assert other["chosen"] == 0 and not any("faces" in words for words in other["warnings"])
    assert np.array(other["landmarks"])[:, 0].max() < 700 < np.array(found["landmarks"])[:, 0].min()
    assert said(couple, faces=[7])[0]["chosen"] == 1, "a face that is not there"


def test_other_people_and_copies_are_named(couple: Path, studio: Path, shared: Path, tmp_path: Path) -> None:
    if not weights.available(weights.DLIB_RECOGNITION):
        pytest.skip("the optional recogniser is not installed")
    smiling = studio.with_name("001_smiling.jpg")
    stranger = shared / "photos" / "canada" / "008f.jpg"
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(studio.read_bytes())
    first, second, group, odd, same = said(studio, smiling, couple, stranger, copy)
    assert first["warnings"] == second["warnings"] == []
    assert group["chosen"] == 0, "the person of the other photos, not the largest face"
    assert "another person" in odd["warnings"][-1] and "008f.jpg" in odd["warnings"][-1]
    assert "same picture as 001_neutral.jpg" in same["warnings"][-1]


def test_a_file_is_read_once_and_again_when_it_changes(pixels: np.ndarray, tmp_path: Path, monkeypatch) -> None:
    path = saved(tmp_path, "changing.png", pixels)
    assert said(path)[0]["faces"]
    read, load = [], photo_look.load_photo
    monkeypatch.setattr(photo_look, "load_photo", lambda path: read.append(path) or load(path))
    assert said(path)[0]["faces"] and not read
    saved(tmp_path, "changing.png", np.full((300, 300, 3), 120))
    assert "No face" in said(path)[0]["problem"] and read == [path]


def test_a_turned_file_is_told_upright(pixels: np.ndarray, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[photo_look.ORIENTATION] = 6
    path = saved(tmp_path, "turned.jpg", np.rot90(pixels[:, 100:1250]), exif=exif, quality=95)
    (found,) = said(path)
    assert (found["orientation"], found["size"]) == (6, [1150, 1350])
    points = np.array(found["landmarks"])
    assert points[10, 1] < points[152, 1], "the forehead is above the chin"


def test_each_photo_is_reported_before_it_is_read(studio: Path, tmp_path: Path) -> None:
    told = []
    look([studio, tmp_path / "gone.png"], [None, None], lambda *stage: told.append(stage))
    assert told == [("Looking at photo 1 of 2", 0.0), ("Looking at photo 2 of 2", 0.5)]
