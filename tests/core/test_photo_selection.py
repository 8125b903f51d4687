"""Which photos of a run are used: the odd one out, group pictures, copies, and files that cannot be read."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from core import weights
from core.errors import FitError
from core.photos import photo_selection
from core.photos.photo_selection import choose, clearness, see_photos
from core.photos.views import look_at
from core.pipeline import Steps, fit_head
from core.settings import FitSettings

STEP = 0.1


def person(number: int, photo: int = 0) -> np.ndarray:
    """A descriptor: people lie 0.9 apart, photos of one person a little."""
    found = np.zeros(128)
    found[number], found[64 + photo] = 0.9 / np.sqrt(2), STEP
    return found


@dataclass
class Faces:
    """Stands for reading and for the recogniser: what each file shows, faces from left to right, the largest first."""

    shown: dict[str, list[np.ndarray]]
    copies: dict[str, str] = field(default_factory=dict)
    side: dict[str, float] = field(default_factory=dict)

    def look_at(self, path: Path, face: int | None) -> SimpleNamespace:
        if path.name not in self.shown:
            raise FitError(f"No face was found in {path.name}.", "Choose a photo that shows the face.")
        photo = SimpleNamespace(path=path, sha256=self.copies.get(path.name, path.name))
        return SimpleNamespace(photo=photo, landmarks=self.landmarks(photo, face))

    def landmarks(self, photo: SimpleNamespace, face: int | None = None) -> SimpleNamespace:
        faces = self.shown[photo.path.name]
        if face is not None and face >= len(faces):
            raise FitError(f"Face {face} was asked for, but {photo.path.name} shows {len(faces)}.")
        points = np.full((478, 2), 100.0 * (face or 0))
        side = self.side.get(photo.path.name, 300.0)
        return SimpleNamespace(
            face=face or 0, points=points, box=points[:2], face_count=len(faces), side=side, yaw=0.0, confidence=1.0
        )

    def descriptor(self, photo: SimpleNamespace, landmarks: SimpleNamespace) -> np.ndarray:
        return self.shown[photo.path.name][landmarks.face]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch):
    """Run the selection over what `Faces` shows; returns the kept files, which face of each, and the notes."""

    def run(faces: Faces, *names: str, face: int | list | None = None):
        chosen = face if isinstance(face, list) else [face] * len(names)
        monkeypatch.setattr(photo_selection, "available", lambda _: True)
        monkeypatch.setattr(photo_selection, "descriptor", faces.descriptor)
        monkeypatch.setattr(photo_selection, "detect_landmarks", faces.landmarks)
        views, notes = see_photos([Path(name) for name in names], chosen, faces.look_at, lambda _: None)
        return [(view.photo.path.name, view.landmarks.face) for view in views], notes

    return run


def test_the_odd_one_out_is_named_and_left_out():
    chosen = choose(["a.jpg", "b.jpg", "c.jpg"], np.stack([person(0), person(1), person(0, 1)]), np.ones(3))
    assert chosen.kept == (0, 2)
    assert chosen.notes == ("Left out: b.jpg seems to show another person than the 2 photos that agree.",)


@pytest.mark.parametrize("clear, kept", [((0.9, 0.4), 0), ((0.4, 0.9), 1)])
def test_of_two_that_disagree_the_clearer_one_stays(clear, kept):
    chosen = choose(["a.jpg", "b.jpg"], np.stack([person(0), person(1)]), np.array(clear))
    assert chosen.kept == (kept,)
    other = "ab"[1 - kept]
    assert len(chosen.notes) == 1 and chosen.notes[0].startswith(f"Left out: {other}.jpg ")


def test_many_outweigh_a_clear_stranger():
    descriptors = np.stack([person(1), person(0), person(0, 1), person(0, 2), person(2)])
    chosen = choose(list("abcde"), descriptors, np.array([1.0, 0.2, 0.2, 0.2, 1.0]))
    assert chosen.kept == (1, 2, 3)
    assert len(chosen.notes) == 2


def test_a_doubtful_photo_is_used_and_named():
    near, far = np.zeros((2, 128))
    far[0] = 0.58
    chosen = choose(["a.jpg", "b.jpg"], np.stack([near, far]), np.ones(2))
    assert chosen.kept == (0, 1)
    assert all("may show another person" in note for note in chosen.notes)


def test_in_a_group_picture_the_person_of_the_others_is_taken(seen):
    faces = Faces({"a.jpg": [person(0)], "b.jpg": [person(0, 1)], "party.jpg": [person(3), person(0, 2), person(4)]})
    kept, notes = seen(faces, "a.jpg", "b.jpg", "party.jpg")
    assert kept == [("a.jpg", 0), ("b.jpg", 0), ("party.jpg", 1)]
    assert len(notes) == 1 and "party.jpg" in notes[0] and "number 1" in notes[0]


def test_a_group_picture_without_the_person_is_left_out(seen):
    faces = Faces({"a.jpg": [person(0)], "b.jpg": [person(0, 1)], "party.jpg": [person(3), person(4)]})
    kept, notes = seen(faces, "a.jpg", "b.jpg", "party.jpg")
    assert [name for name, _ in kept] == ["a.jpg", "b.jpg"]
    assert len(notes) == 1 and notes[0].startswith("Left out: party.jpg")


def test_a_chosen_face_counts_only_where_there_are_that_many(seen):
    faces = Faces({"a.jpg": [person(0)], "party.jpg": [person(3), person(0, 1)]})
    assert seen(faces, "a.jpg", "party.jpg", face=1)[0] == [("a.jpg", 0), ("party.jpg", 1)]
    with pytest.raises(FitError, match="Face 1 was asked for"):
        seen(faces, "a.jpg", face=1)


def test_each_photo_has_its_own_choice(seen):
    faces = Faces({"a.jpg": [person(0)], "b.jpg": [person(0, 1)], "party.jpg": [person(3), person(0, 2), person(0, 3)]})
    kept, notes = seen(faces, "a.jpg", "b.jpg", "party.jpg", face=[None, None, 2])
    assert kept == [("a.jpg", 0), ("b.jpg", 0), ("party.jpg", 2)] and notes == []


def test_the_same_picture_counts_once(seen):
    faces = Faces({"a.jpg": [person(0)], "copy.jpg": [person(0)]}, copies={"copy.jpg": "a.jpg"})
    kept, notes = seen(faces, "a.jpg", "copy.jpg")
    assert kept == [("a.jpg", 0)]
    assert notes == ["Left out: copy.jpg is the same picture as a.jpg."]


def test_without_the_recogniser_nobody_is_judged(monkeypatch):
    monkeypatch.setattr(photo_selection, "available", lambda _: False)
    faces = Faces({"a.jpg": [person(0)], "b.jpg": [person(1)]})
    views, notes = see_photos([Path("a.jpg"), Path("b.jpg")], [None] * 2, faces.look_at, lambda _: None)
    assert len(views) == 2 and notes == [photo_selection.UNCHECKED]
    assert see_photos([Path("a.jpg")], [None], faces.look_at, lambda _: None)[1] == []


def test_what_cannot_be_used_is_left_out_until_nothing_is_left(seen):
    faces = Faces({"a.jpg": [person(0)]})
    kept, notes = seen(faces, "wall.jpg", "a.jpg")
    assert kept == [("a.jpg", 0)]
    assert notes == ["Left out: No face was found in wall.jpg."]
    with pytest.raises(FitError, match=r"^No face was found in wall\.jpg\.$"):
        seen(faces, "wall.jpg")
    with pytest.raises(FitError, match=r"None of the 2 photos .* wall\.jpg; .* roof\.jpg\.$"):
        seen(faces, "wall.jpg", "roof.jpg")


def test_large_and_frontal_is_clear():
    def face(side: float, yaw: float) -> float:
        return clearness(SimpleNamespace(side=side, yaw=yaw, confidence=1.0))

    assert face(300, 0.0) > face(100, 0.0) and face(300, 0.0) > face(300, 0.8)


@pytest.mark.usefixtures("face_weights")
def test_a_run_goes_on_with_the_good_photo_and_says_what_it_left_out(tmp_path):
    skimage_data = pytest.importorskip("skimage.data", reason="the portrait comes with scikit-image")
    good, wall, torn, gone = (tmp_path / name for name in ("good.png", "wall.png", "torn.png", "gone.png"))
    Image.fromarray(skimage_data.astronaut()).save(good)
    Image.new("RGB", (300, 300), (120, 120, 120)).save(wall)
    torn.write_bytes(good.read_bytes()[:5000])
    settings = FitSettings(quality="draft", map_size=512, threads=1)
    grey = Steps(picture=lambda *_: np.full((512, 512, 3), 128, np.uint8))
    head = fit_head([wall, good, torn, gone], tmp_path / "head", settings, lambda *_: None, grey)
    record = json.loads((head / "fit.json").read_text())
    assert [Path(photo["path"]).name for photo in record["photos"]] == ["good.png"]
    left_out = [warning for warning in record["warnings"] if warning.startswith("Left out: ")]
    assert [name for warning in left_out for name in ("wall", "torn", "gone") if name in warning] == [
        "wall",
        "torn",
        "gone",
    ]


@pytest.mark.usefixtures("face_weights")
def test_real_people_are_told_apart(shared: Path):
    if not weights.available(weights.DLIB_RECOGNITION):
        pytest.skip("the optional recogniser is not installed")
    folder = shared / "photos"
    good = [folder / "lisa" / "lisa2.jpg", folder / "zoom" / "60cm.jpg"]
    views, notes = see_photos([good[0], folder / "canada" / "008f.jpg", good[1]], [None] * 3, look_at, lambda _: None)
    assert [view.photo.path for view in views] == good
    assert len(notes) == 1 and "008f.jpg" in notes[0]
