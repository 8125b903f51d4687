"""A head as OBJ with materials, or as GLB (glTF 2.0) with PBR textures and expressions as morph targets."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .head import Head
from .mapfiles import encode_png, read_png, srgb_from_linear

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
        mapped: The map with its colour, if any.
    """

    name: str
    prefixes: tuple[str, ...]
    colour: tuple[float, float, float]
    roughness: float
    opacity: float = 1.0
    mapped: str = ""


SURFACES = (
    Surface("skin", ("skin",), (1.0, 1.0, 1.0), 1.0, mapped="diffuse_albedo"),
    Surface("eye", ("eye_",), (1.0, 1.0, 1.0), 0.35, mapped="eye_albedo"),
    Surface("cornea", ("cornea",), (1.0, 1.0, 1.0), 0.03, opacity=0.06),
    Surface("teeth", ("teeth",), (0.62, 0.56, 0.45), 0.25),
    Surface("mouth", ("gums", "tongue"), (0.32, 0.09, 0.08), 0.35),
    Surface("lashes", ("lashes",), (0.02, 0.015, 0.012), 0.6),
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
    uv, uv_index = np.unique(head.uv.reshape(-1, 2), axis=0, return_inverse=True)
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
        primitives.append({**_primitive(document, head, normals, quads), "material": materials[surface.name]})
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


def _by_surface(head: Head) -> Iterator[tuple[Surface, np.ndarray]]:
    surfaces = [surface_of(part) for part in head.part_names]
    for surface in dict.fromkeys(surfaces):
        parts = [index for index, other in enumerate(surfaces) if other is surface]
        quads = np.flatnonzero(np.isin(head.quad_part, parts))
        if len(quads):
            yield surface, quads


def _primitive(document: _Document, head: Head, normals: np.ndarray, quads: np.ndarray) -> dict:
    """Split vertices at UV seams, quads into triangles, and store them with all morph targets."""
    uv = head.uv[quads].reshape(-1, 2)
    keys = np.column_stack([head.quads[quads].reshape(-1), uv])
    unique, corner = np.unique(keys, axis=0, return_inverse=True)
    source = unique[:, 0].astype(np.int64)
    corner = corner.reshape(-1, 4)
    triangles = corner[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1).astype(np.uint32)
    texture = np.column_stack([unique[:, 1], 1.0 - unique[:, 2]]).astype(np.float32)  # glTF's v points down
    return {
        "attributes": {
            "POSITION": document.vertices(head.vertices[source], bounds=True),
            "NORMAL": document.vertices(normals[source]),
            "TEXCOORD_0": document.vertices(texture),
        },
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
    if surface.mapped in maps:
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
        """Store ``[N, 2]`` or ``[N, 3]`` float32 and return the accessor."""
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
