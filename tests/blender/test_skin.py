"""Sliders of the skin: what they ask for, what the images show, and what undo, files and faults do to both."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

from core.reflectance.directions import LIMIT, LIMITS
from core.srgb import linear_from_srgb, srgb_from_linear

MAP_SIZE = 64  # of the head folder
NANOMETRES = 2e-7  # by which a head may miss where it was
NAMES = ("diffuse_albedo", "specular_albedo", "roughness", "normal")


class StandIn:
    """Answers like the worker: redness decides the colour, shine the specular map, everything else stays."""

    def __init__(self, part, as_png) -> None:
        self.protocol, self.problem = part("core.protocol"), None
        self.Problem = part("operators.jobs.run").Problem
        self.as_png = as_png
        self.asked: list = []
        self._waiting: list = []

    def ask(self, request, on_answer, on_problem=None) -> None:
        self.asked.append(request)
        self._waiting = [other for other in self._waiting if other[0].target != request.target]
        self._waiting.append((request, on_answer, on_problem))

    def answer(self) -> int:
        """Answer everything that waits; return how many."""
        waiting, self._waiting = self._waiting, []
        for request, on_answer, on_problem in waiting:
            if self.problem is not None:
                on_problem(self.problem)
            else:
                on_answer(self._edited(request))
        return len(waiting)

    def _edited(self, request):
        if request.out:
            shutil.copytree(request.head, request.out)
            return self.protocol.Finished("", request.out)
        digests = {}
        for name, pixels in expected(request.changes, request.size or MAP_SIZE, request.mirrored).items():
            digests[name] = hashlib.blake2b(pixels, digest_size=12).hexdigest()
            np.save(Path(request.maps) / f"{name}.npy", pixels)
            if not request.size:
                (Path(request.maps) / f"{name}.png").write_bytes(self.as_png(pixels))
        return self.protocol.Edited("", request.maps, digests)


def expected(changes: dict[str, float], size: int = MAP_SIZE, mirrored: bool = False) -> dict[str, np.ndarray]:
    colour = np.zeros((size, size, 3), np.uint8)
    colour[..., 0], colour[: size // 2, :, 1] = 100 + round(50 * changes.get("redness", 0.0)), 60
    colour[:, : size // 2, 2] = 40
    colour = np.ascontiguousarray(colour[:, ::-1]) if mirrored else colour
    grey = np.full((size, size), 20000, np.uint16)
    shine = (grey * 1.25 ** changes.get("shine", 0.0)).astype(np.uint16)
    normal = np.full((size, size, 3), (32768, 32768, 65535), np.uint16)
    return dict(zip(NAMES, (colour, shine, grey, normal)))


@pytest.fixture
def live(part):
    return part("operators.skin.skin_live")


@pytest.fixture
def state(part):
    return part("operators.skin.skin_state")


@pytest.fixture
def maps(part):
    return part("operators.skin.skin_maps")


@pytest.fixture
def worker(part, live, preferences, monkeypatch, as_png) -> StandIn:
    preferences.python = sys.executable
    stand_in = StandIn(part, as_png)
    for module in ("operators.skin.skin_live", "operators.skin.skin_edit"):
        monkeypatch.setattr(part(module), "session", stand_in)
    return stand_in


@pytest.fixture
def folder(head_folder: Path, tmp_path: Path, as_png) -> Path:
    """A head folder whose maps are what the stand-in takes for the base."""
    shutil.copytree(head_folder, tmp_path / "ada")
    for name, pixels in expected({}).items():
        (tmp_path / "ada" / f"{name}.png").write_bytes(as_png(pixels))
    set_fit(tmp_path / "ada", extra={"generator_code": [0.0]})
    return tmp_path / "ada"


def set_fit(folder: Path, **values: object) -> None:
    """Change what `fit.json` says, and its time."""
    path = folder / "fit.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
    os.utime(path, ns=(0, next(_times)))


_times = itertools.count(10**18, 10**9)


@pytest.fixture
def head(worker, folder: Path) -> bpy.types.Object:
    assert bpy.ops.relit.load_head(directory=str(folder)) == {"FINISHED"}
    bpy.ops.ed.undo_push(message="loaded")
    return bpy.data.objects["ada"]


def rest(live, worker) -> None:
    """What happens once the slider is let go of: the preview, then the full size."""
    worker.answer()
    live.ask_full_size()
    worker.answer()


def diffuse(maps, head) -> np.ndarray:
    return maps.read(maps.images_of(head)["diffuse_albedo"])[..., :3]


def shows(maps, head, **changes: float) -> bool:
    return np.array_equal(diffuse(maps, head), expected(changes)["diffuse_albedo"])


def test_a_move_shows_a_preview_and_then_the_full_size(head, worker, live, state, maps) -> None:
    own = maps.images_of(head)
    head.relit_skin.redness = 1.0
    (request,) = worker.asked
    assert (request.changes, request.size) == ({"redness": 1.0}, live.PREVIEW_SIZE)
    assert state.state(head) == (None, True)
    worker.answer()
    previews = {name: nodes[0].image for name, nodes in maps.nodes_of(head).items()}
    assert set(previews) == set(NAMES)
    assert all(previews[name] != own[name] == maps.real_image(previews[name]) for name in NAMES)
    assert previews["diffuse_albedo"].colorspace_settings.name == "sRGB"
    assert previews["normal"].colorspace_settings.name == "Non-Color"
    size = live.PREVIEW_SIZE
    assert np.array_equal(maps.read(previews["diffuse_albedo"])[..., :3], expected({"redness": 1.0}, size)[NAMES[0]])
    assert shows(maps, head), "the head's own map is not touched yet"
    live.ask_full_size()
    assert worker.asked[-1].size == 0
    worker.answer()
    assert shows(maps, head, redness=1.0)
    assert {name: nodes[0].image for name, nodes in maps.nodes_of(head).items()} == own
    assert state.state(head) == (None, False)
    live.ask_full_size()
    assert worker.answer() == 0, "nothing is left to do"


def test_only_the_newest_full_size_is_taken(head, worker, live, maps) -> None:
    head.relit_skin.redness = 1.0
    live.ask_full_size()
    head.relit_skin.redness = 0.5
    worker.answer()
    assert shows(maps, head)
    rest(live, worker)
    assert shows(maps, head, redness=0.5)


def test_maps_that_stay_are_not_written_again(head, worker, live, maps, monkeypatch) -> None:
    head.relit_skin.redness = 1.0
    rest(live, worker)
    written = []
    monkeypatch.setattr(maps, "put", lambda image, pixels: written.append(image.name))
    head.relit_skin.shine = 1.0
    live.ask_full_size()
    worker._waiting = [item for item in worker._waiting if not item[0].size]
    worker.answer()
    assert [name.split(".")[0] for name in written] == ["specular_albedo"]


def test_back_at_the_start_nothing_is_asked(head, worker, live, maps) -> None:
    head.relit_skin.redness = 1.0
    worker.answer()
    head.relit_skin.redness = 0.0
    asked = len(worker.asked)
    assert all(nodes[0].image == maps.real_image(nodes[0].image) for nodes in maps.nodes_of(head).values())
    rest(live, worker)
    assert len(worker.asked) == asked and shows(maps, head)


def test_undo_and_redo_are_exact(head, worker, live, maps) -> None:
    for value in (1.0, 2.0):
        head.relit_skin.redness = value
        bpy.ops.ed.undo_push(message="slider")
        rest(live, worker)
    for step, value in ((bpy.ops.ed.undo, 1.0), (bpy.ops.ed.undo, 0.0), (bpy.ops.ed.redo, 1.0), (bpy.ops.ed.redo, 2.0)):
        step()
        head = bpy.data.objects["ada"]
        assert head.relit_skin.redness == value
        rest(live, worker)
        assert shows(maps, head, **({"redness": value} if value else {}))
        assert all(nodes[0].image == maps.real_image(nodes[0].image) for nodes in maps.nodes_of(head).values())


def vertices(head) -> np.ndarray:
    values = np.empty(3 * len(head.data.vertices), np.float32)
    head.data.vertices.foreach_get("co", values)
    return values


def test_age_moves_shape_and_maps_together_and_undo_is_exact(head, worker, live, maps) -> None:
    shapes = [vertices(head)]
    for value in (1.0, 3.0):
        head.relit_skin.age = value
        assert worker.asked[-1].changes == {"age": value}
        rest(live, worker)
        bpy.ops.ed.undo_push(message="slider")
        shapes.append(vertices(head))
    assert np.abs(shapes[2] - shapes[0]).max() > 2.5 * np.abs(shapes[1] - shapes[0]).max() > 0.001
    steps = ((bpy.ops.ed.undo, 1), (bpy.ops.ed.undo, 0), (bpy.ops.ed.redo, 1), (bpy.ops.ed.redo, 2))
    for step, number in steps:
        step()
        head = bpy.data.objects["ada"]
        rest(live, worker)
        assert np.array_equal(vertices(head), shapes[number])
    bpy.ops.relit.skin_reset()
    assert np.abs(vertices(head) - shapes[0]).max() < NANOMETRES


def test_resetting_the_shape_keeps_the_age(head, worker) -> None:
    head.relit_skin.age = 2.0
    old = vertices(head)
    head.relit_shape.jaw_width += 1.0
    assert not np.array_equal(vertices(head), old)
    bpy.ops.relit.shape_reset()
    assert np.abs(vertices(head) - old).max() < NANOMETRES


def test_every_twin_and_another_reconstruction_have_the_age(
    head, worker, live, part, folder: Path, tmp_path: Path
) -> None:
    twin = head.copy()
    twin.data = head.data.copy()
    bpy.context.scene.collection.objects.link(twin)
    head.relit_skin.age = 2.0
    old = vertices(head)
    assert np.abs(vertices(twin) - old).max() < NANOMETRES
    bpy.data.objects.remove(twin)
    shutil.copytree(folder, tmp_path / "again")
    part("operators.reconstruct.replace_head").replace(head, tmp_path / "again", bpy.context.scene)
    assert np.abs(vertices(head) - old).max() < NANOMETRES


def test_an_aged_head_that_is_saved_starts_from_its_age(head, worker, live, tmp_path: Path) -> None:
    head.relit_skin.age = 2.0
    rest(live, worker)
    old = vertices(head)
    bpy.ops.relit.skin_save(directory=str(tmp_path), name="ada old")
    assert worker.asked[-1].changes == {"age": 2.0}
    worker.answer()
    assert head.relit_skin.age == 0.0 and np.abs(vertices(head) - old).max() < NANOMETRES
    head.relit_skin.age = -1.0
    head.relit_skin.age = 0.0
    assert np.abs(vertices(head) - old).max() < NANOMETRES


def test_a_mesh_that_cannot_move_says_so_and_its_skin_ages(head, worker, state, draw) -> None:
    bpy.context.view_layer.objects.active = head
    bpy.ops.object.mode_set(mode="EDIT")
    head.relit_skin.age = 1.0
    assert worker.asked[-1].changes == {"age": 1.0}
    assert "ada is in Edit Mode." in draw("RELIT_PT_skin").text
    bpy.ops.object.mode_set(mode="OBJECT")
    young = vertices(head)
    head.relit_skin.age = 1.1
    assert not np.array_equal(vertices(head), young) and state.state(head) == (None, True)


def test_undo_in_the_middle_of_a_preview_leaves_no_preview(head, worker, live, maps) -> None:
    head.relit_skin.redness = 1.0
    worker.answer()
    bpy.ops.ed.undo_push(message="slider")
    bpy.ops.ed.undo()
    head = bpy.data.objects["ada"]
    assert all(nodes[0].image == maps.real_image(nodes[0].image) for nodes in maps.nodes_of(head).values())
    bpy.ops.ed.redo()
    rest(live, worker)
    assert shows(maps, bpy.data.objects["ada"], redness=1.0)


def test_undo_of_loading_and_redo_start_afresh(worker, live, maps, folder: Path) -> None:
    bpy.ops.ed.undo_push(message="empty")
    bpy.ops.relit.load_head("EXEC_DEFAULT", True, directory=str(folder))
    bpy.data.objects["ada"].relit_skin.redness = 1.0
    bpy.ops.ed.undo_push(message="slider")
    rest(live, worker)
    for _ in range(2):
        bpy.ops.ed.undo()
    assert not bpy.data.objects
    for _ in range(2):
        bpy.ops.ed.redo()
    rest(live, worker)
    assert shows(maps, bpy.data.objects["ada"], redness=1.0)


def reopened(tmp_path: Path) -> bpy.types.Object:
    path = str(tmp_path / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    return bpy.data.objects["ada"]


def test_the_file_keeps_sliders_and_maps(head, worker, live, maps, tmp_path: Path) -> None:
    head.relit_skin.redness, head.relit_skin.shine = 1.0, -1.0
    rest(live, worker)
    before = {name: np.array(image.pixels[:]) for name, image in maps.images_of(head).items()}
    head, asked = reopened(tmp_path), len(worker.asked)
    assert head.relit_skin.redness == 1.0 and len(worker.asked) == asked, "the maps are those of the sliders"
    for name, image in maps.images_of(head).items():
        assert np.array_equal(np.array(image.pixels[:]), before[name]), name
        assert image.packed_file is not None and not image.is_dirty
    assert not [image.name for image in bpy.data.images if maps.STANDS_FOR in image]
    head.relit_skin.redness = 0.0
    rest(live, worker)
    assert worker.asked[-1].changes == {"shine": -1.0} and shows(maps, head)


def test_a_file_saved_before_the_full_size_came_catches_up(head, worker, live, maps, tmp_path: Path) -> None:
    head.relit_skin.redness = 1.0
    worker.answer()
    head = reopened(tmp_path)
    assert worker.asked[-1].changes == {"redness": 1.0}
    rest(live, worker)
    assert shows(maps, head, redness=1.0)


def test_a_file_saved_after_undo_holds_what_is_seen(head, worker, live, maps, tmp_path: Path) -> None:
    head.relit_skin.redness = 1.0
    bpy.ops.ed.undo_push(message="slider")  # here the file's packed map is still the old one
    rest(live, worker)
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="cube")
    bpy.ops.ed.undo()
    assert shows(maps, bpy.data.objects["ada"], redness=1.0)
    head = reopened(tmp_path)
    assert shows(maps, head, redness=1.0) and worker.answer() == 0


def test_undo_after_saving_shows_what_the_sliders_say(head, worker, live, maps, tmp_path: Path) -> None:
    head.relit_skin.redness = 1.0
    bpy.ops.ed.undo_push(message="slider")  # here the file's packed map is still the old one
    rest(live, worker)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="cube")
    bpy.ops.ed.undo()
    assert shows(maps, bpy.data.objects["ada"], redness=1.0)


def test_saving_leaves_no_image_that_blender_would_ask_about(head, worker, live, maps, tmp_path: Path) -> None:
    head.relit_skin.redness = 1.0
    rest(live, worker)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert not [image.name for image in maps.images_of(head).values() if image.is_dirty]
    assert shows(maps, head, redness=1.0)


def test_the_head_folder_stays_as_it_is(part, worker, live, maps, folder: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.context.scene.relit.pack_images = False
    bpy.ops.relit.load_head(directory=str(folder))
    head = bpy.data.objects["ada"]
    head.relit_skin.redness = 1.0
    rest(live, worker)
    image = maps.images_of(head)["diffuse_albedo"]
    image.save()
    image.reload()
    assert shows(maps, head, redness=1.0)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_two_heads_have_their_own_skin(head, worker, live, maps, folder: Path) -> None:
    bpy.ops.relit.load_head(directory=str(folder))
    other = next(item for item in bpy.data.objects if item.type == "MESH" and item != head)
    head.relit_skin.redness, other.relit_skin.redness = 1.0, 0.5
    rest(live, worker)
    assert shows(maps, head, redness=1.0) and shows(maps, other, redness=0.5)


def test_a_duplicate_shares_maps_and_sliders(head, worker, live, state, maps) -> None:
    twin = head.copy()
    bpy.context.scene.collection.objects.link(twin)
    head.relit_skin.redness = 1.0
    assert twin.relit_skin.redness == 1.0
    twin.relit_skin.redness = 0.5
    rest(live, worker)
    assert head.relit_skin.redness == 0.5 and shows(maps, head, redness=0.5) and state.state(twin) == (None, False)


def test_many_moves_leave_nothing_behind(head, worker, live, maps) -> None:
    def counts() -> tuple[int, ...]:
        return len(bpy.data.images), len(bpy.data.materials), sum(len(m.node_tree.nodes) for m in head.data.materials)

    head.relit_skin.redness = 0.1
    rest(live, worker)
    before = counts()
    for step in range(10):
        head.relit_skin.redness = 0.1 * step
        rest(live, worker)
        bpy.ops.ed.undo_push(message="slider")
    assert counts() == before
    assert {image.name for image in bpy.data.images if maps.STANDS_FOR in image} == {
        f".relit {image.session_uid}" for image in maps.images_of(head).values()
    }


def test_a_head_that_is_deleted_meanwhile_is_no_obstacle(head, worker, live) -> None:
    head.relit_skin.redness = 1.0
    live.ask_full_size()
    bpy.data.objects.remove(head)
    worker.answer()
    live.ask_full_size()
    assert worker.answer() == 0


def test_an_image_that_is_deleted_or_scaled_meanwhile_is_no_obstacle(head, worker, live, maps) -> None:
    images = maps.images_of(head)
    head.relit_skin.redness = 1.0
    images["diffuse_albedo"].scale(32, 32)
    bpy.data.images.remove(images["normal"])
    rest(live, worker)
    assert shows(maps, head, redness=1.0)


def test_without_its_folder_the_sliders_are_grey_and_say_why(head, worker, live, folder: Path, draw) -> None:
    assert live.why_not(head) == ""
    folder.rename(folder.with_name("moved"))
    head.relit_skin.redness = 1.0
    assert not worker.asked, "there is nothing to start from"
    assert "is gone" in live.why_not(head)
    seen = draw("RELIT_PT_skin")
    assert "is gone" in seen.text and "folder" in seen.properties
    with pytest.raises(RuntimeError, match="is gone"):
        bpy.ops.relit.skin_reset()
    head.relit.folder = str(folder.with_name("moved"))
    assert live.why_not(head) == ""


def test_without_a_worker_the_sliders_say_so(head, live, preferences, draw) -> None:
    preferences.python = ""
    assert "not installed" in live.why_not(head) and "not installed" in draw("RELIT_PT_skin").text


@pytest.fixture
def scatter(part):
    """What sets and reads how deep light goes in a head's skin."""
    look = part("operators.material.skin_look")

    def inputs(head: bpy.types.Object) -> list[float]:
        node = look.skin_material(head).node_tree.nodes["relit_skin"].inputs
        return [node["Subsurface Scale"].default_value, *node["Subsurface Radius"].default_value]

    return inputs


def test_scattering_follows_the_colour_when_the_slider_rests(head, worker, live, maps, scatter, part) -> None:
    before = scatter(head)
    head.relit_skin.redness = 2.0
    bpy.ops.ed.undo_push(message="slider")
    rest(live, worker)
    after = scatter(head)
    assert after != before and after[0] > 0
    part("operators.material.skin_look").update(head)
    assert np.allclose(scatter(head), after, rtol=1e-3), "what the click would say"
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="cube")
    bpy.ops.ed.undo()  # to a step from before the worker's answer, whose maps are shown already
    assert np.allclose(scatter(bpy.data.objects["ada"]), after, rtol=1e-3)
    bpy.ops.ed.undo()
    rest(live, worker)
    head = bpy.data.objects["ada"]
    assert np.allclose(scatter(head), before, rtol=1e-3)
    bpy.ops.ed.redo()
    rest(live, worker)
    assert np.allclose(scatter(bpy.data.objects["ada"]), after, rtol=1e-3)


def test_scattering_that_the_artist_has_set_stays(head, worker, live, scatter, part) -> None:
    node = part("operators.material.skin_look").skin_material(head).node_tree.nodes["relit_skin"]
    node.inputs["Subsurface Scale"].default_value = 0.02
    before = scatter(head)
    head.relit_skin.redness = 2.0
    rest(live, worker)
    assert scatter(head) == before
    assert bpy.ops.relit.update_skin() == {"FINISHED"} and scatter(head) != before
    head.relit_skin.redness = 0.0
    again = scatter(head)
    rest(live, worker)
    assert scatter(head) != again, "the click lets it follow again"


@pytest.mark.parametrize(
    ("fit", "words"),
    [
        ({"extra": {}}, "made without the reflectance generator"),
        ({"versions": {"generator": "another"}}, "another version of the reflectance generator"),
    ],
)
def test_a_head_without_a_code_says_so_before_the_first_move(
    head, worker, live, state, maps, folder: Path, draw, fit, words
) -> None:
    assert words not in draw("RELIT_PT_skin").text and live.why_not_colour(head) is None
    set_fit(folder, **fit)
    assert words in draw("RELIT_PT_skin").text and "Reconstruct the head again" in draw("RELIT_PT_skin").text
    assert not worker.asked
    bpy.ops.relit.skin_random(seed=3)
    assert set(state.choice(head)[0]) == {"age", "shine", "roughness"}, "what needs no code still works"
    assert bpy.ops.relit.skin_reset() == {"FINISHED"} and state.choice(head) == ({}, False)


def test_a_problem_is_told_in_the_panel_and_forgotten_with_the_next_move(head, worker, live, maps, draw) -> None:
    worker.problem = worker.Problem("The head ada is damaged.", "Reconstruct it again.")
    head.relit_skin.redness = 1.0
    worker.answer()
    assert "The head ada is damaged." in draw("RELIT_PT_skin").text
    live.ask_full_size()
    assert worker.answer() == 0, "it is not asked again by itself"
    worker.problem = None
    head.relit_skin.redness = 0.5
    rest(live, worker)
    assert shows(maps, head, redness=0.5) and "damaged" not in draw("RELIT_PT_skin").text


def test_the_panel_has_every_slider(head, live, state, draw) -> None:
    seen = draw("RELIT_PT_skin")
    assert set(seen.properties) == {*state.SLIDERS, "mirrored"}
    assert {"relit.skin_reset", "relit.skin_random", "relit.skin_copy", "relit.skin_paste"} <= set(seen.operators)


def test_reset_is_one_move_and_one_step(head, worker, live, state) -> None:
    for name in state.SLIDERS:
        setattr(head.relit_skin, name, 0.5)
    worker.answer()
    head.relit_skin.mirrored = True
    asked = len(worker.asked)
    assert bpy.ops.relit.skin_reset() == {"FINISHED"}
    assert state.choice(head) == ({}, False) and len(worker.asked) - asked <= 1


def test_random_is_plausible_and_repeatable(head, worker, part, live, state) -> None:
    looks = [part("operators.skin.skin_edit").random_look(seed) for seed in range(200)]
    values = {name: np.array([look[name] for look in looks]) for name in state.SLIDERS}
    assert all(np.abs(value).max() <= 2 for value in values.values())
    assert (values["freckles"] >= 0).all() and 0.3 < (values["freckles"] == 0).mean() < 0.7
    assert values["skin_tone"].std() > 0.7 and abs(values["skin_tone"].mean()) < 0.3
    bpy.ops.relit.skin_random(seed=7)
    first = state.choice(head)
    bpy.ops.relit.skin_random(seed=8)
    assert state.choice(head) != first
    bpy.ops.relit.skin_random(seed=7)
    assert state.choice(head) == first


def test_a_look_is_carried_to_another_head(head, worker, live, state, folder: Path) -> None:
    head.relit_skin.redness, head.relit_skin.mirrored = 1.0, True
    bpy.ops.relit.skin_copy()
    bpy.ops.relit.load_head(directory=str(folder))
    other = bpy.context.view_layer.objects.active
    assert other != head and bpy.ops.relit.skin_paste() == {"FINISHED"}
    assert state.choice(other) == ({"redness": 1.0}, True)


def test_a_new_folder_becomes_the_start_of_the_sliders(
    head, worker, live, state, maps, folder: Path, tmp_path: Path
) -> None:
    head.relit_skin.redness = 1.0
    rest(live, worker)
    assert bpy.ops.relit.skin_save(directory=str(tmp_path), name="ada red") == {"FINISHED"}
    assert worker.asked[-1].out == str(tmp_path / "ada red")
    worker.answer()
    assert head.relit.folder == str(tmp_path / "ada red") and state.choice(head) == ({}, False)
    assert shows(maps, head, redness=1.0), "what was seen stays"
    live.ask_full_size()
    assert worker.answer() == 0
    with pytest.raises(RuntimeError, match="exists already"):
        bpy.ops.relit.skin_save(directory=str(tmp_path), name="ada red")
    assert folder.is_dir()


def test_a_skin_that_moved_on_while_it_was_saved_keeps_its_sliders(head, worker, live, folder, tmp_path) -> None:
    head.relit_skin.redness = 1.0
    rest(live, worker)
    bpy.ops.relit.skin_save(directory=str(tmp_path), name="ada red")
    head.relit_skin.redness = 2.0
    worker.answer()
    assert head.relit.folder == str(folder) and head.relit_skin.redness == 2.0


def test_limits_are_those_of_the_worker(head, part) -> None:
    properties = head.relit_skin.bl_rna.properties
    for name in part("operators.skin.skin_state").SLIDERS:
        least, most = LIMITS.get(name, (-LIMIT, LIMIT))
        assert properties[name].hard_max == most and properties[name].hard_min in (0, least)
        assert properties[name].description
    assert properties["freckles"].hard_min == properties["wrinkles"].hard_min == 0


BLUE = (10, 20, 250)


@pytest.fixture
def paint(part):
    return part("operators.skin.paint_layer")


def stroke(maps, image: bpy.types.Image, top: int = 5, colour: tuple[int, int, int] = BLUE) -> None:
    """Paint a square as Texture Paint does: only the pixels change."""
    pixels = maps.read(image)
    pixels[top : top + 10, 20:30] = (*colour, 255)
    maps.put(image, pixels)


def painted(colour: np.ndarray, top: int = 5) -> np.ndarray:
    colour = colour.copy()
    colour[top : top + 10, 20:30] = BLUE
    return colour


def seen(maps, paint, head) -> np.ndarray:
    colour = paint.painted_over(head, linear_from_srgb(diffuse(maps, head) / 255))
    return np.round(srgb_from_linear(colour) * 255).astype(np.uint8)


def test_paint_on_the_map_is_kept_through_edits(head, worker, live, maps, paint) -> None:
    stroke(maps, maps.images_of(head)["diffuse_albedo"])
    for redness in (1.0, 2.0, 0.0):
        head.relit_skin.redness = redness
        rest(live, worker)
        below = expected({"redness": redness})["diffuse_albedo"]
        assert np.array_equal(diffuse(maps, head), below)
        assert np.array_equal(seen(maps, paint, head), painted(below))
    layer = maps.read(head.relit_paint.layer)
    assert (layer[5:15, 20:30, 3] == 255).all() and layer[..., 3].astype(bool).sum() == 100
    assert head.relit_paint.layer.name == "ada paint" and head.relit_paint.layer.packed_file is not None


def test_paint_is_lifted_once_more_where_the_layer_has_some(head, worker, live, maps, paint) -> None:
    for top, redness in ((5, 1.0), (30, 2.0)):
        stroke(maps, maps.images_of(head)["diffuse_albedo"], top)
        head.relit_skin.redness = redness
        rest(live, worker)
    below = expected({"redness": 2.0})["diffuse_albedo"]
    assert np.array_equal(seen(maps, paint, head), painted(painted(below), 30))


def test_undo_goes_back_to_the_stroke_and_forward_again(head, worker, live, maps, paint) -> None:
    image = maps.images_of(head)["diffuse_albedo"]
    stroke(maps, image)
    head.relit_skin.redness = 1.0
    bpy.ops.ed.undo_push(message="slider")
    rest(live, worker)
    bpy.ops.ed.undo()
    head = bpy.data.objects["ada"]
    rest(live, worker)
    base = expected({})["diffuse_albedo"]
    assert np.array_equal(diffuse(maps, head), painted(base)), "the stroke lies on the map, where Blender undoes it"
    maps.put(maps.images_of(head)["diffuse_albedo"], base)  # what undo of the stroke does
    rest(live, worker)
    assert np.array_equal(seen(maps, paint, head), base)
    stroke(maps, maps.images_of(head)["diffuse_albedo"])  # redo of the stroke
    bpy.ops.ed.redo()
    head = bpy.data.objects["ada"]
    rest(live, worker)
    below = expected({"redness": 1.0})["diffuse_albedo"]
    assert np.array_equal(diffuse(maps, head), below) and np.array_equal(seen(maps, paint, head), painted(below))


@pytest.mark.parametrize("edited_before", [False, True])
def test_paint_on_the_map_outlives_the_file(head, worker, live, maps, paint, tmp_path: Path, edited_before) -> None:
    if edited_before:
        head.relit_skin.redness = 1.0
        rest(live, worker)
    below = diffuse(maps, head)
    stroke(maps, maps.images_of(head)["diffuse_albedo"])
    head = reopened(tmp_path)
    assert np.array_equal(diffuse(maps, head), painted(below))
    head.relit_skin.redness = 0.5
    rest(live, worker)
    live.ask_full_size()
    worker.answer()
    below = expected({"redness": 0.5})["diffuse_albedo"]
    assert np.array_equal(diffuse(maps, head), below) and np.array_equal(seen(maps, paint, head), painted(below))


def test_the_layer_is_saved_also_after_undo(head, worker, live, maps, paint, tmp_path: Path) -> None:
    layer = paint.ensure_layer(head)
    bpy.ops.ed.undo_push(message="layer")
    stroke(maps, layer)
    paint.pack(layer)
    bpy.ops.ed.undo_push(message="stroke")
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="cube")
    bpy.ops.ed.undo()
    stroke(maps, bpy.data.images["ada paint"], 30)
    head = reopened(tmp_path)
    base = expected({})["diffuse_albedo"]
    assert np.array_equal(seen(maps, paint, head), painted(painted(base), 30))


def test_the_layer_lies_over_the_map_in_the_material(head, worker, maps, paint) -> None:
    (node,) = maps.nodes_of(head)["diffuse_albedo"]
    before = [link.to_socket.name for link in node.outputs["Color"].links]
    layer = paint.ensure_layer(head)
    nodes = node.id_data.nodes
    mix = nodes[paint.MIX]
    assert nodes[paint.PICTURE].image == layer and not maps.read(layer)[..., 3].any()
    assert [link.to_node for link in node.outputs["Color"].links] == [mix]
    assert [link.to_socket.name for socket in mix.outputs for link in socket.links] == before
    assert mix.inputs[0].links[0].from_socket == nodes[paint.PICTURE].outputs["Alpha"]
    count = len(nodes)
    assert paint.ensure_layer(head) == layer and len(nodes) == count
    stroke(maps, layer)
    head.relit_paint.visible = False
    assert not mix.inputs[0].is_linked and mix.inputs[0].default_value == 0
    assert np.array_equal(seen(maps, paint, head), diffuse(maps, head))
    head.relit_paint.visible = True
    assert mix.inputs[0].is_linked


def test_clearing_takes_the_layer_out_and_undo_brings_it_back(head, worker, maps, paint) -> None:
    (node,) = maps.nodes_of(head)["diffuse_albedo"]
    target, count = node.outputs["Color"].links[0].to_socket, len(node.id_data.nodes)
    assert not bpy.ops.relit.clear_paint.poll()
    layer = paint.ensure_layer(head)
    bpy.ops.ed.undo_push(message="layer")  # as the button does
    stroke(maps, layer)
    bpy.ops.ed.undo_push(message="painted")
    bpy.ops.relit.clear_paint("EXEC_DEFAULT", True)
    assert head.relit_paint.layer is None and len(node.id_data.nodes) == count
    assert node.outputs["Color"].links[0].to_socket == target
    bpy.ops.ed.undo()
    head = bpy.data.objects["ada"]
    assert np.array_equal(seen(maps, paint, head), painted(expected({})["diffuse_albedo"]))


def test_another_reconstruction_in_its_place_keeps_paint_and_sliders(
    head, worker, live, maps, paint, part, folder: Path, tmp_path: Path
) -> None:
    head.relit_skin.redness = 1.0
    rest(live, worker)
    stroke(maps, maps.images_of(head)["diffuse_albedo"])
    head.relit_skin.shine = 1.0
    worker.answer()  # the preview is shown when the new head comes
    bpy.ops.ed.undo_push(message="before")
    shutil.copytree(folder, tmp_path / "again")
    part("operators.reconstruct.replace_head").replace(head, tmp_path / "again", bpy.context.scene)
    bpy.ops.ed.undo_push(message="replaced")
    rest(live, worker)
    below = expected({"redness": 1.0})["diffuse_albedo"]
    assert head.relit.folder == str(tmp_path / "again") and worker.asked[-1].head == str(tmp_path / "again")
    assert np.array_equal(diffuse(maps, head), below) and np.array_equal(seen(maps, paint, head), painted(below))
    bpy.ops.ed.undo()
    head = bpy.data.objects["ada"]
    rest(live, worker)
    assert head.relit.folder == str(folder)
    assert np.array_equal(seen(maps, paint, head), painted(below))


def turned(colour: np.ndarray) -> np.ndarray:
    """A painted diffuse map with left and right exchanged."""
    return painted(colour)[:, ::-1]


def test_mirror_turns_the_paint_at_once_and_back(head, worker, live, maps, paint) -> None:
    stroke(maps, paint.ensure_layer(head))
    base = expected({})["diffuse_albedo"]
    head.relit_skin.mirrored = True
    now = maps.read(head.relit_paint.layer)[5:15, -30:-20, 3]
    assert now.all(), "before the worker has answered"
    rest(live, worker)
    assert np.array_equal(seen(maps, paint, head), turned(base))
    head.relit_skin.redness = 1.0
    rest(live, worker)
    head.relit_skin.mirrored = False
    rest(live, worker)
    assert np.array_equal(seen(maps, paint, head), painted(expected({"redness": 1.0})["diffuse_albedo"]))


def test_mirror_turns_what_was_painted_on_the_map_too(head, worker, live, maps, paint) -> None:
    stroke(maps, maps.images_of(head)["diffuse_albedo"])
    bpy.ops.ed.undo_push(message="painted")
    head.relit_skin.mirrored = True
    bpy.ops.ed.undo_push(message="mirrored")
    rest(live, worker)
    base = expected({})["diffuse_albedo"]
    assert np.array_equal(seen(maps, paint, head), turned(base))
    bpy.ops.ed.undo()
    head = bpy.data.objects["ada"]
    assert np.array_equal(seen(maps, paint, head), painted(base))
    rest(live, worker)
    assert np.array_equal(diffuse(maps, head), painted(base)), "where the stroke was, for Blender undoes it there"


def test_undo_and_redo_of_mirror_leave_the_paint_exact(head, worker, live, maps, paint) -> None:
    layer = paint.ensure_layer(head)
    bpy.ops.ed.undo_push(message="layer")
    empty = maps.read(layer)
    stroke(maps, layer)
    straight = maps.read(layer)
    bpy.ops.ed.undo_push(message="stroke")
    for mirrored in (True, False, True):
        head.relit_skin.mirrored = mirrored
        bpy.ops.ed.undo_push(message="mirror")
        rest(live, worker)
    other = straight[:, ::-1]
    states = [None, empty, straight, other, straight, other]  # before the layer, with it, with a stroke, mirrored ...
    here = len(states) - 1
    # Far enough back that Blender forgets the layer's pixels and reads the packed file.
    for number, step in enumerate((-1, -1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, 1, 1, -1, -1)):
        (bpy.ops.ed.redo if step > 0 else bpy.ops.ed.undo)()
        here += step
        if here + (step < 0) == 2:  # Texture Paint undoes and redoes its strokes by itself
            maps.put(bpy.data.images["ada paint"], states[here])
        if number % 2:  # else the next step comes before the worker's answer
            rest(live, worker)
        if here:
            assert np.array_equal(maps.read(bpy.data.images["ada paint"]), states[here]), (number, here)


def test_a_file_keeps_paint_on_its_side(head, worker, live, maps, paint, tmp_path: Path) -> None:
    stroke(maps, paint.ensure_layer(head))
    head.relit_skin.mirrored = True
    worker.answer()
    base = expected({})["diffuse_albedo"]
    for _ in range(2):
        head = reopened(tmp_path)
        rest(live, worker)
        assert np.array_equal(seen(maps, paint, head), turned(base))
    head.relit_skin.mirrored = False
    rest(live, worker)
    assert np.array_equal(seen(maps, paint, head), painted(base))


def test_heads_that_share_paint_turn_it_once(head, worker, live, maps, paint) -> None:
    stroke(maps, paint.ensure_layer(head))
    twin = head.copy()
    bpy.context.scene.collection.objects.link(twin)
    twin.relit_skin.mirrored = True
    rest(live, worker)
    assert np.array_equal(seen(maps, paint, head), turned(expected({})["diffuse_albedo"]))


def saved_as(worker, tmp_path: Path, name: str):
    assert bpy.ops.relit.skin_save(directory=str(tmp_path), name=name) == {"FINISHED"}
    return worker.asked[-1]


def test_a_new_folder_gets_the_paint(head, worker, live, maps, paint, part, tmp_path: Path) -> None:
    assert saved_as(worker, tmp_path, "bare").paint == ""
    worker.answer()
    stroke(maps, maps.images_of(head)["diffuse_albedo"])
    head.relit_skin.mirrored = True
    rest(live, worker)
    bpy.ops.ed.undo_push(message="mirrored")
    request = saved_as(worker, tmp_path, "painted")
    assert request.mirrored and request.paint_shows
    layer = maps.read_file(Path(request.paint), "STRAIGHT")
    assert (layer[5:15, -30:-20] == (*BLUE, 255)).all() and (layer[..., 3] > 0).sum() == 100
    worker.answer()
    base = expected({})["diffuse_albedo"]
    assert not head.relit_skin.mirrored and np.array_equal(seen(maps, paint, head), turned(base))
    head.relit_skin.redness = 1.0
    rest(live, worker)
    assert np.array_equal(maps.read(head.relit_paint.layer), layer)
    bpy.ops.ed.undo()  # behind saving, to the old folder's mirrored skin
    head = bpy.data.objects["ada"]
    assert head.relit_skin.mirrored and np.array_equal(head.relit_paint.layer.size, (MAP_SIZE, MAP_SIZE))
    assert np.array_equal(maps.read(head.relit_paint.layer), layer)


def test_paint_on_the_map_of_an_opened_file_is_saved_as_paint(head, worker, live, maps, tmp_path: Path) -> None:
    head.relit_skin.redness = 1.0
    rest(live, worker)
    stroke(maps, maps.images_of(head)["diffuse_albedo"])
    reopened(tmp_path)
    assert saved_as(worker, tmp_path, "painted").out == "", "first it is asked what the map is without paint"
    worker.answer()
    assert worker.asked[-1].out and worker.asked[-1].changes == {"redness": 1.0}
    layer = maps.read_file(Path(worker.asked[-1].paint), "STRAIGHT")
    assert (layer[..., 3] > 0).sum() == 100 and (layer[5:15, 20:30] == (*BLUE, 255)).all()


@pytest.fixture
def painted_folder(folder: Path, as_png) -> Path:
    layer = np.zeros((MAP_SIZE, MAP_SIZE, 4), np.uint8)
    layer[5:15, 20:30] = (*BLUE, 255)
    (folder / "paint.png").write_bytes(as_png(layer))
    (folder / "diffuse_albedo.png").rename(folder / "unpainted_albedo.png")
    (folder / "diffuse_albedo.png").write_bytes(as_png(painted(expected({})["diffuse_albedo"])))
    return folder


@pytest.mark.parametrize("pack", [True, False])
def test_a_folder_with_paint_shows_it_as_a_layer(painted_folder, worker, live, maps, paint, tmp_path, pack) -> None:
    bpy.context.scene.relit.pack_images = pack
    before = {path.name: path.read_bytes() for path in painted_folder.iterdir()}
    bpy.ops.relit.load_head(directory=str(painted_folder))
    head = bpy.data.objects["ada"]
    base = expected({})["diffuse_albedo"]
    assert np.array_equal(diffuse(maps, head), base) and np.array_equal(seen(maps, paint, head), painted(base))
    assert head.relit_paint.visible and len([image for image in bpy.data.images if not image.users]) == 0
    head.relit_skin.redness, head.relit_skin.mirrored = 1.0, True
    rest(live, worker)
    assert np.array_equal(seen(maps, paint, head), turned(expected({"redness": 1.0})["diffuse_albedo"]))
    head = reopened(tmp_path)
    assert np.array_equal(seen(maps, paint, head), turned(expected({"redness": 1.0})["diffuse_albedo"]))
    assert {path.name: path.read_bytes() for path in painted_folder.iterdir()} == before


def test_paint_that_the_folder_does_not_show_comes_switched_off(painted_folder, worker, maps, paint) -> None:
    (painted_folder / "unpainted_albedo.png").replace(painted_folder / "diffuse_albedo.png")
    bpy.ops.relit.load_head(directory=str(painted_folder))
    head = bpy.data.objects["ada"]
    assert not head.relit_paint.visible and np.array_equal(seen(maps, paint, head), diffuse(maps, head))
    head.relit_paint.visible = True
    assert np.array_equal(seen(maps, paint, head), painted(diffuse(maps, head)))


@pytest.mark.parametrize("own", [True, False])
def test_a_head_in_its_place_keeps_its_own_paint_or_takes_the_folders(
    folder, worker, live, maps, paint, part, tmp_path: Path, as_png, own
) -> None:
    shutil.copytree(folder, tmp_path / "again")
    layer = np.zeros((MAP_SIZE, MAP_SIZE, 4), np.uint8)
    layer[30:40, 20:30] = (*BLUE, 255)
    (tmp_path / "again" / "paint.png").write_bytes(as_png(layer))
    shutil.copyfile(folder / "diffuse_albedo.png", tmp_path / "again" / "unpainted_albedo.png")
    bpy.ops.relit.load_head(directory=str(folder))
    head = bpy.data.objects["ada"]
    if own:
        stroke(maps, paint.ensure_layer(head))
    head.relit_skin.mirrored = True
    rest(live, worker)
    part("operators.reconstruct.replace_head").replace(head, tmp_path / "again", bpy.context.scene)
    rest(live, worker)
    base = expected({})["diffuse_albedo"]
    assert np.array_equal(seen(maps, paint, head), painted(base, 5 if own else 30)[:, ::-1])
    assert len([image for image in bpy.data.images if image.name.startswith("a") and "paint" in image.name]) == 1


def test_painting_starts_on_the_layer_and_ends(head, worker, paint, draw) -> None:
    assert bpy.ops.relit.paint_skin() == {"FINISHED"}
    settings = bpy.context.scene.tool_settings.image_paint
    assert head.mode == "TEXTURE_PAINT" and (settings.mode, settings.canvas) == ("IMAGE", head.relit_paint.layer)
    assert "visible" in draw("RELIT_PT_paint").properties
    assert bpy.ops.relit.paint_skin() == {"FINISHED"} and head.mode == "OBJECT"


def test_painting_works_without_a_worker(head, preferences, live, maps, paint) -> None:
    preferences.python = ""
    assert bpy.ops.relit.paint_skin.poll() and paint.ensure_layer(head) is not None
