"""Write the head for other programs: FBX, glTF, USD, OBJ."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import bpy
import numpy as np
from bpy.props import BoolProperty, EnumProperty, FloatProperty, StringProperty
from mathutils import Matrix

from ...core.errors import FitError
from ...translations import said
from ..head.active_head import active_head, require_head
from . import export_material, exporters, shaded_maps, standin, texture_sets
from .exporters import FORMATS
from .places import replacing, require_space, said_plainly

TEXTURES_FOLDER = "textures"
Y_UP = Matrix.Rotation(-math.pi / 2, 4, "X")


class RELIT_OT_export(bpy.types.Operator):
    """Write the head, as it is now, to a file for another program"""

    bl_idname = "relit.export"
    bl_label = "Export Head"
    bl_options = {"PRESET"}

    filepath: StringProperty(name="File", description="Where the head is written", subtype="FILE_PATH")
    filter_glob: StringProperty(default="*.glb;*.fbx;*.usdc;*.usdz;*.obj", options={"HIDDEN"})
    check_existing: BoolProperty(default=True, options={"HIDDEN"})
    format: EnumProperty(
        name="Format",
        description="The kind of file",
        items=[(key, entry.label, entry.description) for key, entry in FORMATS.items()],
    )
    pose: EnumProperty(
        name="Face",
        description="Which face is written",
        items=(
            ("NEUTRAL", "Neutral", "The neutral face; what expressions other programs start from"),
            ("POSED", "As It Is", "The face as it is now in the viewport"),
        ),
    )
    expressions: BoolProperty(
        name="Expressions",
        description="Write ARKit's 52 expressions, and shape keys of your own, as morph targets",
        default=True,
    )
    rig: BoolProperty(name="Rig", description="Write the head's bones, where it has them", default=True)
    eyes: BoolProperty(name="Eyes", description="Write eyeballs and corneas", default=True)
    mouth: BoolProperty(name="Teeth and Tongue", description="Write teeth, gums and tongue", default=True)
    lashes: BoolProperty(name="Lashes", description="Write the eyelashes", default=True)
    modifiers: BoolProperty(
        name="Apply Modifiers",
        description="Write the mesh as modifiers such as subdivision make it, its expressions too",
        default=False,
    )
    scale: FloatProperty(
        name="Scale",
        description="Times the head's real size. FBX is in centimetres, the other formats in metres",
        default=1.0,
        min=0.001,
        max=1000.0,
    )
    size: EnumProperty(name="Textures", description="Side of the textures", items=texture_sets.SIZE_ITEMS)
    embed: BoolProperty(
        name="Textures Inside", description="Put the textures into the file, instead of a folder beside it"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a head."""
        return require_head(cls, context)

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """Say what the chosen format is for."""
        return said("Write the head, as it is now.", FORMATS[properties.format].description)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Let the artist choose the file and what goes into it."""
        if not self.filepath:
            folder = Path(bpy.data.filepath).parent if bpy.data.filepath else Path.home()
            self.filepath = str(folder / bpy.path.clean_name(active_head(context).name))
        self.check(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def check(self, context: bpy.types.Context) -> bool:
        """Keep the file's ending in step with the format."""
        ending = FORMATS[self.format].ending
        path = Path(self.filepath)
        endings = {entry.ending for entry in FORMATS.values()}
        stem = path.with_suffix("") if path.suffix.lower() in endings else path
        wanted = str(stem) + ending
        changed = wanted != self.filepath
        self.filepath = wanted
        return changed

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the file."""
        if not Path(self.filepath).name:
            self.report({"ERROR"}, "There is no file name. Choose where the head shall be written.")
            return {"CANCELLED"}
        self.check(context)
        path = Path(bpy.path.abspath(self.filepath))
        try:
            with said_plainly(path):
                self._write(active_head(context), path)
        except FitError as error:
            self.report({"ERROR"}, said(error.message, error.hint))
            return {"CANCELLED"}
        shaded_maps.warn_of_nodes(self, active_head(context))
        self.report({"INFO"}, said(f"Wrote {path.name} ({path.stat().st_size / 1e6:.1f} MB) to {path.parent}."))
        return {"FINISHED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the choices beside the file browser; those that the format cannot keep are grey."""
        chosen, layout = FORMATS[self.format], self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        layout.prop(self, "format")
        layout.prop(self, "pose")
        column = layout.column(heading="Include")
        for name, possible in (("expressions", chosen.morphs), ("rig", chosen.rig)):
            row = column.row()
            row.active = possible
            row.prop(self, name)
        for name in ("eyes", "mouth", "lashes"):
            column.prop(self, name)
        layout.prop(self, "modifiers")
        layout.prop(self, "scale")
        layout.prop(self, "size")
        row = layout.row()
        row.active = chosen.holds == "either"
        row.prop(self, "embed")

    def _write(self, head_object: bpy.types.Object, path: Path) -> None:
        chosen = FORMATS[self.format]
        path.parent.mkdir(parents=True, exist_ok=True)
        maps = shaded_maps.read_maps(head_object, int(self.size))
        require_space(path.parent, _expected_size(head_object, maps))
        inside = chosen.holds == "inside" or (chosen.holds == "either" and self.embed)
        name = texture_sets.plain_name(head_object.name)
        wanted = standin.Wanted(
            name=name,
            expressions=self.expressions and chosen.morphs,
            posed=self.pose == "POSED",
            rig=self.rig and chosen.rig and not (self.pose == "POSED" and _forgets_pose(self.format)),
            modifiers=self.modifiers,
            without=frozenset().union(
                *(
                    kinds
                    for kinds, kept in (
                        (standin.EYES, self.eyes),
                        (standin.MOUTH, self.mouth),
                        (standin.LASHES, self.lashes),
                    )
                    if not kept
                )
            ),
            transform=_transform(self.format, self.scale),
        )
        with ExitStack() as stack:
            written = [path] + ([path.with_suffix(".mtl")] if self.format == "OBJ" else [])
            stack.enter_context(replacing(written))
            folder = path.parent / TEXTURES_FOLDER
            if inside:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="relit-export-")))
            chosen_set = texture_sets.GLTF if self.format == "GLB" else texture_sets.SETS["PLAIN"]
            textures = texture_sets.write_set(maps, folder, name, chosen_set, chosen.bits)
            double, borrowed = stack.enter_context(standin.double(head_object, wanted))
            _suit(double, self.format)
            export_material.dress(double, textures, borrowed, gltf=self.format == "GLB")
            exporters.export(self.format, path, self.embed, wanted.expressions, wanted.posed)


def _transform(kind: str, scale: float) -> Matrix:
    """Return what turns Blender's coordinates into those of the double.

    FBX is in centimetres with Y up, and its coordinates are stored so: objects need neither the scale of 100 nor the
    turn of 90 degrees that Blender's exporter otherwise leaves on them, which Unreal and Unity show as such.
    """
    return Y_UP @ Matrix.Scale(100 * scale, 4) if kind == "FBX" else Matrix.Scale(scale, 4)


def _forgets_pose(kind: str) -> bool:
    """Whether the exporter writes bones at rest only, as USD's did at first; then the pose is baked without them."""
    return kind in {"USD", "USDZ"} and bpy.app.version < (4, 5, 0)


def _suit(double: standin.Double, kind: str) -> None:
    """Meet what a format expects of a scene."""
    if kind == "FBX":  # the exporter's own turn and scale cancel out
        double.scene.unit_settings.system = "METRIC"
        double.scene.unit_settings.scale_length = 0.01
        root = double.armature or double.object
        root.matrix_world = Y_UP.inverted()
    elif kind == "GLB":  # a skinned mesh stands at the root: its parents would not move it
        double.object.parent = None


def _expected_size(head_object: bpy.types.Object, maps: Mapping[str, np.ndarray]) -> int:
    """Return about how many bytes an export takes at most: pictures, and coordinates of the mesh and its keys."""
    keys = head_object.data.shape_keys
    shapes = 2 + (len(keys.key_blocks) if keys else 0)
    return sum(4 * pixels.size for pixels in maps.values()) // 2 + 24 * shapes * len(head_object.data.vertices)


def draw_menu(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    """Draw the entries in File > Export."""
    menu.layout.operator(RELIT_OT_export.bl_idname, text="Relit Head (.glb, .fbx, .usdc, .usdz, .obj)")


_register, _unregister = bpy.utils.register_classes_factory((RELIT_OT_export,))


def register() -> None:
    """Register the operator and put it into File > Export."""
    _register()
    bpy.types.TOPBAR_MT_file_export.append(draw_menu)


def unregister() -> None:
    """Take it out again."""
    bpy.types.TOPBAR_MT_file_export.remove(draw_menu)
    _unregister()
