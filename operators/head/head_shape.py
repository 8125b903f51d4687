"""The shape of a head that is in the scene: whose face it is, moved in place.

A mesh keeps the coefficients of the shape model that it has now; copies, files and undo carry them. To change them,
the basis and every shape key move by the same offset: expressions, the artist's own keys and what was sculpted stay.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import bpy
import numpy as np

from ...core.errors import FitError
from ...core.fitting.fit import Fit
from ...core.head import Head
from ...core.shape.morphable import MorphableModel, load_model
from ...core.shape.shape_age import aged
from . import mesh, rig_build

IDENTITY = "relit_identity"
"""Custom property of the mesh: identity coefficients [K] that it has now, standard deviations."""
RECONSTRUCTED = "relit_identity_reconstructed"
"""Custom property of the mesh: the coefficients that it was built with."""
AGE = "relit_age"
"""Custom property of the mesh: decades by which its shape is older than its coefficients (`core.shape_age`). They are
kept apart, so that the sliders of the shape and *Reset* know nothing of age, and back at 0 nothing is left of it."""
EXPRESSIONS = "relit_expressions"
"""Custom property of the mesh: by the name of a photo's key, its strengths by expression, those above 0."""
STEP = 2.0**-25
"""Metres. Offsets are multiples of it, so float32 adds and takes them off exactly (up to half a metre from the
origin), and a head that goes back and forth a thousand times is where it was."""
GREY = (0.35, 0.35, 0.35, 1.0)


def remember(head_object: bpy.types.Object, head: Head) -> None:
    """Keep with a mesh its expressions in the photos, and its coefficients if they are of this shape model."""
    head_object.data[EXPRESSIONS] = {
        mesh.photo_key_name(photo): _strengths(head.expression_names, strengths)
        for photo, strengths in enumerate(head.photo_expression)
    }
    identity = head.fit.get("identity")
    version = head.fit.get("versions", {}).get("shape_model")
    model = load_model()
    if identity and version == model.version and len(head.vertices) == len(model.mean):
        _store(head_object, IDENTITY, identity)
        _store(head_object, RECONSTRUCTED, identity)


def coefficients(head_object: bpy.types.Object) -> np.ndarray:
    """Return the identity [K] that the head has now at its own age, float32, in standard deviations.

    Raises:
        FitError: The mesh has none.
    """
    return _stored(head_object, IDENTITY)


def reconstructed(head_object: bpy.types.Object) -> np.ndarray:
    """Return the identity [K] that the head was built with; raises as `coefficients`."""
    return _stored(head_object, RECONSTRUCTED)


def shown(head_object: bpy.types.Object) -> np.ndarray:
    """Return the identity [K] of the mesh as it is, at the age that it is shown at; raises as `coefficients`."""
    return aged(coefficients(head_object), head_object.data.get(AGE, 0.0))


def photo_expressions(head_object: bpy.types.Object) -> dict[str, dict[str, float]]:
    """Return the strengths of the expressions in each photo, by the name of the photo's key."""
    known = head_object.data.get(EXPRESSIONS)
    return {} if known is None else known.to_dict()


def problem(head_object: bpy.types.Object) -> FitError | None:
    """Return why the shape of an object cannot be changed now, or None."""
    data = head_object.data
    if head_object.type != "MESH" or IDENTITY not in data:
        return FitError(f"{head_object.name} has no shape of this shape model.", "Load or reconstruct the head again.")
    if not data.is_editable:
        return FitError(f"{head_object.name} belongs to another file.", "Make it local first (Object > Relations).")
    if data.is_editmode or head_object.mode in {"EDIT", "SCULPT"}:
        mode = "Sculpt" if head_object.mode == "SCULPT" else "Edit"
        return FitError(f"{head_object.name} is in {mode} Mode.", "Switch to Object Mode first.")
    if len(data.vertices) != len(load_model().mean):
        return FitError(f"Vertices of {head_object.name} were added or removed.", "Load or reconstruct the head again.")
    return None


def set_identity(head_object: bpy.types.Object, identity: Sequence[float]) -> None:
    """Move a head to other identity coefficients; its own details, keys and expressions stay.

    Args:
        head_object: A head, or what `build_shape_preview` made; not in Edit or Sculpt Mode.
        identity: The first coefficients, standard deviations; the rest become zero.

    Raises:
        FitError: The head cannot be changed now, or a coefficient is not finite.
    """
    trouble = problem(head_object)
    if trouble:
        raise trouble
    model, wanted = load_model(), np.asarray(identity, np.float32)
    if not np.isfinite(wanted).all() or len(wanted) > len(model.coarse_identity):
        raise FitError(f"The new shape of {head_object.name} is not usable.", "Reset the shape.")
    wanted = np.pad(wanted, (0, len(model.coarse_identity) - len(wanted)))
    before = shown(head_object)
    _store(head_object, IDENTITY, wanted)
    _show(head_object, before)


def set_age(head_object: bpy.types.Object, decades: float) -> None:
    """Show a head at another age than its own.

    Args:
        head_object: As for `set_identity`.
        decades: Older, or younger below zero; counted from its own age, not from what it shows now.

    Raises:
        FitError: The head cannot be changed now.
    """
    if decades == head_object.data.get(AGE, 0.0):
        return
    trouble = problem(head_object)
    if trouble:
        raise trouble
    before = shown(head_object)
    head_object.data[AGE] = decades
    _show(head_object, before)


def keep_age(head_object: bpy.types.Object) -> None:
    """Make the age that a head is shown at its own; nothing moves."""
    decades = head_object.data.get(AGE, 0.0)
    if not decades:
        return
    for name in (IDENTITY, RECONSTRUCTED):
        _store(head_object, name, aged(_stored(head_object, name), decades))
    head_object.data[AGE] = 0.0


def set_photo_expression(head_object: bpy.types.Object, photo: int, strengths: Sequence[float]) -> None:
    """Give the key of a photo other strengths of the model's expressions.

    Args:
        head_object: As for `set_identity`.
        photo: Number of the photo, from 0.
        strengths: [E] one for each of the model's expressions.

    Raises:
        FitError: The head cannot be changed now.
    """
    trouble = problem(head_object)
    if trouble:
        raise trouble
    model, name = load_model(), mesh.photo_key_name(photo)
    posed = model.coarse_vertices(expression=strengths) - model.coarse_mean
    points = mesh.read_points(_basis(head_object.data)).ravel() + mesh.to_blender(model.subdivide(posed)).ravel()
    keys = head_object.data.shape_keys
    if keys is None or name not in keys.key_blocks:
        if keys is None:
            head_object.shape_key_add(name="Basis", from_mix=False)
        head_object.shape_key_add(name=name, from_mix=False).value = 0.0
    head_object.data.shape_keys.key_blocks[name].points.foreach_set("co", points)
    known = photo_expressions(head_object)
    head_object.data[EXPRESSIONS] = {**known, name: _strengths(model.expression_names, strengths)}
    head_object.data.update()


def build_shape_preview(context: bpy.types.Context, fit: Fit, name: str = "Relit Preview") -> bpy.types.Object:
    """Add a grey head to the scene that shows a fit of the shape alone, and return it.

    It has the 52 expressions and a key for each photo, the first one switched on, and follows `set_identity` and
    `set_photo_expression`; it has no head folder, so it is no head of ours yet.
    """
    grey = bpy.data.materials.new(name)
    grey.diffuse_color = GREY
    head = shape_of(load_model(), fit)
    preview = mesh.build_mesh(head, name, dict.fromkeys(map(mesh.kind_of, head.part_names), grey))
    remember(preview, head)
    context.scene.collection.objects.link(preview)
    return preview


def shape_of(model: MorphableModel, fit: Fit) -> Head:
    """Return a head that has a shape and cameras, but no folder and no maps."""
    vertices = model.vertices(fit.identity)
    eye_centre, eye_radius = model.eyeballs(vertices)
    return Head(
        folder=Path(),
        vertices=vertices,
        quads=model.quads,
        quad_part=model.quad_part,
        part_names=model.part_names,
        uv=model.uv,
        expression_names=model.expression_names,
        expression_basis=model.expression_basis,
        photo_expression=np.asarray(fit.expressions, np.float32),
        regions=model.regions,
        mirror=model.mirror,
        hm08_index=model.hm08_index,
        eye_centre=eye_centre,
        eye_radius=eye_radius,
        camera_from_world=np.stack([camera.camera_from_world for camera in fit.cameras]).astype(np.float32),
        focal_px=np.array([camera.focal_px for camera in fit.cameras], np.float32),
        principal_px=np.stack([camera.principal_px for camera in fit.cameras]).astype(np.float32),
        image_size=np.array([(camera.width, camera.height) for camera in fit.cameras], np.int32),
        fit={"identity": fit.identity.tolist(), "versions": {"shape_model": model.version}},
    )


@functools.lru_cache(maxsize=4)
def _offset(identity: bytes) -> np.ndarray:
    """How far each vertex is from the mean, [3 V] float32 in Blender's axes, in whole steps."""
    model = load_model()
    coarse = model.coarse_vertices(np.frombuffer(identity, np.float32)) - model.coarse_mean
    offset = np.round(mesh.to_blender(model.subdivide(coarse)).ravel() / np.float32(STEP)) * np.float32(STEP)
    offset.setflags(write=False)
    return offset


def _move(data: bpy.types.Mesh, offset: np.ndarray) -> None:
    keys = data.shape_keys.key_blocks if data.shape_keys else ()
    for points in (data.vertices, *(key.points for key in keys)):
        points.foreach_set("co", mesh.read_points(points).ravel() + offset)
    data.update()


def _show(head_object: bpy.types.Object, before: np.ndarray) -> None:
    """Move the mesh from the coefficients [K] that it showed to those that it has now."""
    _move(head_object.data, _offset(shown(head_object).tobytes()) - _offset(before.tobytes()))
    mesh.close_lids(head_object.data)
    rig_build.follow_shape(head_object)


def _basis(data: bpy.types.Mesh) -> bpy.types.bpy_prop_collection:
    return data.shape_keys.reference_key.points if data.shape_keys else data.vertices


def _strengths(names: Sequence[str], strengths: Sequence[float]) -> dict[str, float]:
    return {name: float(strength) for name, strength in zip(names, strengths) if strength > 0}


def _store(head_object: bpy.types.Object, name: str, identity: Sequence[float]) -> None:
    head_object.data[name] = np.asarray(identity, np.float64).tolist()


def _stored(head_object: bpy.types.Object, name: str) -> np.ndarray:
    if head_object.type != "MESH" or name not in head_object.data:
        raise FitError(f"{head_object.name} has no shape of this shape model.", "Load or reconstruct the head again.")
    return np.array(head_object.data[name], np.float32)
