"""Reset, random and mirrored shapes of a head."""

from __future__ import annotations

import bpy
import numpy as np
from bpy.props import FloatProperty, IntProperty, StringProperty

from ...core.errors import FitError
from ...core.shape.shape_sliders import SLIDERS, load_sliders
from ...translations import said
from . import head_shape
from .active_head import active_head, require_head


class ShapeOperator:
    """An operator that gives the active head other coefficients."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a head whose shape can change."""
        return require_head(cls, context) and can_change(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Change the shape."""
        head_object = active_head(context)
        try:
            head_shape.set_identity(head_object, self.changed(head_object))
        except FitError as error:
            self.report({"ERROR"}, said(error.message, error.hint))
            return {"CANCELLED"}
        return {"FINISHED"}


def can_change(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """Poll for what changes the shape of the active head; sets the sentence that the grey button shows."""
    problem = head_shape.problem(active_head(context))
    if problem:
        cls.poll_message_set(said(problem.message, problem.hint))
    return problem is None


class RELIT_OT_shape_reset(ShapeOperator, bpy.types.Operator):
    """Go back to the shape that was reconstructed"""

    bl_idname = "relit.shape_reset"
    bl_label = "Reset Shape"

    group: StringProperty(name="Group", description="Reset the sliders of one group only; empty resets everything")

    def changed(self, head_object: bpy.types.Object) -> np.ndarray:
        """Return the new coefficients."""
        target = head_shape.reconstructed(head_object)
        if not self.group:
            return target
        identity, sliders = head_shape.coefficients(head_object), load_sliders()
        for number, slider in enumerate(SLIDERS):
            if slider.group == self.group:
                identity = sliders.moved(identity, number, sliders.value(target, number))
        return identity


class RELIT_OT_shape_random(ShapeOperator, bpy.types.Operator):
    """Another person: a random shape from the population. F9 changes the choices afterwards"""

    bl_idname = "relit.shape_random"
    bl_label = "Random Shape"

    seed: IntProperty(name="Seed", description="The same seed gives the same shape", min=0)
    keep: FloatProperty(
        name="Keep",
        description="How much of the present face stays: 0 gives somebody else, 0.9 a sibling",
        default=0.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    variety: FloatProperty(
        name="Variety",
        description="How unlike the average the person is: 1 as people are, less is more average",
        default=1.0,
        min=0.0,
        soft_max=1.5,
        max=3.0,
        subtype="FACTOR",
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Take another seed each time."""
        self.seed = int(np.random.default_rng().integers(1_000_000))
        return self.execute(context)

    def changed(self, head_object: bpy.types.Object) -> np.ndarray:
        """Return the new coefficients."""
        now = head_shape.coefficients(head_object)
        other = self.variety * np.random.default_rng(self.seed).standard_normal(len(now))
        return self.keep * now + np.sqrt(1 - self.keep**2) * other


class RELIT_OT_shape_mirror(ShapeOperator, bpy.types.Operator):
    """Swap the left and the right side of the shape"""

    bl_idname = "relit.shape_mirror"
    bl_label = "Mirror Shape"

    def changed(self, head_object: bpy.types.Object) -> np.ndarray:
        """Return the new coefficients."""
        return load_sliders().mirrored(head_shape.coefficients(head_object))


register, unregister = bpy.utils.register_classes_factory(
    (RELIT_OT_shape_reset, RELIT_OT_shape_random, RELIT_OT_shape_mirror)
)
