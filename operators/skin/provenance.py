"""What of the skin a photo showed, what was mirrored and what was invented: shares, and a mask for painting over."""

from __future__ import annotations

import bpy
import numpy as np
from bpy.props import EnumProperty

from ...core.head import Head
from ...translations import said
from ..head.active_head import active_head, require_own_head
from ..head.mesh import UV_NAME
from ..material import skin_look
from ..material.relief_maps import grey_image, pixels

MIRRORED, INVENTED = "relit_mirrored", "relit_invented"
"""Attributes of the mesh: share of each vertex's skin; what is left of 1 was seen."""
MAP = "provenance"
GROUP = "invented"
"""Vertex group with what was not seen."""


def remember(head_object: bpy.types.Object, head: Head, image: bpy.types.Image | None) -> None:
    """Give the mesh the attributes of this module, out of the provenance map."""
    if image is None:
        return
    skin = head.quad_part == head.part_names.index("skin")
    corners, uv = head.quads[skin].ravel(), head.uv[skin].reshape(-1, 2)
    width, height = image.size
    columns = np.clip((uv[:, 0] * width).astype(int), 0, width - 1)
    rows = np.clip((uv[:, 1] * height).astype(int), 0, height - 1)
    shares = pixels(image)[rows, columns, :3]
    shares[shares.sum(1) < 0.05] = (0, 0, 1)  # beside the skin's tile nothing was seen
    total = np.maximum(np.bincount(corners, shares.sum(1), len(head.vertices)), 1e-6)
    for channel, name in ((1, MIRRORED), (2, INVENTED)):
        values = np.bincount(corners, shares[:, channel], len(head.vertices)) / total
        attribute = head_object.data.attributes.new(name, "FLOAT", "POINT")
        attribute.data.foreach_set("value", values.astype(np.float32))


def known(mesh: bpy.types.Mesh) -> np.ndarray | None:
    """Return observed, mirrored and invented share of each vertex [V, 3]; None for a head that does not know."""
    if MIRRORED not in mesh.attributes or INVENTED not in mesh.attributes:
        return None
    parts = np.empty((2, len(mesh.vertices)), np.float32)
    for row, name in zip(parts, (MIRRORED, INVENTED)):
        mesh.attributes[name].data.foreach_get("value", row)
    return np.stack([np.clip(1 - parts.sum(0), 0, 1), *parts], 1)


def shares(head_object: bpy.types.Object, region: str) -> tuple[float, float, float] | None:
    """Return which shares of a region's skin were observed, mirrored and invented; None for a head that does not know.

    A panel asks at every draw, so they are measured once for a head: where they came from, sliders do not change.

    Args:
        head_object: A head.
        region: A vertex group; ``skin`` is all of it.
    """
    mesh = head_object.data
    if MIRRORED not in mesh.attributes or INVENTED not in mesh.attributes:
        return None
    key = mesh.session_uid, head_object.relit.folder, region
    found = _shares.get(key) or _measured_shares(head_object, region)
    if found is not None:
        _shares[key] = found
    return found


_shares: dict[tuple[int, str, str], tuple[float, float, float]] = {}


def _measured_shares(head_object: bpy.types.Object, region: str) -> tuple[float, float, float] | None:
    mesh = head_object.data
    values = known(mesh)
    group = head_object.vertex_groups.get(region)
    if values is None or group is None or skin_look.skin_material(head_object) is None:
        return None
    quads, _ = skin_look.skin_quads(head_object)
    places = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", places)
    corners = places.reshape(-1, 3)[quads]
    area = np.linalg.norm(np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]), axis=1)
    area *= skin_look.members(head_object, (region,))[quads].all(1)
    if not area.sum():
        return None
    return tuple((values[quads].mean(1) * area[:, None]).sum(0) / area.sum())


class RELIT_OT_provenance_mask(bpy.types.Operator):
    """Make a mask of the skin that no photo showed, white where you may paint, and put it to work"""

    bl_idname = "relit.provenance_mask"
    bl_label = "Mask from Provenance"
    bl_options = {"REGISTER", "UNDO"}

    parts: EnumProperty(
        name="Parts",
        description="What shall be painted over",
        items=(
            ("INVENTED", "Invented", "Skin that was filled in"),
            ("NOT_SEEN", "Mirrored and Invented", "All skin that no photo showed"),
        ),
    )
    target: EnumProperty(
        name="Target",
        description="What the mask is for",
        items=(
            ("STENCIL", "Paint Stencil", "An image that limits texture painting to the white parts"),
            ("GROUP", "Vertex Group", "A vertex group named 'invented', for modifiers and sculpting"),
        ),
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A head that knows its provenance."""
        if not require_own_head(cls, context):
            return False
        if known(active_head(context).data) is None:
            cls.poll_message_set("This head does not know what was seen. Load it again from its folder.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make it."""
        head_object = active_head(context)
        if self.target == "GROUP":
            make_group(head_object, self.parts)
            self.report({"INFO"}, said(f"The vertex group '{GROUP}' holds what no photo showed."))
            return {"FINISHED"}
        material = skin_look.skin_material(head_object)
        source = skin_look.map_image(material, MAP) if material is not None else None
        if source is None:
            self.report({"ERROR"}, "The skin material has no provenance map. Load the head again from its folder.")
            return {"CANCELLED"}
        use_as_stencil(context.scene, head_object, make_mask(head_object.name, source, self.parts))
        self.report({"INFO"}, "Texture painting is limited to the white parts of the mask (Mask in the tool settings).")
        return {"FINISHED"}


def make_mask(name: str, provenance: bpy.types.Image, parts: str) -> bpy.types.Image:
    """Return the image with the mask, white where to paint; made anew or brought up to date."""
    values = pixels(provenance)
    mask = values[..., 2] if parts == "INVENTED" else np.clip(values[..., 1] + values[..., 2], 0, 1)
    title = f"{name} provenance mask"
    former = bpy.data.images.get(title)
    image = grey_image(title, mask)
    if former is not None:
        former.user_remap(image)
        bpy.data.images.remove(former)
        image.name = title
    return image


def use_as_stencil(scene: bpy.types.Scene, head_object: bpy.types.Object, image: bpy.types.Image) -> None:
    """Limit texture painting to the white parts of an image."""
    settings = scene.tool_settings.image_paint
    settings.use_stencil_layer = True
    settings.stencil_image = image
    settings.invert_stencil = True  # else white is what is protected
    head_object.data.uv_layer_stencil = head_object.data.uv_layers[UV_NAME]


def make_group(head_object: bpy.types.Object, parts: str) -> None:
    """Write what was not seen into the vertex group."""
    values = known(head_object.data)
    weights = values[:, 2] if parts == "INVENTED" else values[:, 1] + values[:, 2]
    group = head_object.vertex_groups.get(GROUP)
    if group is not None:
        head_object.vertex_groups.remove(group)
    group = head_object.vertex_groups.new(name=GROUP)
    steps = np.round(np.clip(weights, 0, 1) * 20).astype(int)
    for step in range(1, 21):
        group.add(np.flatnonzero(steps == step).tolist(), step / 20, "REPLACE")


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_provenance_mask,))
