"""Put a head's shape on a MakeHuman or MPFB body: the vertices are in the same order (``docs/head_format.md``)."""

from __future__ import annotations

import bpy
import numpy as np
from bpy.props import BoolProperty

from ...core.errors import FitError
from ...core.shape.morphable import load_model
from ...translations import said
from . import head_shape, rig_bones
from .active_head import active_head, require_head
from .expression import UNITS
from .mesh import read_points, to_blender

BODY_SIZES = {13380, 19158}
"""Vertices of MakeHuman's base mesh without its helpers, and with them."""
SEAM = (0.05, 0.7)
"""Heights on the neck between which the body's shape goes over into the head's; 0 = collar, 1 = jaw."""
LARGEST_MISFIT = 0.35
"""Distance of the body's head from ours, in sizes of the head, from which their vertices are in another order."""


class RELIT_OT_fit_body(bpy.types.Operator):
    """Give a MakeHuman or MPFB body of the scene this head's face, as a shape key"""

    bl_idname = "relit.fit_body"
    bl_label = "Put on MakeHuman Body"
    bl_options = {"REGISTER", "UNDO"}

    expressions: BoolProperty(
        name="Expressions", description="Add ARKit's 52 expressions to the body too, where it has none", default=True
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a head of our shape model and a body."""
        if not require_head(cls, context):
            return False
        problem = head_shape.problem(active_head(context))
        if problem:
            cls.poll_message_set(said(problem.message, problem.hint))
        elif not bodies(context):
            cls.poll_message_set("Add a body with MPFB first: a mesh of 13380 or 19158 vertices.")
        elif len(bodies(context)) > 1:
            cls.poll_message_set("There are several bodies: select the one that shall have the head.")
        else:
            return True
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add the keys."""
        head_object, body = active_head(context), bodies(context)[0]
        try:
            key = put_on_body(head_object, body)
            count = add_expressions(head_object, body) if self.expressions else 0
        except FitError as error:
            self.report({"ERROR"}, said(error.message, error.hint))
            return {"CANCELLED"}
        added = f", and {count} expressions" if count else ""
        self.report(
            {"INFO"}, said(f"{body.name} has the shape key {key.name}{added}. Refit its eyes, teeth and hair in MPFB.")
        )
        return {"FINISHED"}


def bodies(context: bpy.types.Context) -> list[bpy.types.Object]:
    """Return the bodies that may be meant: those selected, or else all of the scene."""
    found = [
        other for other in context.scene.objects if other.type == "MESH" and len(other.data.vertices) in BODY_SIZES
    ]
    selected = [other for other in found if other in context.selected_objects]
    return selected or found


def put_on_body(head_object: bpy.types.Object, body: bpy.types.Object) -> bpy.types.ShapeKey:
    """Add a key to the body that gives it the head's neutral shape, and switch it on.

    The head is moved, turned and scaled to fit the body's neck; down the neck its shape fades into the body's.

    Raises:
        FitError: The body cannot be changed, or its vertices are in another order.
    """
    if not body.data.is_editable or body.mode == "EDIT":
        raise FitError(f"{body.name} cannot be changed now.", "Make it local and switch to Object Mode.")
    name = f"Relit {head_object.name}"
    if body.data.shape_keys and name in body.data.shape_keys.key_blocks:
        body.shape_key_remove(body.data.shape_keys.key_blocks[name])
    rows, index = _shared(body)
    wanted, present = _control_points(head_object)[rows], _mixed(body)
    height = rig_bones.neck_heights()[: len(load_model().coarse_mean)][rows]
    neck = (height < 1) & (height > 0)
    scale, rotation, shift = similarity(wanted[neck], present[index[neck]])
    fitted = scale * wanted @ rotation.T + shift
    size = np.linalg.norm(np.ptp(fitted, axis=0))
    if np.linalg.norm(fitted - present[index], axis=1).mean() > LARGEST_MISFIT * size:
        raise FitError(
            f"The vertices of {body.name} are not in the order of MakeHuman's base mesh.",
            "Use a body as MPFB adds it, without modifiers applied to it.",
        )
    share = np.clip((height - SEAM[0]) / (SEAM[1] - SEAM[0]), 0, 1)
    share = (share * share * (3 - 2 * share))[:, None]
    offset = np.zeros_like(present)
    offset[index] = share * (fitted - present[index])
    key = _add_key(body, name, offset)
    key.value = 1.0
    return key


def add_expressions(head_object: bpy.types.Object, body: bpy.types.Object) -> int:
    """Add the units that the body lacks, in the size and direction of its head; returns how many."""
    rows, index = _shared(body)
    model = load_model()
    scale, rotation, _ = similarity(_control_points(head_object)[rows], _mixed(body)[index])
    missing = [unit for unit in UNITS if unit not in body.data.shape_keys.key_blocks]
    for unit in missing:
        offset = np.zeros((len(body.data.vertices), 3))
        moves = to_blender(model.coarse_expression[model.expression_names.index(unit)])
        offset[index] = scale * moves[rows] @ rotation.T
        _add_key(body, unit, offset).value = 0.0
    return len(missing)


def similarity(source: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the scale, rotation [3, 3] and shift [3] that carry points [n, 3] nearest to others (Umeyama 1991)."""
    middle, there = source.mean(0), target.mean(0)
    left, stretch, right = np.linalg.svd((target - there).T @ (source - middle))
    signs = np.array([1, 1, np.sign(np.linalg.det(left @ right))])
    rotation = left @ np.diag(signs) @ right
    scale = float((stretch * signs).sum() / np.square(source - middle).sum())
    return scale, rotation, there - scale * rotation @ middle


def _shared(body: bpy.types.Object) -> tuple[np.ndarray, np.ndarray]:
    """Return the control vertices that the body has too, and their indices in it."""
    model = load_model()
    index = model.hm08_index[: len(model.coarse_mean)]
    rows = np.flatnonzero((index >= 0) & (index < len(body.data.vertices)))
    return rows, index[rows]


def _control_points(head_object: bpy.types.Object) -> np.ndarray:
    """The head's control mesh [Vc, 3] in Blender's axes; what was sculpted on the fine one is carried over."""
    model, identity = load_model(), head_shape.shown(head_object)
    coarse = model.coarse_vertices(identity)
    sculpted = rig_bones.neutral(head_object)[: len(coarse)] - model.subdivide(coarse)[: len(coarse)]
    return to_blender(coarse + sculpted).astype(np.float64)


def _mixed(body: bpy.types.Object) -> np.ndarray:
    """The body's vertices [V, 3] with its shape keys as they are set."""
    keys = body.data.shape_keys
    if keys is None:
        return read_points(body.data.vertices)
    mixed = read_points(keys.reference_key.points)
    for key in keys.key_blocks[1:]:
        if key.value and not key.mute:
            mixed = mixed + key.value * (read_points(key.points) - read_points(key.relative_key.points))
    return mixed


def _add_key(body: bpy.types.Object, name: str, offset: np.ndarray) -> bpy.types.ShapeKey:
    if body.data.shape_keys is None:
        body.shape_key_add(name="Basis", from_mix=False)
    basis = read_points(body.data.shape_keys.reference_key.points)
    key = body.shape_key_add(name=name, from_mix=False)
    key.points.foreach_set("co", (basis + offset).astype(np.float32).ravel())
    return key


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_fit_body,))
