"""Blender's own exporters, with the arguments that this version of Blender knows."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bpy

from ...core.errors import FitError


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes:
        label: Its name.
        description: What it is for.
        ending: Of the file.
        operator: Blender's exporter.
        addon: The add-on that the exporter belongs to; empty for what is built in.
        holds: ``"inside"`` when textures are always in the file, ``"beside"`` when never, else ``"either"``.
        morphs: Whether it can hold expressions.
        rig: Whether it can hold bones.
        bits: The most that its textures have.
    """

    label: str
    description: str
    ending: str
    operator: str
    addon: str = ""
    holds: str = "beside"
    morphs: bool = True
    rig: bool = True
    bits: int = 16


FORMATS = {
    "GLB": Format(
        "glTF (.glb)",
        "One file for the web, Godot, Unity and Blender: PBR with KHR_materials_specular and _ior, morph targets",
        ".glb",
        "export_scene.gltf",
        "io_scene_gltf2",
        "inside",
    ),
    "FBX": Format(
        "FBX (.fbx)", "For Unreal, Unity, Maya and others", ".fbx", "export_scene.fbx", "io_scene_fbx", "either"
    ),
    "USD": Format("USD (.usdc)", "For Omniverse, Houdini and film pipelines", ".usdc", "wm.usd_export"),
    "USDZ": Format("USDZ (.usdz)", "One file for Apple's devices", ".usdz", "wm.usd_export", holds="inside", bits=8),
    "OBJ": Format(
        "OBJ (.obj)", "Mesh and maps only, for every program", ".obj", "wm.obj_export", morphs=False, rig=False
    ),
}


def export(kind: str, path: Path, embed: bool, expressions: bool, posed: bool) -> None:
    """Write the objects of the context's scene.

    Args:
        kind: Key of `FORMATS`.
        path: The file.
        embed: Whether textures go into the file, where there is a choice.
        expressions: Whether there are morph targets.
        posed: Whether bones and morph targets keep their present values.

    Raises:
        FitError: The exporter is missing or stopped.
    """
    chosen = FORMATS[kind]
    with _enabled(chosen):
        area, _, function = chosen.operator.partition(".")
        operator = getattr(getattr(bpy.ops, area), function)
        known = operator.get_rna_type().properties.keys()
        arguments = {**_ARGUMENTS[kind], **_chosen(kind, embed, expressions, posed)}
        try:
            result = operator(filepath=str(path), **{key: arguments[key] for key in arguments if key in known})
        except RuntimeError as error:
            reason = str(error).strip().splitlines()
            raise FitError(
                f"Blender's {chosen.label} exporter stopped: {reason[-1] if reason else 'it does not say why'}",
                "Try another format, and report this with the lines in the system console.",
            ) from error
    if "FINISHED" not in result or not path.is_file() or path.stat().st_size == 0:
        raise FitError(f"Blender's {chosen.label} exporter wrote no file.", "See the system console for its reasons.")
    if kind == "OBJ":
        _name_normal_map(path.with_suffix(".mtl"))


def _name_normal_map(library: Path) -> None:
    """Call the normal map one: Blender calls it a bump map, which other programs take for heights."""
    lines = library.read_text(encoding="utf-8").splitlines()
    lines = [re.sub(r"^map_Bump (-bm \S+ )?", "norm ", line) for line in lines]
    library.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _chosen(kind: str, embed: bool, expressions: bool, posed: bool) -> dict[str, object]:
    if kind == "GLB":
        return {"export_morph": expressions, "export_rest_position_armature": not posed}
    if kind == "FBX":
        return {"embed_textures": embed, "path_mode": "COPY" if embed else "RELATIVE"}
    if kind in {"USD", "USDZ"}:
        return {"export_shapekeys": expressions}
    return {}


_USD = {
    "export_animation": False,
    "export_materials": True,
    "generate_preview_surface": True,
    "export_armatures": True,
    "convert_orientation": True,  # Apple's readers want Y up
    "export_global_forward_selection": "NEGATIVE_Z",
    "export_global_up_selection": "Y",
    "convert_world_material": False,
    "export_custom_properties": False,
    "author_blender_name": False,
    "relative_paths": True,
    "root_prim_path": "/Head",
}
_ARGUMENTS = {
    "GLB": {
        "export_format": "GLB",
        "use_active_scene": True,
        "export_yup": True,
        "export_animations": False,
        "export_skins": True,
        "export_morph_normal": False,
        "export_tangents": True,
        "export_try_sparse_sk": True,
        "export_extras": False,
        "export_cameras": False,
        "export_lights": False,
        "export_all_influences": False,
        "export_vertex_color": "NONE",
        "will_save_settings": False,
    },
    "FBX": {
        "axis_forward": "-Z",
        "axis_up": "Y",
        "apply_unit_scale": True,
        "apply_scale_options": "FBX_SCALE_NONE",
        "object_types": {"MESH", "ARMATURE"},
        "use_mesh_modifiers": False,
        "mesh_smooth_type": "OFF",
        "add_leaf_bones": False,
        "bake_anim": False,
        "use_custom_props": False,
        "use_metadata": False,
        "colors_type": "NONE",
    },
    "USD": {**_USD, "export_textures": False, "export_textures_mode": "KEEP"},
    "USDZ": {**_USD, "export_textures": True, "export_textures_mode": "NEW", "overwrite_textures": True},
    "OBJ": {
        "forward_axis": "NEGATIVE_Z",
        "up_axis": "Y",
        "export_selected_objects": False,
        "apply_modifiers": False,
        "export_materials": True,
        "export_pbr_extensions": True,
        "export_material_groups": True,
        "path_mode": "RELATIVE",
        "export_triangulated_mesh": False,
    },
}


@contextlib.contextmanager
def _enabled(chosen: Format) -> Iterator[None]:
    """Switch the exporter's add-on on for the block if the artist has it off."""
    import addon_utils

    if not chosen.addon or addon_utils.check(chosen.addon)[1]:
        yield
        return
    if addon_utils.enable(chosen.addon, default_set=False) is None:
        raise FitError(
            f"Blender's {chosen.label} exporter is switched off and could not be started.",
            f"Enable the add-on {chosen.addon} in the preferences, or choose another format.",
        )
    try:
        yield
    finally:
        addon_utils.disable(chosen.addon, default_set=False)
