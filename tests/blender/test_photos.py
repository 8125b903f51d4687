"""The list of photos: what adds, moves, finds and removes them, and what it shows."""

from __future__ import annotations

import json
import os
from pathlib import Path

import bpy


def names() -> list[str]:
    return [photo.name for photo in bpy.context.scene.relit.photos]


def test_dropped_files_are_added_and_the_rest_is_named(photos, files, tmp_path) -> None:
    (tmp_path / "text.txt").write_text("no picture")
    dropped = [{"name": path.name} for path in (*files[:2], tmp_path / "text.txt", files[0], tmp_path / "gone.png")]
    assert bpy.ops.relit.add_photos("INVOKE_DEFAULT", directory=str(tmp_path), files=dropped) == {"FINISHED"}
    assert names() == ["one.png", "two.png"] and bpy.context.scene.relit.active_photo == 1
    assert all(photo.use and os.path.isabs(photo.path) for photo in photos)


def test_pictures_are_ours_only_where_the_tab_is_open(part) -> None:
    handler = bpy.types.RELIT_FH_photos
    assert handler.bl_import_operator == "relit.add_photos" and ".jpg" in handler.bl_file_extensions

    def context(kind: str, tab: str, shown: bool = True):
        from types import SimpleNamespace as Plain

        space = Plain(show_region_ui=shown)
        area = Plain(type=kind, spaces=Plain(active=space), regions=[Plain(type="UI", active_panel_category=tab)])
        return Plain(area=area)

    assert handler.poll_drop(context("VIEW_3D", "Relit"))
    assert not handler.poll_drop(context("VIEW_3D", "Item"))
    assert not handler.poll_drop(context("VIEW_3D", "Relit", shown=False))
    assert not handler.poll_drop(context("IMAGE_EDITOR", "Relit"))


def test_an_open_image_becomes_a_photo(photos, files) -> None:
    image = bpy.data.images.load(str(files[0]))
    assert bpy.ops.relit.add_image(image=image.name) == {"FINISHED"}
    assert names() == ["one.png"] and photos[0].path == str(files[0])


def test_a_packed_image_is_written_to_a_file_first(photos, files, preferences, tmp_path) -> None:
    preferences.heads = str(tmp_path / "heads")
    image = bpy.data.images.load(str(files[1]))
    image.pack()
    files[1].unlink()
    assert bpy.ops.relit.add_image(image=image.name) == {"FINISHED"}
    assert Path(photos[0].path) == tmp_path / "heads" / "photos" / "two.png"
    assert Path(photos[0].path).is_file() and image.filepath == str(files[1]), "the artist's image stays as it was"


def test_photos_move_and_go(photos, listed) -> None:
    settings = bpy.context.scene.relit
    bpy.ops.relit.move_photo(direction="TOP")
    assert names() == ["three.png", "one.png", "two.png"] and settings.active_photo == 0
    bpy.ops.relit.move_photo(direction="DOWN")
    assert names() == ["one.png", "three.png", "two.png"] and settings.active_photo == 1
    bpy.ops.relit.move_photo(direction="UP")
    assert bpy.ops.relit.move_photo(direction="UP") == {"CANCELLED"}
    bpy.ops.relit.remove_photo()
    assert names() == ["one.png", "two.png"] and settings.active_photo == 0
    bpy.ops.relit.clear_photos()
    assert names() == [] and not bpy.ops.relit.clear_photos.poll()
    assert all(path.is_file() for path in listed)


def test_missing_photos_are_found_together(photos, listed, tmp_path, draw) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    for path in listed[:2]:
        path.rename(moved / path.name)
    bpy.context.scene.relit.active_photo = 0
    seen = draw("RELIT_PT_photos")
    assert "one.png does not exist" in " ".join(seen.text.split()) and "relit.find_photo" in seen.operators
    assert bpy.ops.relit.find_photo(filepath=str(moved / "one.png")) == {"FINISHED"}
    assert [photo.path for photo in photos] == [str(moved / "one.png"), str(moved / "two.png"), str(listed[2])]


def test_a_photo_that_is_not_used_stays_in_the_list(part, photos, listed) -> None:
    photos[1].use = False
    assert [photo.name for photo in part("operators.photos.look").used(bpy.context.scene)] == ["one.png", "three.png"]
    for photo in photos:
        photo.use = False
    assert "tick at least one" in part("operators.reconstruct.fit").why_not(bpy.context)


def test_several_faces_can_be_chosen_from(part, photos, listed, see, draw) -> None:
    bpy.context.scene.relit.active_photo = 1
    see(photos[1], faces=[{"box": [0.0, 0.0, 3.0, 4.0]}, {"box": [4.0, 1.0, 3.0, 4.0]}], chosen=1)
    look = part("operators.photos.look")
    assert look.face_of(photos[1]) == 1
    seen = draw("RELIT_PT_photos")
    assert "2 faces" in seen.text and seen.operators.count("relit.choose_face") == 2
    pin = photos[1].pins.add()
    pin.landmark, pin.place = 1, (3, 3)
    bpy.ops.relit.choose_face(photo=1, face=1)
    assert look.face_of(photos[1]) == 0 and not photos[1].pins, "the pins were another person's"
    assert look.findings(photos[1]) is None, "what was seen was another face"
    assert photos[0].face == 0


def test_warnings_show_in_list_and_panel(part, photos, listed, see, draw) -> None:
    bpy.context.scene.relit.active_photo = 0
    see(photos[0], warnings=["The face is blurred."])
    assert "The face is blurred." in " ".join(draw("RELIT_PT_photos").text.split())
    see(photos[0], problem="No face was found in one.png.", landmarks=[], weights=[], faces=[], chosen=None)
    assert "No face was found in one.png." in " ".join(draw("RELIT_PT_photos").text.split())
    notes = part("panels.photos").notes_of(photos[0], False, part("operators.photos.look").findings(photos[0]))
    assert notes == ["No face was found in one.png."]


def test_the_choices_go_into_the_request(part, photos, listed, see, monkeypatch, preferences) -> None:
    import sys

    preferences.python = sys.executable
    see(photos[0], faces=[{"box": [0.0, 0.0, 3.0, 4.0]}] * 2, chosen=1)
    pin = photos[0].pins.add()
    pin.landmark, pin.place = 61, (3.5, 2.25)
    photos[1].use = False
    fit, sent = part("operators.reconstruct.fit"), []
    monkeypatch.setattr(fit, "Job", lambda name, command, log, request: sent.append(json.loads(request)))
    monkeypatch.setattr(fit.run, "start", lambda *_: None)
    monkeypatch.setattr(fit.polling, "watch", lambda: None)
    fit.start(bpy.context)
    assert sent[0]["photos"] == [str(listed[0]), str(listed[2])]
    assert sent[0]["faces"] == [1, None] and sent[0]["pins"] == [[[61, 3.5, 2.25]], []]
