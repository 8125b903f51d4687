"""Which pixels count as the person, bare skin, hair and frames, on photos of many kinds of people."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.photos.face_layout import FaceLayout
from core.photos.face_parts import BROW_HEIGHT, FACE_OVAL, LEFT_EYE, RIGHT_EYE
from core.photos.face_regions import Window, region
from core.photos.glasses import frame_mask, glasses_score
from core.photos.landmarks import Landmarks, detect_landmarks
from core.photos.photo import Photo, decode_srgb, load_photo
from core.photos.segmentation import (
    WINDOW_REACH,
    WINDOW_SIDE,
    guided_filter,
    hair_colour,
    hair_mask,
    person_mask,
    skin_mask,
)
from core.reflectance.skin_colour import SKIN_SPREAD, SkinColour, colour_features

FOREHEAD, RIGHT_CHEEK, LEFT_CHEEK, NOSE_TIP, CHIN, GLABELLA = 151, 205, 425, 4, 199, 9
RIGHT_BROW, UPPER_LIP, MOUTH = 105, 0, 13

pytestmark = pytest.mark.usefixtures("face_weights")


def photo_of(pixels: np.ndarray) -> Photo:
    pixels = np.ascontiguousarray(pixels)
    return Photo(Path("photo"), "0" * 64, decode_srgb(pixels), pixels, pixels.shape[1], pixels.shape[0])


def seen(photo: Photo) -> tuple[Landmarks, np.ndarray, np.ndarray]:
    landmarks = detect_landmarks(photo)
    person = person_mask(photo, landmarks.box)
    return landmarks, person, skin_mask(photo, landmarks, person)


def at(mask: np.ndarray, point: np.ndarray) -> float:
    return float(mask[int(point[1]), int(point[0])])


@pytest.fixture(scope="module")
def portrait(shared) -> Photo:
    return load_photo(shared / "photos" / "london" / "001_neutral.jpg")


@pytest.fixture(scope="module")
def portrait_seen(portrait):
    return seen(portrait)


def test_masks_are_shares_of_the_photos_own_pixels(portrait, portrait_seen):
    _, person, skin = portrait_seen
    for mask in (person, skin):
        assert mask.shape == (portrait.height, portrait.width) and mask.dtype == np.float32
        assert mask.min() >= 0.0 and mask.max() <= 1.0


def test_the_person_is_face_hair_and_clothes(portrait, portrait_seen):
    landmarks, person, _ = portrait_seen
    assert at(person, landmarks.points[NOSE_TIP]) > 0.95
    above = landmarks.points[10] - (0, 0.15 * landmarks.side)
    assert at(person, above) > 0.8, "hair"
    assert person[20, 20] < 0.05 and person[20, -20] < 0.05, "background"


def test_skin_is_the_bare_face_only(portrait, portrait_seen):
    landmarks, _, skin = portrait_seen
    points = landmarks.points
    for point in (FOREHEAD, RIGHT_CHEEK, LEFT_CHEEK, NOSE_TIP, CHIN, RIGHT_BROW, UPPER_LIP):
        assert at(skin, points[point]) > 0.9, point
    for iris in (468, 473):
        assert at(skin, points[iris]) < 0.05
    assert at(skin, points[10] - (0, 0.2 * landmarks.side)) < 0.1, "hair"
    assert skin[20, 20] == 0.0 and skin[-5, 300] < 0.05, "background and shirt"


def test_light_and_dark_skin_are_treated_alike(shared):
    """In studio light nearly all of the face's core is skin, whoever it is, and hardly anything far off."""
    with (shared / "photos" / "london_info.csv").open() as stream:
        people = list(csv.DictReader(stream))
    shares: dict[str, list[float]] = {}
    for ethnicity in sorted({person["face_eth"] for person in people}):
        for person in [one for one in people if one["face_eth"] == ethnicity][:2]:
            path = shared / "photos" / "london" / f"{person['face_id']}_neutral.jpg"
            if not path.is_file():
                continue
            photo = load_photo(path)
            landmarks, _, skin = seen(photo)
            core, far = core_and_far(photo, landmarks)
            shares.setdefault(ethnicity, []).append(float(skin[core].mean()))
            assert skin[far].mean() < 0.02, path.name
    assert len(shares) >= 3
    for ethnicity, values in shares.items():
        assert min(values) > 0.95, (ethnicity, values)


def core_and_far(photo: Photo, landmarks: Landmarks) -> tuple[np.ndarray, np.ndarray]:
    """The face without its rim, its upper forehead and its eyes; and all above and beside the head."""
    points = landmarks.points
    lower = np.array([point for point in points[list(FACE_OVAL)] if point[1] > points[GLABELLA][1]])
    centre = lower.mean(axis=0)
    core = np.zeros((photo.height, photo.width), np.uint8)
    cv2.fillPoly(core, [np.round(centre + 0.85 * (lower - centre)).astype(np.int32)], 1)
    for eye in (RIGHT_EYE, LEFT_EYE):
        cv2.fillPoly(core, [np.round(points[list(eye)]).astype(np.int32)], 0)
    core = cv2.erode(core, np.ones((9, 9), np.uint8))
    far = np.ones((photo.height, photo.width), bool)
    left, top, right, bottom = landmarks.box
    reach = 0.25 * landmarks.side
    far[int(max(0, top - reach)) :, int(max(0, left - reach)) : int(right + reach)] = False
    far[int(bottom) :] = False
    return core.astype(bool), far


def test_an_open_mouth_is_no_skin(shared):
    photo = next(
        photo
        for path in sorted((shared / "photos" / "london").glob("*_smiling.jpg"))
        if mouth_opening(detect_landmarks(photo := load_photo(path))) > 0.04
    )
    landmarks, _, skin = seen(photo)
    assert at(skin, landmarks.points[[13, 14]].mean(axis=0)) < 0.05


def mouth_opening(landmarks: Landmarks) -> float:
    return float(np.linalg.norm(landmarks.points[13] - landmarks.points[14])) / landmarks.side


def test_a_fringe_is_no_skin(portrait, portrait_seen):
    landmarks, person, skin = portrait_seen
    painted = portrait.srgb8.copy()
    left, top, right, _ = landmarks.box.astype(int)
    low = int(landmarks.points[GLABELLA][1] - 0.12 * landmarks.side)
    strands = np.random.default_rng(0).integers(-12, 12, (low - top + 200, right - left, 1))
    painted[top - 200 : low, left:right] = np.clip(np.array([45, 32, 25]) + strands, 0, 255)
    fringe = skin_mask(photo_of(painted), landmarks, person)
    forehead = (landmarks.points[FOREHEAD] + landmarks.points[10]) / 2
    assert at(skin, forehead) > 0.9 and at(fringe, forehead) < 0.1
    assert at(fringe, landmarks.points[NOSE_TIP]) > 0.9


def test_a_highlight_stays_skin(portrait, portrait_seen):
    landmarks, person, _ = portrait_seen
    shiny = portrait.srgb8.copy()
    x, y = (int(value) for value in landmarks.points[FOREHEAD])
    cv2.circle(shiny, (x, y), int(0.06 * landmarks.side), (255, 255, 255), -1)
    mask = skin_mask(photo_of(cv2.GaussianBlur(shiny, (0, 0), 2)), landmarks, person)
    assert at(mask, landmarks.points[FOREHEAD]) > 0.9


@pytest.mark.parametrize("tint", [(1.0, 0.75, 0.5), (0.7, 0.85, 1.0), (0.25, 0.25, 0.25)])
def test_the_colour_and_the_strength_of_the_light_do_not_matter(portrait, portrait_seen, tint):
    landmarks, person, skin = portrait_seen
    linear = portrait.linear * np.array(tint, np.float32)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    relit = skin_mask(photo_of(np.round(encoded * 255).astype(np.uint8)), landmarks, person)
    both, either = np.minimum(relit, skin).sum(), np.maximum(relit, skin).sum()
    assert both / either > 0.9


def test_masks_scale_with_the_photo(portrait, portrait_seen):
    _, _, skin = portrait_seen
    half = cv2.resize(portrait.srgb8, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    small = seen(photo_of(half))[2]
    expected = cv2.resize(skin, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    assert np.abs(small - expected).mean() < 0.01


def test_a_face_at_the_picture_edge_is_masked(portrait, portrait_seen):
    landmarks = portrait_seen[0]
    left, top, right, bottom = landmarks.box.astype(int)
    tight = photo_of(portrait.srgb8[top - 20 : bottom + 5, left - 10 : right + 10])
    found, _, skin = seen(tight)
    assert at(skin, found.points[NOSE_TIP]) > 0.9 and skin.mean() > 0.5


def test_frames_are_found_and_left_out(shared):
    photo = load_photo(shared / "photos" / "officials" / "luis-correa__0.jpg")
    landmarks, person, skin = seen(photo)
    frames = frame_mask(photo, landmarks.points)
    assert 0.0 < frames.mean() < 0.1
    assert (skin * frames).max() < 0.51
    without = skin_mask(photo, replace(landmarks, glasses=0.0), person)
    assert without.sum() > skin.sum()


def test_glasses_are_told_from_bare_faces(shared):
    folder = shared / "photos"
    wearing = [
        "officials/al-green__0.jpg",
        "officials/annie-kuster__0.jpg",
        "officials/gwen-moore__0.jpg",
        "officials/jamaal-bowman__0.jpg",
        "officials/raul-grijalva__0.jpg",
    ]
    bare = [f"london/{path.name}" for path in sorted((folder / "london").glob("*_neutral.jpg"))[::12]]
    for name in wearing + bare:
        photo = load_photo(folder / name)
        assert (glasses_score(photo, detect_landmarks(photo).points) > 0.5) == (name in wearing), name


def test_hair_lies_above_the_face(portrait, portrait_seen):
    landmarks, person, skin = portrait_seen
    hair = hair_mask(portrait, landmarks, person, skin)
    assert at(hair, landmarks.points[10] - (0, 0.2 * landmarks.side)) > 0.8
    assert at(hair, landmarks.points[NOSE_TIP]) == 0.0
    colour = hair_colour(portrait, hair)
    cheek = portrait.linear[int(landmarks.points[RIGHT_CHEEK][1]), int(landmarks.points[RIGHT_CHEEK][0])]
    assert colour is not None and colour.mean() < 0.5 * cheek.mean()


def test_no_hair_has_no_colour(portrait):
    assert hair_colour(portrait, np.zeros((portrait.height, portrait.width), np.float32)) is None


def test_a_window_keeps_places(portrait, portrait_seen):
    landmarks = portrait_seen[0]
    window = Window.around(landmarks.box, 2.0, 300)
    y, x = np.mgrid[: portrait.height, : portrait.width].astype(np.float32) + 0.5
    nose = landmarks.points[[NOSE_TIP]]
    u, v = window.points(nose)[0]
    inside = window.cut(np.stack([x, y], axis=-1))[int(v), int(u)]
    assert np.abs(inside - nose[0]).max() < 2.0 / window.scale
    face = FaceLayout.of(landmarks, window)
    pasted = window.paste(region(window, face.points, FACE_OVAL).astype(np.float32), 1350, 1350)
    assert at(pasted, nose[0]) == 1.0 and pasted[0, 0] == 0.0


def test_skin_colour_is_measured_where_the_light_changes():
    """A skin twice as bright and warmer at the right: the local colour follows, the distance stays small."""
    ramp = np.linspace(0.0, 1.0, 200)[None, :, None]
    linear = np.array([0.30, 0.18, 0.12]) * (1.0 + ramp) * (1.0 + 0.1 * ramp * np.array([1, 0, -1]))
    noise = np.random.default_rng(0).normal(1.0, 0.02, (200, 200, 3))
    encoded = 1.055 * (linear * noise) ** (1 / 2.4) - 0.055
    features = colour_features(np.round(np.clip(encoded, 0, 1) * 255).astype(np.uint8))
    everywhere = np.ones((200, 200), bool)
    colour = SkinColour.measured(features, everywhere, everywhere, 400.0)
    distance = colour.distance(features, np.zeros_like(everywhere), np.ones((200, 200)))
    assert np.median(distance) < 1.0
    assert np.all(colour.spread >= SKIN_SPREAD)
    assert colour.local[100, 190, 2] > colour.local[100, 10, 2] + 0.3


def test_the_guided_filter_keeps_the_guides_edges():
    guide = np.zeros((60, 60), np.float32)
    guide[:, 30:] = 1.0
    noisy = guide + np.random.default_rng(0).normal(0, 0.2, guide.shape).astype(np.float32)
    smooth = guided_filter(guide, noisy, 5, 1e-4)
    assert np.abs(smooth - guide).mean() < 0.03
    flat = np.full((20, 20), 0.7, np.float32)
    assert np.allclose(guided_filter(flat, flat, 3, 1e-3), 0.7, atol=1e-5)


def test_the_shade_below_a_fringe_is_no_forehead(portrait, portrait_seen):
    """A band across the forehead gets as dark as below a fringe: it is given up, and nothing else is."""
    landmarks, person, skin = portrait_seen
    window = Window.around(landmarks.box, WINDOW_REACH, WINDOW_SIDE)
    face = FaceLayout.of(landmarks, window)
    height, middle = face.above(BROW_HEIGHT), face.aside(BROW_HEIGHT) < 0.2
    hair, shade = (height > 0.15).astype(np.float32), np.clip((height - 0.08) / 0.07, 0.0, 1.0)
    darker, hidden = (window.paste(mask.astype(np.float32), portrait.width, portrait.height) for mask in (shade, hair))
    brown = np.array([40.0, 28.0, 20.0]) * hidden[..., None]
    shaded = portrait.srgb8 * ((1 - 0.4 * darker) * (1 - hidden))[..., None] + brown
    below = skin_mask(photo_of(shaded.astype(np.uint8)), landmarks, person)
    for name, low, high, least, most in (("shade", 0.125, 0.14, 0.0, 0.35), ("forehead", 0.04, 0.06, 0.85, 1.0)):
        place = window.paste((middle & (height > low) & (height < high)).astype(np.float32), *below.shape[::-1]) > 0.5
        assert np.median(skin[place]) > 0.9
        assert least <= np.median(below[place]) <= most, name
    cheeks = [at(below, landmarks.points[point]) for point in (RIGHT_CHEEK, LEFT_CHEEK, RIGHT_BROW, GLABELLA)]
    assert min(cheeks) > 0.9
