"""A head as OBJ with materials, or as GLB (glTF 2.0) with PBR textures and expressions as morph targets.

For a head folder without Blender; ``operators/export/export.py`` writes what an artist made of it. Khronos' validator
finds neither errors nor warnings in the GLB.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .head import Head
from .mapfiles import encode_png, read_png, srgb_from_linear
from .shape import lashes

IOR = 1.4
"""Of skin; with it F0 = 0.0278 at normal incidence, and twice that times the specular albedo."""
SPARSE_STEP = 1e-5
"""Expression offsets below this many metres are left out of the GLB."""

_FLOAT, _UNSIGNED = 5126, 5125
_ARRAY_BUFFER, _ELEMENT_BUFFER = 34962, 34963


@dataclass(frozen=True)
class Surface:
    """How a kind of part looks where no map says more.

    Attributes:
        name: Of the material.
        prefixes: Parts whose names begin with one of these wear it.
        colour: Linear albedo.
        roughness: Principled roughness.
        opacity: 1 is opaque.
        mapped: The map with its colour, if any; ``"lashes"`` is drawn here.
        gleam: Factor on F0, so that a film of little opacity reflects as much as a whole one.
    """

    name: str
    prefixes: tuple[str, ...]
    colour: tuple[float, float, float]
    roughness: float
    opacity: float = 1.0
    mapped: str = ""
    gleam: float = 1.0


SURFACES = (
    Surface("skin", ("skin",), (1.0, 1.0, 1.0), 1.0, mapped="diffuse_albedo"),
    Surface("eye", ("eye_",), (1.0, 1.0, 1.0), 0.3, mapped="eye_albedo"),
    Surface("cornea", ("cornea",), (0.0, 0.0, 0.0), 0.03, opacity=0.06, gleam=16.0),
    Surface("teeth", ("teeth",), (0.62, 0.56, 0.45), 0.25),
    Surface("mouth", ("gums", "tongue"), (0.32, 0.09, 0.08), 0.35),
    Surface("lashes", ("lashes",), (1.0, 1.0, 1.0), 0.45, mapped="lashes"),
)
_OTHER = Surface("other", (), (0.5, 0.5, 0.5), 0.5)


def surface_of(part: str) -> Surface:
    """Return the surface that a part wears."""
    return next((surface for surface in SURFACES if part.startswith(surface.prefixes)), _OTHER)


def write_obj(head: Head, path: Path, photo: int | None = None) -> Path:
    """Write ``path`` (.obj), its .mtl and the maps beside it, one group a part. Metres, Y up.

    Args:
        head: What to write.
        path: The .obj file; the others take its stem.
        photo: Bake the expression of this photo in; ``None`` writes the neutral face.
    """
    uv, uv_index = np.unique(corner_uv(head).reshape(-1, 2), axis=0, return_inverse=True)
    corners = np.stack([head.quads, uv_index.reshape(-1, 4)], -1) + 1
    lines = [f"mtllib {path.stem}.mtl"]
    lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in head.posed_vertices(photo).tolist()]
    lines += [f"vt {u:.6f} {v:.6f}" for u, v in uv.tolist()]
    for index, part in enumerate(head.part_names):
        lines += [f"g {part}", f"usemtl {surface_of(part).name}", "s 1"]
        for quad in corners[head.quad_part == index].tolist():
            lines.append("f " + " ".join(f"{vertex}/{texture}" for vertex, texture in quad))
    maps = {name: f"{path.stem}_{name}.png" for name in head.maps}
    for name, file in maps.items():
        (path.parent / file).write_bytes(head.maps[name].read_bytes())
    if any(surface_of(part).mapped == "lashes" for part in head.part_names):
        maps["lashes"] = f"{path.stem}_lashes.png"
        (path.parent / maps["lashes"]).write_bytes(lash_picture())
    path.with_suffix(".mtl").write_text(_material_library(head, maps), encoding="utf-8")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _material_library(head: Head, maps: dict[str, str]) -> str:
    blocks = []
    for surface in dict.fromkeys(surface_of(part) for part in head.part_names):
        colour = " ".join(f"{value:.4f}" for value in surface.colour)
        lines = [
            f"newmtl {surface.name}",
            f"Kd {colour}",
            "Ks 0.5 0.5 0.5",
            f"Ni {IOR}",
            f"d {surface.opacity}",
        ]
        lines += [f"Pr {surface.roughness}", "Pm 0", "illum 2"]
        if surface.mapped in maps:
            lines.append(f"map_Kd {maps[surface.mapped]}")
        if surface.mapped == "lashes" and "lashes" in maps:
            lines.append(f"map_d -imfchan m {maps['lashes']}")
        if surface.name == "skin":
            for keyword, name in (("map_Ks", "specular_albedo"), ("map_Pr", "roughness"), ("norm", "normal")):
                lines += [f"{keyword} {maps[name]}"] if name in maps else []
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def write_glb(head: Head, path: Path, photo: int | None = None) -> Path:
    """Write ``path`` (.glb): one mesh, one primitive a surface, every expression a named morph target.

    Args:
        head: What to write.
        path: The file.
        photo: Set the morph weights to this photo's expression; ``None`` leaves the face neutral.
    """
    document = _Document()
    materials: dict[str, int] = {}
    primitives = []
    normals = vertex_normals(head.vertices, head.quads)
    for surface, quads in _by_surface(head):
        materials[surface.name] = document.add("materials", _material(document, head, surface))
        material = document.json["materials"][materials[surface.name]]
        primitive = _primitive(document, head, normals, quads, _textured(material), "normalTexture" in material)
        primitives.append({**primitive, "material": materials[surface.name]})
    weights = np.zeros(len(head.expression_names)) if photo is None else head.photo_expression[photo]
    mesh = {
        "name": "head",
        "primitives": primitives,
        "weights": [round(float(weight), 5) for weight in weights],
        "extras": {"targetNames": list(head.expression_names)},
    }
    document.json["nodes"] = [{"name": "Relit head", "mesh": document.add("meshes", mesh)}]
    path.write_bytes(document.encode())
    return path


def corner_uv(head: Head) -> np.ndarray:
    """Return ``[Q, 4, 2]``: the head's UVs, and for the lashes those of their picture."""
    strips = [index for index, part in enumerate(head.part_names) if surface_of(part).mapped == "lashes"]
    if not strips:
        return head.uv
    return np.where(np.isin(head.quad_part, strips)[:, None, None], lashes.lash_uv(head), head.uv)


def lash_picture() -> bytes:
    """Return a PNG file of the lashes: one colour everywhere, the hairs in alpha."""
    hair = lashes.draw_hairs()[::-1]
    colour = np.broadcast_to(srgb_from_linear(np.array(lashes.COLOUR)), (*hair.shape, 3))
    return encode_png(np.concatenate([colour, hair[..., None]], axis=2))


def vertex_normals(vertices: np.ndarray, quads: np.ndarray) -> np.ndarray:
    """Return ``[V, 3]`` unit normals, each quad weighted by its area."""
    corners = vertices[quads]
    across = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    normals = np.zeros_like(vertices)
    for corner in range(4):
        np.add.at(normals, quads[:, corner], across)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    # A vertex that no quad uses still needs a unit normal to be valid glTF.
    return np.where(length > 0, normals / np.maximum(length, 1e-20), (0.0, 0.0, 1.0)).astype(np.float32)


def vertex_tangents(points: np.ndarray, normals: np.ndarray, uv: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Return ``[V, 4]`` tangents along u and the side of v, as normal maps of smooth surfaces are baked.

    Each triangle counts by its angle at the vertex, as in Mikkelsen, "Simulation of Wrinkled Surfaces Revisited", 2008.

    Args:
        points: ``[V, 3]``; vertices are split where UVs are.
        normals: ``[V, 3]`` unit normals.
        uv: ``[V, 2]``, v up.
        triangles: ``[T, 3]`` vertex indices.
    """
    edge, across = (points[triangles[:, i]] - points[triangles[:, 0]] for i in (1, 2))
    edge_uv, across_uv = (uv[triangles[:, i]] - uv[triangles[:, 0]] for i in (1, 2))
    area = edge_uv[:, 0] * across_uv[:, 1] - edge_uv[:, 1] * across_uv[:, 0]
    along = (edge * across_uv[:, 1:] - across * edge_uv[:, 1:]) * np.sign(area)[:, None]
    summed, side = np.zeros_like(points), np.zeros(len(points), points.dtype)
    for corner in range(3):
        vertex = triangles[:, corner]
        first, second = (_unit(points[triangles[:, (corner + i) % 3]] - points[vertex]) for i in (1, 2))
        angle = np.arccos(np.clip((first * second).sum(1), -1, 1))
        flat = _unit(along - normals[vertex] * (normals[vertex] * along).sum(1, keepdims=True))
        np.add.at(summed, vertex, flat * angle[:, None])
        np.add.at(side, vertex, np.sign(area) * angle)
    # Where the UVs say nothing, any direction in the surface is valid glTF.
    other = np.cross(normals, np.where(np.abs(normals[:, :1]) < 0.9, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
    flat = summed - normals * (normals * summed).sum(1, keepdims=True)
    said = np.linalg.norm(flat, axis=1, keepdims=True) > 1e-6
    return np.column_stack([_unit(np.where(said, flat, other)), np.where(side < 0, -1.0, 1.0)]).astype(np.float32)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-20)


def _by_surface(head: Head) -> Iterator[tuple[Surface, np.ndarray]]:
    surfaces = [surface_of(part) for part in head.part_names]
    for surface in dict.fromkeys(surfaces):
        parts = [index for index, other in enumerate(surfaces) if other is surface]
        quads = np.flatnonzero(np.isin(head.quad_part, parts))
        if len(quads):
            yield surface, quads


def _textured(material: dict) -> bool:
    return "normalTexture" in material or any("Texture" in key for key in material["pbrMetallicRoughness"])


def _primitive(
    document: _Document, head: Head, normals: np.ndarray, quads: np.ndarray, textured: bool, bent: bool
) -> dict:
    """Split vertices at UV seams, quads into triangles, and store them with all morph targets.

    Args:
        document: Takes the arrays.
        head: Whose.
        normals: ``[V, 3]`` of the head's vertices.
        quads: The indices of the quads.
        textured: Whether UVs are needed.
        bent: Whether a normal map needs tangents.
    """
    uv = corner_uv(head)[quads].reshape(-1, 2) if textured else np.zeros((4 * len(quads), 2))
    keys = np.column_stack([head.quads[quads].reshape(-1), uv])
    unique, corner = np.unique(keys, axis=0, return_inverse=True)
    source = unique[:, 0].astype(np.int64)
    corner = corner.reshape(-1, 4)
    triangles = corner[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1).astype(np.uint32)
    attributes = {
        "POSITION": document.vertices(head.vertices[source], bounds=True),
        "NORMAL": document.vertices(normals[source]),
    }
    if textured:
        texture = np.column_stack([unique[:, 1], 1.0 - unique[:, 2]])  # glTF's v points down
        attributes["TEXCOORD_0"] = document.vertices(texture)
    if bent:
        tangents = vertex_tangents(head.vertices[source], normals[source], unique[:, 1:], triangles.reshape(-1, 3))
        attributes["TANGENT"] = document.vertices(tangents)
    return {
        "attributes": attributes,
        "indices": document.indices(triangles),
        "targets": [{"POSITION": document.offsets(basis[source])} for basis in head.expression_basis],
    }


def _material(document: _Document, head: Head, surface: Surface) -> dict:
    physical: dict = {
        "baseColorFactor": [*surface.colour, surface.opacity],
        "metallicFactor": 0.0,
        "roughnessFactor": surface.roughness,
    }
    material: dict = {
        "name": surface.name,
        "pbrMetallicRoughness": physical,
        "extensions": {"KHR_materials_ior": {"ior": IOR}},
    }
    if surface.opacity < 1:
        material["alphaMode"] = "BLEND"
    maps = head.maps
    if surface.gleam != 1:
        material["extensions"]["KHR_materials_specular"] = {"specularColorFactor": [surface.gleam] * 3}
    if surface.mapped == "lashes":
        physical["baseColorTexture"] = document.texture("lashes", lash_picture())
        material |= {"alphaMode": "BLEND", "doubleSided": True}
    elif surface.mapped in maps:
        physical["baseColorTexture"] = document.texture(surface.mapped, maps[surface.mapped].read_bytes())
    if surface.name == "skin" and "roughness" in maps:
        roughness = _grey(maps["roughness"])
        packed = np.stack([np.ones_like(roughness), roughness, np.zeros_like(roughness)], -1)
        physical["metallicRoughnessTexture"] = document.texture("roughness", encode_png(packed))
    if surface.name == "skin" and "normal" in maps:
        # 8 bit: not every reader of glTF takes 16.
        material["normalTexture"] = document.texture("normal", encode_png(read_png(maps["normal"])))
    if surface.name == "skin" and "specular_albedo" in maps:
        specular = srgb_from_linear(_grey(maps["specular_albedo"]))
        colour = document.texture("specular_albedo", encode_png(np.repeat(specular[..., None], 3, -1)))
        material["extensions"]["KHR_materials_specular"] = {
            "specularColorFactor": [2.0, 2.0, 2.0],
            "specularColorTexture": colour,
        }
    return material


def _grey(path: Path) -> np.ndarray:
    values = read_png(path)
    return values if values.ndim == 2 else values[..., 0]


class _Document:
    """A GLB under construction: the JSON and the one binary buffer behind it."""

    def __init__(self) -> None:
        self.json: dict = {
            "asset": {"version": "2.0", "generator": "Relit"},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "extensionsUsed": ["KHR_materials_ior", "KHR_materials_specular"],
            "samplers": [{"magFilter": 9729, "minFilter": 9987}],
            "bufferViews": [],
            "accessors": [],
        }
        self._binary = bytearray()

    def add(self, collection: str, item: dict) -> int:
        """Append to a top-level list and return the item's index."""
        items = self.json.setdefault(collection, [])
        items.append(item)
        return len(items) - 1

    def vertices(self, values: np.ndarray, bounds: bool = False) -> int:
        """Store ``[N, 2]``, ``[N, 3]`` or ``[N, 4]`` float32 and return the accessor."""
        view = self._view(np.ascontiguousarray(values, np.float32).tobytes(), target=_ARRAY_BUFFER)
        accessor = {
            "bufferView": view,
            "componentType": _FLOAT,
            "count": len(values),
            "type": f"VEC{values.shape[1]}",
        }
        return self.add("accessors", {**accessor, **(_bounds(values) if bounds else {})})

    def indices(self, values: np.ndarray) -> int:
        """Store ``[N]`` uint32 vertex indices and return the accessor."""
        view = self._view(values.tobytes(), target=_ELEMENT_BUFFER)
        accessor = {"bufferView": view, "componentType": _UNSIGNED, "count": len(values), "type": "SCALAR"}
        return self.add("accessors", accessor)

    def offsets(self, values: np.ndarray) -> int:
        """Store ``[N, 3]`` offsets sparsely: only those that move anything. Return the accessor."""
        moved = np.flatnonzero(np.abs(values).max(1) > SPARSE_STEP)
        kept = np.zeros_like(values, np.float32)
        kept[moved] = values[moved]
        accessor = {"componentType": _FLOAT, "count": len(values), "type": "VEC3", **_bounds(kept)}
        if len(moved):
            accessor["sparse"] = {
                "count": len(moved),
                "indices": {
                    "bufferView": self._view(moved.astype(np.uint32).tobytes()),
                    "componentType": _UNSIGNED,
                },
                "values": {"bufferView": self._view(kept[moved].tobytes())},
            }
        return self.add("accessors", accessor)

    def texture(self, name: str, png: bytes) -> dict:
        """Store a picture and return the reference to its texture."""
        image = self.add("images", {"name": name, "mimeType": "image/png", "bufferView": self._view(png)})
        return {"index": self.add("textures", {"source": image, "sampler": 0})}

    def encode(self) -> bytes:
        """Return the whole file."""
        self.json["buffers"] = [{"byteLength": len(self._binary)}]
        text = json.dumps(self.json, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        binary = bytes(self._binary) + bytes(-len(self._binary) % 4)
        total = 12 + 8 + len(text) + 8 + len(binary)
        return b"".join(
            [
                struct.pack("<4sII", b"glTF", 2, total),
                struct.pack("<I4s", len(text), b"JSON"),
                text,
                struct.pack("<I4s", len(binary), b"BIN\0"),
                binary,
            ]
        )

    def _view(self, content: bytes, target: int | None = None) -> int:
        self._binary += bytes(-len(self._binary) % 4)
        view = {"buffer": 0, "byteOffset": len(self._binary), "byteLength": len(content)}
        self._binary += content
        return self.add("bufferViews", view if target is None else {**view, "target": target})


def _bounds(values: np.ndarray) -> dict:
    return {"min": values.min(0).astype(float).tolist(), "max": values.max(0).astype(float).tolist()}
