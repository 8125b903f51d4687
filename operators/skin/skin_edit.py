"""What can be done with all sliders of a skin at once: reset, random, copy, paste, mirror, a head folder of its own."""

from __future__ import annotations

import functools
import random
import re
from pathlib import Path

import bpy
from bpy.props import BoolProperty, FloatProperty, IntProperty, StringProperty

from ...core.head import PAINT_FILE
from ...core.protocol import Edit
from ...translations import said
from ..head.active_head import active_head
from ..jobs import polling, worker
from ..jobs.run import Problem, run
from ..jobs.session import session
from . import paint_layer, skin_live, skin_state

SPREAD = {
    "age": 1.0,
    "skin_tone": 1.0,
    "redness": 0.7,
    "masculinity": 0.6,
    "stubble": 0.6,
    "freckles": 0.8,
    "wrinkles": 0.6,
    "shine": 0.6,
    "roughness": 0.6,
}
"""Standard deviations of *Random*, in units of the sliders."""
MOST = 2.0
_copied: dict[str, float | bool] = {}


class SkinOperator:
    """An operator on the skin of the active head."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a head whose sliders work."""
        head_object = active_head(context)
        reason = "Select a head that Relit made or loaded first."
        if head_object is not None:
            reason = skin_live.why_not(head_object)
        if reason:
            cls.poll_message_set(said(reason))
        return not reason


class RELIT_OT_skin_reset(SkinOperator, bpy.types.Operator):
    """Set all sliders of the skin back to what the photos showed"""

    bl_idname = "relit.skin_reset"
    bl_label = "Reset Skin"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set all to zero."""
        set_all(active_head(context), dict.fromkeys(skin_state.SLIDERS, 0.0) | {"mirrored": False})
        return {"FINISHED"}


class RELIT_OT_skin_random(SkinOperator, bpy.types.Operator):
    """Give the person another skin, as it might well be"""

    bl_idname = "relit.skin_random"
    bl_label = "Random Skin"

    seed: IntProperty(name="Seed", description="The same seed gives the same skin", min=0)
    amount: FloatProperty(
        name="Amount", description="How far from the photos' skin", default=1.0, min=0.0, soft_max=2.0
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Take a new seed at every click."""
        self.seed = random.randrange(10_000)
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Draw every slider from its distribution."""
        set_all(active_head(context), random_look(self.seed, self.amount))
        return {"FINISHED"}


class RELIT_OT_skin_copy(SkinOperator, bpy.types.Operator):
    """Remember the sliders of this skin, for another head"""

    bl_idname = "relit.skin_copy"
    bl_label = "Copy Skin"
    bl_options = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Keep the values until Blender ends."""
        head_object = active_head(context)
        _copied.clear()
        _copied.update({name: getattr(head_object.relit_skin, name) for name in (*skin_state.SLIDERS, "mirrored")})
        self.report({"INFO"}, said(f"The sliders of {head_object.name} are copied."))
        return {"FINISHED"}


class RELIT_OT_skin_paste(SkinOperator, bpy.types.Operator):
    """Set the sliders as they were copied from another head"""

    bl_idname = "relit.skin_paste"
    bl_label = "Paste Skin"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something must have been copied."""
        if not _copied:
            cls.poll_message_set("Copy the skin of a head first.")
            return False
        return super().poll(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set the values."""
        set_all(active_head(context), _copied)
        return {"FINISHED"}


class RELIT_OT_skin_save(SkinOperator, bpy.types.Operator):
    """Write the head with the skin as it is now as a new head folder; the old one stays"""

    bl_idname = "relit.skin_save"
    bl_label = "Save as New Head Folder"
    bl_options = {"REGISTER"}

    directory: StringProperty(name="Folder", description="Where the new head folder is made", subtype="DIR_PATH")
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})
    name: StringProperty(name="Name", description="Name of the new head folder; empty for a new one like the old")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Let the artist choose where."""
        old = Path(bpy.path.abspath(active_head(context).relit.folder))
        self.directory, self.name = f"{old.parent}/", free_name(old).name
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Ask the worker; the head starts from the new folder when it is there."""
        head_object = active_head(context)
        old = Path(bpy.path.abspath(head_object.relit.folder))
        parent = Path(bpy.path.abspath(self.directory)) if self.directory else old.parent
        out = parent / (re.sub(r"[^\w. -]+", "_", self.name).strip(". ") or free_name(old).name)
        if out.exists():
            self.report({"ERROR"}, said(f"{out} exists already. Choose another name."))
            return {"CANCELLED"}
        # Paint on the diffuse map itself is saved as paint, not as skin.
        skin_live.when_clean(head_object, functools.partial(_save, head_object.session_uid, out))
        self.report({"INFO"}, said(f"Writing {out.name}; the head starts from it when it is there."))
        return {"FINISHED"}


def set_all(head_object: bpy.types.Object, values: dict[str, float | bool]) -> None:
    """Set several sliders as one move; those that cannot work for this head stay at zero."""
    if skin_live.why_not_colour(head_object):
        values = {name: 0.0 if name in skin_state.CODED else value for name, value in values.items()}
    with skin_live.silence():
        for name, value in values.items():
            setattr(head_object.relit_skin, name, value)
    skin_live.changed(head_object)


def random_look(seed: int, amount: float = 1.0) -> dict[str, float]:
    """Return sliders of a skin as it might be, the same for the same seed."""
    source = random.Random(seed)
    look = {name: max(-MOST, min(MOST, source.gauss(0, spread))) * amount for name, spread in SPREAD.items()}
    for name in ("freckles", "wrinkles"):
        look[name] = max(0.0, look[name])  # about half of all people have none
    return look


def free_name(folder: Path) -> Path:
    """Return a name beside a head folder that nothing has yet."""
    stem = re.sub(r" skin \d+$", "", folder.name)
    return next(path for n in range(1, 10_000) if not (path := folder.with_name(f"{stem} skin {n}")).exists())


def _save(number: int, out: Path) -> None:
    head_object = skin_state.find(number)
    if head_object is None:
        return
    skin_state.lift_paint(head_object)
    key, (changes, mirrored) = skin_state.key_of(head_object), skin_state.choice(head_object)
    layer, picture = head_object.relit_paint.layer, skin_state.skin_of(head_object).folder / PAINT_FILE
    if layer is not None:
        paint_layer.pack(layer)
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_bytes(layer.packed_file.data)
    request = Edit(
        "",
        bpy.path.abspath(head_object.relit.folder),
        changes,
        mirrored,
        out=str(out),
        paint=str(picture) if layer is not None else "",
        paint_shows=head_object.relit_paint.visible,
        threads=worker.preferences().threads,
    )
    session.ask(request, lambda answer: _saved(number, key, answer.head), _not_saved)


def _saved(number: int, key: str, folder: str) -> None:
    head_object = skin_state.find(number)
    run.dismiss()
    run.notice = f"The head is saved in {folder}."
    if head_object is not None and skin_state.key_of(head_object) == skin_state.skin_of(head_object).shown == key:
        skin_live.moved_to(head_object, folder)
        bpy.ops.ed.undo_push(message="Save as New Head Folder")
        run.notice += " The sliders start from it now."
    polling.redraw()


def _not_saved(problem: Problem) -> None:
    run.fail(problem.message, problem.hint, problem.log)
    polling.redraw()


register, unregister = bpy.utils.register_classes_factory(
    (RELIT_OT_skin_reset, RELIT_OT_skin_random, RELIT_OT_skin_copy, RELIT_OT_skin_paste, RELIT_OT_skin_save)
)
