"""A head's maps as the files that other programs expect: their names, channels, bit depths and conventions.

Relit's own maps (``docs/head_format.md``): roughness is the square root of GGX alpha, as in Unreal and Unity too;
normals have +Y up (OpenGL); F0 = 0.0555556 times the specular albedo.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ...core.errors import FitError
from ...core.shape import lashes
from ...core.srgb import srgb_from_linear
from ...translations import said
from ..head.active_head import active_head, require_head
from . import map_pixels
from .places import said_plainly
from .shaded_maps import read_maps, warn_of_nodes

UNREAL_SPECULAR = 0.0555556 / 0.08  # Unreal's "Specular" of 1 is an F0 of 0.08
Maps = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Texture:
    """One file of a set.

    Attributes:
        ending: What the file's name has after the head's name.
        role: What it holds, in one word.
        needs: The maps it is made of; without any of them it is not written.
        make: From maps ``[H, W, 3]`` (colours linear) to what the file holds, ``[H, W, 1, 3 or 4]``.
        bits: 8 or 16.
        srgb: Whether a reader has to decode it as sRGB; others are "Non-Color" or "Linear".
    """

    ending: str
    role: str
    needs: tuple[str, ...]
    make: Callable[[Maps], np.ndarray]
    bits: int = 8
    srgb: bool = False


@dataclass(frozen=True)
class TextureSet:
    """What one program expects."""

    label: str
    description: str
    prefix: str
    textures: tuple[Texture, ...]


def _colour(name: str) -> Callable[[Maps], np.ndarray]:
    return lambda maps: srgb_from_linear(maps[name])


def _grey(name: str, factor: float = 1.0) -> Callable[[Maps], np.ndarray]:
    return lambda maps: maps[name][..., :1] * factor


def _directx_normal(maps: Maps) -> np.ndarray:
    """DirectX counts the tangent space's Y downwards."""
    return np.concatenate([maps["normal"][..., :1], 1 - maps["normal"][..., 1:2], maps["normal"][..., 2:]], axis=2)


def _occlusion_roughness_metallic(maps: Maps) -> np.ndarray:
    roughness = maps["roughness"][..., :1]
    return np.concatenate([np.ones_like(roughness), roughness, np.zeros_like(roughness)], axis=2)


def _metallic_smoothness(maps: Maps) -> np.ndarray:
    smoothness = 1 - maps["roughness"][..., :1]
    return np.concatenate([np.zeros_like(smoothness).repeat(3, axis=2), smoothness], axis=2)


def _mask_map(maps: Maps) -> np.ndarray:
    """HDRP's: metallic, occlusion, detail mask, smoothness."""
    smoothness = 1 - maps["roughness"][..., :1]
    none, full = np.zeros_like(smoothness), np.ones_like(smoothness)
    return np.concatenate([none, full, none, smoothness], axis=2)


def _specular_colour(maps: Maps) -> np.ndarray:
    """KHR_materials_specular keeps F0 as a colour with the sRGB curve; its alpha would dim grazing reflections too."""
    return srgb_from_linear(maps["specular_albedo"])


def _lashes(maps: Maps) -> np.ndarray:
    """One colour everywhere, so that no bright rim shows where the picture is shrunk; the hairs are its alpha."""
    hair = maps["lashes"][..., :1]
    colour = srgb_from_linear(np.array(lashes.COLOUR, np.float32))
    return np.concatenate([np.broadcast_to(colour, (*hair.shape[:2], 3)), hair], axis=2)


def _set(label: str, description: str, prefix: str, colour: str, *textures: Texture) -> TextureSet:
    """Every set has the colours of skin, eyes and lashes under its own word for colour."""
    colours = (
        Texture(f"_{colour}", "colour", ("diffuse_albedo",), _colour("diffuse_albedo"), srgb=True),
        Texture(f"_Eye_{colour}", "eye", ("eye_albedo",), _colour("eye_albedo"), srgb=True),
        Texture(f"_Lashes_{colour}", "lashes", ("lashes",), _lashes, srgb=True),
    )
    return TextureSet(label, description, prefix, colours + textures)


SETS = {
    "PLAIN": _set(
        "Blender, Substance",
        "One file a map: BaseColor, Roughness, SpecularLevel, Normal (OpenGL, 16 bit)",
        "",
        "BaseColor",
        Texture("_Roughness", "roughness", ("roughness",), _grey("roughness"), bits=16),
        Texture("_SpecularLevel", "specular", ("specular_albedo",), _grey("specular_albedo"), bits=16),
        Texture("_Normal", "normal", ("normal",), lambda maps: maps["normal"], bits=16),
        Texture("_Displacement", "displacement", ("displacement",), _grey("displacement"), bits=16),
    ),
    "UNREAL": _set(
        "Unreal",
        "T_Name_D, T_Name_N (DirectX), T_Name_ORM (occlusion, roughness, metallic), T_Name_S (for Unreal's Specular)",
        "T_",
        "D",
        Texture("_N", "normal", ("normal",), _directx_normal),
        Texture("_ORM", "packed", ("roughness",), _occlusion_roughness_metallic),
        Texture("_S", "specular", ("specular_albedo",), _grey("specular_albedo", UNREAL_SPECULAR)),
    ),
    "UNITY_URP": _set(
        "Unity URP",
        "BaseMap, MetallicSmoothness (smoothness in alpha), NormalMap (OpenGL), for the Lit shader of URP",
        "",
        "BaseMap",
        Texture("_MetallicSmoothness", "packed", ("roughness",), _metallic_smoothness),
        Texture("_NormalMap", "normal", ("normal",), lambda maps: maps["normal"]),
    ),
    "UNITY_HDRP": _set(
        "Unity HDRP",
        "BaseMap, MaskMap (metallic, occlusion, detail, smoothness), NormalMap (OpenGL), for the Lit shader of HDRP",
        "",
        "BaseMap",
        Texture("_MaskMap", "packed", ("roughness",), _mask_map),
        Texture("_NormalMap", "normal", ("normal",), lambda maps: maps["normal"]),
    ),
}
GLTF = _set(
    "glTF",
    "What a glTF file holds",
    "",
    "BaseColor",
    Texture("_ORM", "packed", ("roughness",), _occlusion_roughness_metallic),
    Texture("_SpecularColor", "specular", ("specular_albedo",), _specular_colour, srgb=True),
    Texture("_Normal", "normal", ("normal",), lambda maps: maps["normal"]),
)
SET_ITEMS = [(key, entry.label, entry.description) for key, entry in SETS.items()]
SIZE_ITEMS = [
    ("0", "As They Are", "Keep the size of each map"),
    *((str(size), f"{size} px", f"At most {size} pixels a side") for size in (4096, 2048, 1024, 512)),
]


def plain_name(name: str) -> str:
    """Return a name that every program takes: ASCII letters, digits and underscores, not beginning with a digit."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9]+", "_", ascii_only).strip("_")[:60]
    return f"Head_{plain}".rstrip("_") if not plain or plain[0].isdigit() else plain


def write_set(maps: Maps, folder: Path, name: str, chosen: TextureSet, bits: int = 16) -> dict[str, Path]:
    """Write a texture set and return its files by their roles.

    Args:
        maps: From `shaded_maps.read_maps`; what there is no map for is left out.
        folder: Where to; made if need be.
        name: Of the head; made plain.
        chosen: Which; one of `SETS`, or `GLTF`.
        bits: The most that the reader takes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for texture in chosen.textures:
        if all(need in maps for need in texture.needs):
            path = folder / f"{chosen.prefix}{plain_name(name)}{texture.ending}.png"
            map_pixels.write_png(path, texture.make(maps), min(bits, texture.bits))
            written[texture.role] = path
    return written


class RELIT_OT_export_textures(bpy.types.Operator):
    """Write the head's maps as picture files with the names and channels that another program expects"""

    bl_idname = "relit.export_textures"
    bl_label = "Export Textures"
    bl_options = {"PRESET"}

    directory: StringProperty(name="Folder", description="Where the textures are written", subtype="DIR_PATH")
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})
    textures: EnumProperty(name="For", description="The program that the names and channels are for", items=SET_ITEMS)
    size: EnumProperty(name="Size", description="Side of the pictures", items=SIZE_ITEMS)
    name: StringProperty(
        name="Name", description="What the files' names begin with; empty takes the head's name", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a head."""
        return require_head(cls, context)

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """Say what the chosen set is like."""
        return SETS[properties.textures].description

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Let the artist choose the folder."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the set."""
        head_object = active_head(context)
        if not self.directory:
            self.report({"ERROR"}, "There is no folder. Choose where the textures shall be written.")
            return {"CANCELLED"}
        folder = Path(bpy.path.abspath(self.directory))
        try:
            with said_plainly(folder):
                maps = read_maps(head_object, int(self.size))
                written = write_set(maps, folder, self.name or head_object.name, SETS[self.textures])
        except FitError as error:
            self.report({"ERROR"}, said(error.message, error.hint))
            return {"CANCELLED"}
        warn_of_nodes(self, head_object)
        self.report({"INFO"}, said(f"Wrote {len(written)} textures for {SETS[self.textures].label} to {folder}."))
        return {"FINISHED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the choices beside the file browser, and what they mean."""
        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        layout.prop(self, "textures")
        layout.prop(self, "size")
        layout.prop(self, "name")


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_export_textures,))
