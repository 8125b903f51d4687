"""The head that follows the pins of its photos: which one it is, its shape under them, and moving it there.

What the pins have done is kept with the mesh, so undo, files and copies carry it.
"""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix

from ...core.camera import Camera
from ...core.errors import FitError
from ...core.fitting.fit import Fit
from ...core.fitting.geometry import fit_landmarks
from ...core.shape.morphable import load_model
from ..head import camera as cameras
from ..head import head_shape, mesh
from ..head.active_head import active_head, is_head
from ..reconstruct import framing
from . import look, pin_solver, upright
from .pin_solver import Evidence, PinSolver, Shape

STATE = "relit_pins"
"""Custom property of the mesh: what the pins have made of the head, for its folder."""
PREVIEW = "relit_preview"
"""Custom property of the mesh of a preview: its fit and its photos."""


@dataclass(frozen=True, eq=False)
class Built:
    """How a head was built: its fit, and path and pins of each of its photos."""

    fit: Fit
    photos: tuple[str, ...]
    pins: tuple[tuple, ...]


def built(head: bpy.types.Object) -> Built | None:
    """Return how a head, or a preview of one, was built; None where that is not known or of another shape model."""
    try:
        if PREVIEW in head.data:
            return _preview_record(head.data[PREVIEW])
        record = Path(bpy.path.abspath(head.relit.folder)) / "fit.json"
        return _record(str(record), record.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError):
        return None


@functools.lru_cache(maxsize=8)
def _record(path: str, changed: int) -> Built | None:
    told = json.loads(Path(path).read_text(encoding="utf-8"))
    if told["versions"]["shape_model"] != load_model().version:
        return None
    pins = tuple(tuple(map(tuple, photo.get("pins", ()))) for photo in told["photos"])
    return Built(Fit.from_dict(told), tuple(photo["path"] for photo in told["photos"]), pins)


@functools.lru_cache(maxsize=4)
def _preview_record(text: str) -> Built:
    told = json.loads(text)
    return Built(Fit.from_dict(told["fit"]), tuple(told["photos"]), ((),) * len(told["photos"]))


def head_of(context: bpy.types.Context, photo: bpy.types.PropertyGroup) -> tuple[bpy.types.Object, int] | None:
    """Return the head that was made from a photo, and the photo's number in it; the artist's choice comes first."""
    active = active_head(context)
    heads = [other for other in context.scene.objects if other != active and is_head(other)]
    heads += [other for other in context.scene.objects if other.type == "MESH" and PREVIEW in other.data]
    for head in ([active] if active else []) + heads:
        known = built(head)
        if known is not None and head_shape.IDENTITY in head.data:
            number = _number(known.photos, look.absolute(photo))
            if number is not None:
                return head, number
    return None


def _number(photos: tuple[str, ...], path: str) -> int | None:
    if path in photos:
        return photos.index(path)
    names = [os.path.basename(other) for other in photos]  # the photos may have been moved since
    name = os.path.basename(path)
    return names.index(name) if names.count(name) == 1 and not os.path.isfile(photos[names.index(name)]) else None


def shape_now(head: bpy.types.Object) -> Shape:
    """Return what the pins have made of a head."""
    known = built(head)
    text = head.data.get(STATE, "")
    try:
        told = json.loads(text)
        if told["folder"] == head.relit.folder:
            taken = tuple(Camera.from_dict(one) for one in told["cameras"])
            return Shape(np.array(told["change"], np.float32), np.array(told["expressions"]), taken)
    except (ValueError, KeyError, TypeError):
        pass
    return pin_solver.unpinned(known.fit)


def points_of(head: bpy.types.Object, photo: int, shape: Shape | None = None) -> np.ndarray:
    """Return where the landmarks of a head are seen in one of its photos [478, 2]."""
    now = shape_now(head)
    identity = head_shape.coefficients(head)
    if shape is not None:
        identity = identity + shape.change - now.change
    shape = shape or now
    return pin_solver.seen_points(load_model(), identity, shape.expressions[photo], shape.cameras[photo])


def solver_of(scene: bpy.types.Scene, head: bpy.types.Object) -> PinSolver:
    """Return the solver for a head.

    Raises:
        FitError: None of its photos is in the list and looked at.
    """
    known = built(head)
    evidence = [_evidence(scene, known, number) for number in range(len(known.photos))]
    if not any(evidence):
        raise FitError(f"Nobody has looked at the photos of {head.name} yet.", "Wait, or click Look at Photos Again.")
    texts = tuple(photo.findings for photo in scene.relit.photos)
    key = (head.name, head.relit.folder, texts)
    if _solvers.get("key") != key or _solvers.get("built") is not known:
        _solvers.update(key=key, built=known, solver=PinSolver(load_model(), known.fit, evidence))
    return _solvers["solver"]


_solvers: dict[str, object] = {}


def _evidence(scene: bpy.types.Scene, known: Built, number: int) -> Evidence | None:
    lens = known.fit.cameras[number]
    for photo in scene.relit.photos:
        found = look.findings(photo)
        if found is None or not len(found.points) or found.size != (lens.width, lens.height):
            continue
        if _number(known.photos, look.absolute(photo)) == number:
            return _seen(found, known.pins[number])
    return None


def _seen(found: look.Findings, pins: tuple = ()) -> Evidence:
    return Evidence(found.points, found.weights, found.expression_scores, found.size, found.focal_35mm, pins)


def pins_of(scene: bpy.types.Scene, head: bpy.types.Object) -> dict[int, list]:
    """Return the pins of the scene's photos by their numbers in a head."""
    known = built(head)
    numbered = ((_number(known.photos, look.absolute(photo)), photo) for photo in scene.relit.photos)
    return {number: list(look.pins_of(photo)) for number, photo in numbered if number is not None}


def build_preview(context: bpy.types.Context) -> bpy.types.Object:
    """Build a grey head with cameras from the landmarks of the photos in use, before any reconstruction.

    Raises:
        FitError: No photo shows a usable face.
    """
    scene = context.scene
    seen = [(photo, found) for photo in look.used(scene) if (found := look.findings(photo)) and len(found.points)]
    if not seen:
        raise FitError("No photo in use shows a face that was found.", "Wait, or click Look at Photos Again.")
    evidence = [_seen(found) for _, found in seen]
    fit = fit_landmarks(
        load_model(), evidence, [one.size for one in evidence], [one.focal_35mm for one in evidence]
    ).fit
    head = head_shape.build_shape_preview(context, fit)
    collection = bpy.data.collections.new(head.name)
    scene.collection.children.link(collection)
    scene.collection.objects.unlink(head)
    collection.objects.link(head)
    paths = [look.absolute(photo) for photo, _ in seen]
    head.data[PREVIEW] = json.dumps({"fit": fit.to_dict(), "photos": paths})
    shape = head_shape.shape_of(load_model(), fit)
    for number, (photo, found) in enumerate(seen):
        image = upright.image_of(look.absolute(photo), found.orientation)
        taken = cameras.build_camera(shape, number, f"{head.name} Photo {number + 1}", image)
        collection.objects.link(taken)
        if number == 0 and scene.camera is None:
            cameras.frame_like_photo(scene, taken, shape, 0)
    framing.show_first(head, scene)
    return head


def remove_previews(scene: bpy.types.Scene) -> None:
    """Take the previews and their cameras out of a file: their reconstruction has come."""
    for head in [other for other in scene.objects if other.type == "MESH" and PREVIEW in other.data]:
        for collection in head.users_collection:
            if collection != scene.collection:
                for gone in [other for other in collection.objects if other.type == "CAMERA"]:
                    bpy.data.cameras.remove(gone.data)
                bpy.data.collections.remove(collection)
        bpy.data.meshes.remove(head.data)


def move(head: bpy.types.Object, shape: Shape) -> None:
    """Move a head, the keys of its photos and their cameras to a shape, and remember it.

    Raises:
        FitError: The head cannot be changed now.
    """
    before = shape_now(head)
    change = shape.change - before.change
    head_shape.set_identity(head, head_shape.coefficients(head) + change)
    # What the pins have moved is no slider of the artist's: it is how the head is built now.
    head.data[head_shape.RECONSTRUCTED] = (head_shape.reconstructed(head) + change).tolist()
    for photo, strengths in enumerate(shape.expressions):
        if not np.array_equal(strengths, before.expressions[photo]):
            head_shape.set_photo_expression(head, photo, strengths)
        move_camera(head, photo, before.cameras[photo], shape.cameras[photo])
    head.data[STATE] = json.dumps(
        {
            "folder": head.relit.folder,
            "change": shape.change.tolist(),
            "expressions": np.asarray(shape.expressions).tolist(),
            "cameras": [one.to_dict() for one in shape.cameras],
        }
    )


def move_camera(head: bpy.types.Object, photo: int, before: Camera, after: Camera) -> None:
    """Move the camera of a photo as the pins say, from wherever the artist has put it."""
    taken = cameras.photo_camera(head, photo + 1)
    if taken is None or before is after:
        return
    step = np.linalg.inv(cameras.blender_pose(before.camera_from_world)) @ cameras.blender_pose(after.camera_from_world)
    taken.matrix_world = taken.matrix_world @ Matrix(step.tolist())
    taken.data.lens *= after.focal_px / before.focal_px


class LiveMesh:
    """A head that moves while the mouse does: only what is shown, so that it can be taken back exactly.

    Args:
        head: The head.
        photo: The photo whose expression changes.
    """

    def __init__(self, head: bpy.types.Object, photo: int) -> None:
        self._head, self._before = head, shape_now(head)
        keys = head.data.shape_keys.key_blocks
        self._own = keys.get(mesh.photo_key_name(photo))
        self._photo = photo
        shown = [key for key in keys if key == keys[0] or key == self._own or (key.value and not key.mute)]
        self._points = {key.name: _read(key) for key in shown}
        taken = cameras.photo_camera(head, photo + 1)
        self._camera = taken and (taken, taken.matrix_world.copy(), taken.data.lens)

    def show(self, shape: Shape) -> None:
        """Show a shape."""
        model = load_model()
        coarse = model.coarse_vertices(shape.change - self._before.change) - model.coarse_mean
        offset = mesh.to_blender(model.subdivide(coarse)).ravel()
        face = shape.expressions[self._photo] - self._before.expressions[self._photo]
        posed = mesh.to_blender(model.subdivide(model.coarse_vertices(expression=face) - model.coarse_mean)).ravel()
        keys = self._head.data.shape_keys.key_blocks
        for name, points in self._points.items():
            own = self._own is not None and name == self._own.name
            keys[name].points.foreach_set("co", points + offset + posed if own else points + offset)
        self._head.data.update()
        if self._camera:
            taken, pose, lens = self._camera
            taken.matrix_world, taken.data.lens = pose, lens
            move_camera(self._head, self._photo, self._before.cameras[self._photo], shape.cameras[self._photo])

    def restore(self) -> None:
        """Put everything back."""
        keys = self._head.data.shape_keys.key_blocks
        for name, points in self._points.items():
            keys[name].points.foreach_set("co", points)
        self._head.data.update()
        if self._camera:
            taken, pose, lens = self._camera
            taken.matrix_world, taken.data.lens = pose, lens


def _read(key: bpy.types.ShapeKey) -> np.ndarray:
    points = np.empty(3 * len(key.points), np.float32)
    key.points.foreach_get("co", points)
    return points
