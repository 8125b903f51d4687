"""The figures on real people where the answer is known: shapes that differ by so much, pictures by a gain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.metrics.geometry import vertex_normals
from benchmarks.photos import agreement, texture_swap
from benchmarks.photos.posed_head import PosedHead, cut, face_vertices
from benchmarks.photos.report import head_tables, likeness_tables, swap_tables, write_report
from core.camera import FACING_CAMERA, rotation_from_vector
from core.head import Head
from core.shape.morphable import load_model, split_quads


@pytest.fixture(scope="module")
def head() -> Head:
    """The mean head, half a metre before a camera on its left."""
    model = load_model()
    pose = np.eye(4)
    pose[:3, :3] = FACING_CAMERA @ rotation_from_vector(np.array([0.0, -0.3, 0.0]))
    pose[2, 3] = 0.5
    return Head(
        folder=Path(),
        vertices=model.vertices(),
        quads=model.quads,
        quad_part=model.quad_part,
        part_names=model.part_names,
        uv=model.uv,
        expression_names=model.expression_names,
        expression_basis=np.zeros((len(model.expression_names), 1, 1)),
        photo_expression=np.zeros((1, len(model.expression_names)), np.float32),
        regions=model.regions,
        mirror=model.mirror,
        hm08_index=model.hm08_index,
        eye_centre=model.eye_centre,
        eye_radius=model.eye_radius,
        camera_from_world=pose[None],
        focal_px=np.array([300.0]),
        principal_px=np.array([[120.0, 100.0]]),
        image_size=np.array([[240, 200]]),
        fit={"identity": [], "lighting": [np.zeros((25, 3)).tolist()]},
    )


def test_a_moved_head_is_the_same_head(head):
    face = face_vertices(head)
    assert 2000 < face.sum() < len(face) / 2
    moved = head.vertices @ rotation_from_vector(np.array([0.1, 0.4, -0.2])).T + (0.1, 0.2, 0.3)
    assert agreement.vertex_distance(head.vertices, moved, face, head.quads) < 1e-3
    larger = 1.1 * moved
    assert agreement.vertex_distance(head.vertices, larger, face, head.quads) > 1.0
    assert agreement.vertex_distance(head.vertices, larger, face, head.quads, scaled=True) < 1e-3


def test_sliding_along_the_surface_is_no_distance_but_growing_is(head):
    face = face_vertices(head)
    normals = vertex_normals(head.vertices.astype(float), split_quads(head.quads))
    along = np.cross(normals, np.random.default_rng(0).normal(size=normals.shape))
    along *= 0.001 / np.linalg.norm(along, axis=1, keepdims=True).clip(1e-9)
    assert agreement.vertex_distance(head.vertices, head.vertices + along, face, head.quads) < 0.05
    side = np.sign(head.vertices[:, :1])  # the two halves of the face grow and shrink: no alignment hides that
    grown = head.vertices + 0.001 * side * normals
    assert agreement.vertex_distance(head.vertices, grown, face, head.quads) == pytest.approx(1.0, abs=0.5)


def test_the_mean_head_is_its_own_mirror_image(head):
    back = agreement.mirrored_vertices(head)
    assert agreement.vertex_distance(head.vertices, back, face_vertices(head), head.quads) < 0.02


def test_the_uv_layout_is_symmetric(head):
    """`map_difference` turns a map about u = 0.5."""
    skin = head.quad_part == head.part_names.index("skin")
    place = np.full((len(head.vertices), 2), np.nan)
    face = face_vertices(head)
    place[head.quads[skin]] = head.uv[skin]
    mirrored = place[head.mirror[face]] * (-1, 1) + (1, 0)
    assert np.nanmedian(np.abs(mirrored - place[face])) < 1e-3


def test_a_turned_camera_shows_the_side_that_was_hidden(head):
    posed = PosedHead(head)

    def eye_shares(camera):
        pixels = posed.landmarks(camera)
        right, left = np.linalg.norm(pixels[33] - pixels[133]), np.linalg.norm(pixels[263] - pixels[362])
        return left / (left + right)

    assert posed.less_seen_side() == (1 if eye_shares(posed.camera) < 0.5 else -1)
    shares = [eye_shares(posed.turned(posed.camera, angle)) for angle in (-30.0, 0.0, 30.0)]
    assert shares == sorted(shares)
    middle = [posed.turned(posed.camera, angle).project(posed.vertices)[0].mean(0) for angle in (-30.0, 30.0)]
    assert np.abs(middle[0] - middle[1]).max() < 30


def test_a_window_holds_the_face(head):
    posed = PosedHead(head)
    camera, (left, top, length) = posed.window(64, 1.2)
    seen = posed.face_pixels(camera)
    assert seen.shape == (64, 64) and 0.2 < seen.mean() < 0.8
    assert not seen[[0, -1]].any() and not seen[:, [0, -1]].any()
    whole = posed.camera.project(posed.vertices[:50])[0]
    np.testing.assert_allclose(camera.project(posed.vertices[:50])[0], (whole - (left, top)) * 64 / length, atol=1e-3)


def test_cut_repeats_the_border():
    image = np.arange(12.0).reshape(3, 4)
    assert cut(image, (-2, -1, 4), 4)[0].tolist() == [0, 0, 0, 1]


def test_gains_undo_what_they_should():
    rng = np.random.default_rng(2)
    photo = rng.uniform(0.2, 0.5, (64, 64, 3)).astype(np.float32)
    mask = np.zeros((64, 64), bool)
    mask[8:56, 8:56] = True
    same, _ = texture_swap.compare(photo, photo, mask)
    darker, _ = texture_swap.compare(photo * 0.6, photo, mask)
    redder, _ = texture_swap.compare(photo * np.float32([0.9, 0.6, 0.5]), photo, mask)
    assert same["psnr raw"] > 55 and same["ssim raw"] > 0.999
    assert darker["psnr raw"] < 25 < 55 < darker["psnr one gain"]
    assert redder["psnr one gain"] < 30 < 55 < redder["psnr gain per channel"]
    outside = photo.copy()
    outside[~mask] = 0
    assert texture_swap.compare(outside, photo, mask)[0]["ssim raw"] > 0.999
    assert set(texture_swap.compare(photo, photo, np.zeros_like(mask))[0]) == {"pixels"}


def _record(item: str, method: str, failure: str | None = None, crash: bool = False, **notes) -> dict:
    about = {"head": item.split("_")[0], "folder": "london", "group": "", "sitting": item.split("_")[0]}
    figures = notes.pop("figures", {})
    record = {"item": item, "method": method, "about": about, "figures": figures, "notes": notes}
    return record | {"failure": failure, "crash": crash, "seconds": 2.0}


def test_refusals_and_crashes_are_counted_apart(tmp_path):
    records = [
        _record("a", "heads", warnings=["dark"]),
        _record("b", "heads", failure="No face was found."),
        _record("c", "heads", failure="ValueError: 3", crash=True),
    ]
    tables = head_tables(records)
    assert tables["failures"][1][1:6] == ["3", "1", "1", "1", "66.7 %"]
    page = write_report(tmp_path, {"heads": records}, {"photos": 3})
    assert "b: No face was found." in page and "c: ValueError: 3" in page
    assert (tmp_path / "photos.md").read_text() == page and (tmp_path / "photos.json").is_file()


def test_likeness_counts_whose_photo_is_nearest():
    def one(item: str, own: float, drawn: float) -> dict:
        views = ("photo", "alone", "turned", "mean photo", "mean alone", "mean turned")
        figures = dict.fromkeys(views, abs(own - drawn))
        descriptors = {"own": [own]} | {view: [drawn] for view in views}
        return _record(item, "likeness", figures=figures, descriptors=descriptors)

    rows = likeness_tables([one("a_1", 0.0, 0.1), one("a_2", 0.2, 0.2), one("b_1", 1.0, 0.3)])["distances"]
    table = {row[0]: row[1:] for row in rows}
    assert table["head over photo"][2:] == ["67 %", "67 %"]
    assert table["photo of the same person"][:1] == ["1"] and table["photo of a stranger"][:1] == ["2"]


def test_swaps_are_told_by_method_and_source():
    records = [
        _record(f"{name}_1", "swap relit", figures={"psnr raw": value}) for name, value in (("a", 20), ("b", 30))
    ]
    rows = swap_tables(records)["swaps"]
    assert [row[0] for row in rows[1:]] == ["relit: all", "relit: london"]
    assert rows[1][2].startswith("25.0 [20.0")
