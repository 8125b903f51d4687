"""The head folder: what is written is read, and what is damaged is told."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import numpy as np
import pytest

from core import head as head_module
from core.errors import Cancelled, FitError
from core.head import abandon, new_head_folder, part_folder, read_head, write_head

FILES = {"diffuse_albedo.png": b"colour", "photo_0.png": b"photo", "preview.png": b"preview"}


def test_a_head_is_read_as_it_was_written(tmp_path: Path, head_arrays: dict) -> None:
    folder = write_head(tmp_path / "Zoë", head_arrays, {"seed": 3}, FILES)
    head = read_head(folder)
    for name in ("vertices", "quads", "uv", "mirror", "camera_from_world", "image_size"):
        np.testing.assert_array_equal(getattr(head, name), head_arrays[name])
        assert getattr(head, name).dtype == head_arrays[name].dtype
    np.testing.assert_array_equal(head.expression_basis, head_arrays["expression_basis"].astype(np.float32))
    np.testing.assert_array_equal(head.regions["lips"], head_arrays["regions"][1])
    assert head.part_names == ("skin", "eye_left") and head.expression_names == ("jawOpen", "cheekPuff")
    assert head.fit == {"seed": 3}
    assert head.maps == {"diffuse_albedo": folder / "diffuse_albedo.png"}
    assert [path.read_bytes() for path in head.photos] == [b"photo"]
    assert os.listdir(tmp_path) == ["Zoë"]


def test_posed_vertices_add_the_photos_expression(tmp_path: Path, head_arrays: dict) -> None:
    head = read_head(write_head(tmp_path / "head", head_arrays, {}, FILES))
    expected = head.vertices + 0.5 * head.expression_basis[0]
    np.testing.assert_allclose(head.posed_vertices(0), expected, atol=1e-6)
    np.testing.assert_array_equal(head.posed_vertices(None), head.vertices)


def test_replacing_a_head_keeps_the_artists_own_files(tmp_path: Path, head_arrays: dict) -> None:
    folder = write_head(tmp_path / "head", head_arrays, {}, {**FILES, "roughness.png": b"old"})
    (folder / "notes.txt").write_text("mine")
    write_head(folder, head_arrays, {"round": 2}, FILES)
    assert read_head(folder).fit == {"round": 2}
    assert (folder / "notes.txt").read_text() == "mine"
    assert not (folder / "roughness.png").exists()
    assert os.listdir(tmp_path) == ["head"]


@pytest.mark.parametrize("error", [Cancelled(), FitError("no"), RuntimeError("no")], ids=repr)
def test_an_error_on_the_way_leaves_the_old_head_and_nothing_else(tmp_path: Path, head_arrays: dict, error) -> None:
    folder = write_head(tmp_path / "head", head_arrays, {}, FILES)
    with pytest.raises(type(error)), new_head_folder(folder) as part:
        (part / "half").write_bytes(b"written")
        raise error
    assert read_head(folder).fit == {}
    assert os.listdir(tmp_path) == ["head"]


def test_something_that_is_no_head_is_never_replaced(tmp_path: Path, head_arrays: dict) -> None:
    folder = tmp_path / "holiday"
    folder.mkdir()
    (folder / "beach.jpg").write_bytes(b"sea")
    with pytest.raises(FitError, match="holiday exists and is not a head folder; nothing was written"):
        write_head(folder, head_arrays, {}, FILES)
    assert os.listdir(folder) == ["beach.jpg"]


def test_an_empty_folder_is_filled(tmp_path: Path, head_arrays: dict) -> None:
    (tmp_path / "head").mkdir()
    assert read_head(write_head(tmp_path / "head", head_arrays, {}, FILES)).fit == {}


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, head_arrays: dict, monkeypatch) -> None:
    def no_space(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(head_module.np, "savez_compressed", no_space)
    with pytest.raises(FitError, match="The disk is full: the head head was not written") as caught:
        write_head(tmp_path / "head", head_arrays, {}, FILES)
    assert caught.value.hint.startswith("Free some space")
    assert os.listdir(tmp_path) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, head_arrays: dict) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FitError, match="head could not be written") as caught:
        write_head(tmp_path / "file" / "head", head_arrays, {}, FILES)
    assert caught.value.hint.startswith("Choose a folder")


def test_an_error_that_has_nothing_to_do_with_the_folder_stays_itself(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), new_head_folder(tmp_path / "head"):
        (tmp_path / "photo.jpg").read_bytes()


def test_abandoned_folders_go_and_young_ones_stay(tmp_path: Path, head_arrays: dict) -> None:
    for name, age in ((".head.part-1", 2 * 24 * 3600), (".head.part-2", 60)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    write_head(tmp_path / "head", head_arrays, {}, FILES)
    assert sorted(os.listdir(tmp_path)) == [".head.part-2", "head"]


def test_abandon_removes_the_part_and_puts_the_old_head_back(tmp_path: Path, head_arrays: dict) -> None:
    folder = write_head(tmp_path / "head", head_arrays, {"round": 1}, FILES)
    part_folder(folder).mkdir()
    folder.rename(folder.with_name(f".head.old-{os.getpid()}"))
    abandon(folder)
    assert os.listdir(tmp_path) == ["head"]
    assert read_head(folder).fit == {"round": 1}


def test_arrays_that_do_not_fit_together_are_not_written(tmp_path: Path, head_arrays: dict) -> None:
    head_arrays["mirror"] = head_arrays["mirror"][:-1]
    with pytest.raises(ValueError, match=r"mirror has shape \[11\], where V must be 12"):
        write_head(tmp_path / "head", head_arrays, {}, FILES)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(FitError, match=r"There is no head folder at .*nowhere"):
        read_head(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["head.npz", "fit.json"])
def test_a_missing_file_is_named(tmp_path: Path, head_arrays: dict, name: str) -> None:
    folder = write_head(tmp_path / "head", head_arrays, {}, FILES)
    (folder / name).unlink()
    with pytest.raises(FitError, match=f"is not a head folder: {name} is missing"):
        read_head(folder)


def test_a_missing_colour_map_is_named(tmp_path: Path, head_arrays: dict) -> None:
    folder = write_head(tmp_path / "head", head_arrays, {}, {})
    with pytest.raises(FitError, match=r"is damaged: diffuse_albedo.png is missing"):
        read_head(folder)


def _cut_in_half(folder: Path) -> None:
    content = (folder / "head.npz").read_bytes()
    (folder / "head.npz").write_bytes(content[: len(content) // 2])


def _flip_bytes(folder: Path) -> None:
    content = bytearray((folder / "head.npz").read_bytes())
    content[100:140] = bytes(40)
    (folder / "head.npz").write_bytes(content)


def _no_array_file(folder: Path) -> None:
    (folder / "head.npz").write_bytes(b"hello")


def _no_json(folder: Path) -> None:
    (folder / "fit.json").write_text("{")


def _no_object(folder: Path) -> None:
    (folder / "fit.json").write_text("[]")


@pytest.mark.parametrize("damage", [_cut_in_half, _flip_bytes, _no_array_file, _no_json, _no_object])
def test_a_damaged_head_is_told_in_one_sentence(tmp_path: Path, head_arrays: dict, damage) -> None:
    folder = write_head(tmp_path / "head", head_arrays, {}, FILES)
    damage(folder)
    with pytest.raises(FitError, match="is damaged") as caught:
        read_head(folder)
    assert caught.value.hint == "Reconstruct the head again."


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("quads", np.full((7, 4), 12, np.int32), "quads points outside of the 12"),
        ("vertices", np.zeros((12, 2), np.float32), "vertices has shape"),
        ("vertices", np.full((12, 3), np.nan, np.float32), "not finite"),
        ("uv", np.zeros((7, 4, 2), np.int32), "uv is int32"),
    ],
)
def test_arrays_that_lie_are_told(tmp_path: Path, head_arrays: dict, name: str, value: np.ndarray, words: str) -> None:
    folder = write_head(tmp_path / "head", head_arrays, {}, FILES)
    np.savez(folder / "head.npz", **{**head_arrays, "format": np.int32(1), name: value})
    with pytest.raises(FitError, match=words):
        read_head(folder)


def test_a_newer_format_is_told(tmp_path: Path, head_arrays: dict) -> None:
    folder = write_head(tmp_path / "head", head_arrays, {}, FILES)
    np.savez(folder / "head.npz", format=np.int32(2), soul=np.zeros(3))
    with pytest.raises(FitError, match=r"newer Relit \(format 2; this one reads up to 1\)") as caught:
        read_head(folder)
    assert caught.value.hint.startswith("Update Relit")
