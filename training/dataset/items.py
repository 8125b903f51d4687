"""The reflectance data set on disk: 8-bit maps that are read by memory map, or one packed file that travels.

A folder holds ``items.json`` and five arrays (`docs/reflectance_dataset.md`); a packed file is a ZIP archive of the
same ``items.json``, WebP pictures and the charts, with pictures that several items share stored once.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.errors import FitError
from core.mapfiles import linear_from_srgb, srgb_from_linear

VERSION = 2
SLOPE_RANGE = 1.0
"""The largest tangent slope that is stored."""
DARKEST = 1e-3
QUALITY = 92
CHANNELS = {"diffuse": 3, "gloss": 2, "slopes": 2, "seen": 1}


def encode_diffuse(log_albedo: np.ndarray) -> np.ndarray:
    """Return log albedo [...,3] as sRGB-encoded albedo in 8 bits."""
    return np.round(255 * srgb_from_linear(np.exp(log_albedo))).astype(np.uint8)


@functools.lru_cache(maxsize=1)
def _log_table() -> np.ndarray:
    return np.log(np.maximum(linear_from_srgb(np.arange(256) / 255), DARKEST)).astype(np.float32)


def decode_diffuse(encoded: np.ndarray) -> np.ndarray:
    """Return the natural logarithm of the linear albedo of :func:`encode_diffuse`."""
    return _log_table()[encoded]


def encode_slopes(slopes: np.ndarray) -> np.ndarray:
    """Return tangent slopes in 8 bits, clipped to :data:`SLOPE_RANGE`."""
    return np.round(127.5 + 127.5 * np.clip(slopes / SLOPE_RANGE, -1, 1)).astype(np.uint8)


def decode_slopes(encoded: np.ndarray) -> np.ndarray:
    """Return the slopes of :func:`encode_slopes`."""
    return (encoded.astype(np.float32) - 127.5) * np.float32(SLOPE_RANGE / 127.5)


@dataclass(frozen=True, eq=False)
class ReflectanceItems:
    """All items of a data set.

    Attributes:
        facts: ``items.json`` as it is.
        diffuse: [N,S,S,3] uint8, sRGB-encoded albedo.
        gloss: [N,S,S,2] uint8, 255 times specular albedo and roughness.
        slopes: [N,S,S,2] uint8, tangent slopes n_x/n_z and n_y/n_z by :func:`encode_slopes`.
        seen: [N,S/4,S/4] uint8, 255 where a texel is the person's own and 0 where it was completed.
        covered: [S,S] bool, texels inside a chart.
    """

    facts: dict
    diffuse: np.ndarray
    gloss: np.ndarray
    slopes: np.ndarray
    seen: np.ndarray
    covered: np.ndarray

    def __len__(self) -> int:
        return len(self.items)

    @property
    def size(self) -> int:
        """Width and height of the maps."""
        return int(self.facts["size"])

    @property
    def items(self) -> list[dict]:
        """What is known of each item."""
        return self.facts["items"]

    def rows(self, split: str) -> list[int]:
        """Indices of the items of one split: ``train``, ``validation``, or ``mixed`` from people of the first."""
        return [row for row, item in enumerate(self.items) if item["split"] == split]

    def log_albedo(self, index: int, size: int | None = None) -> np.ndarray:
        """Natural logarithm of the linear diffuse albedo [size,size,3], averaged in the logarithm."""
        return _smaller(decode_diffuse(self.diffuse[index]), size)

    def specular_and_roughness(self, index: int, size: int | None = None) -> np.ndarray:
        """Specular albedo and roughness [size,size,2]."""
        return _smaller(self.gloss[index].astype(np.float32) / 255, size)

    def tangent_slopes(self, index: int, size: int | None = None) -> np.ndarray:
        """Tangent slopes n_x/n_z and n_y/n_z [size,size,2]."""
        return _smaller(decode_slopes(self.slopes[index]), size)


def _smaller(image: np.ndarray, size: int | None) -> np.ndarray:
    if size is None or size == len(image):
        return image
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)


def load(path: str | Path) -> ReflectanceItems:
    """Read a data set: its folder (memory-mapped) or its packed file (decoded into memory).

    Raises:
        FitError: when it is missing or not finished.
    """
    path = Path(path)
    if path.is_dir() and (path / "items.json").is_file():
        facts = json.loads((path / "items.json").read_text())
        arrays = {name: np.load(path / f"{name}.npy", mmap_mode="r") for name in (*CHANNELS, "covered")}
        return ReflectanceItems(facts, **arrays)
    if path.is_file() and zipfile.is_zipfile(path):
        return _load_packed(path)
    raise FitError(
        f"There is no finished reflectance data set at {path}.", "Make it with python -m training.reflectance_dataset."
    )


def _load_packed(path: Path) -> ReflectanceItems:
    with zipfile.ZipFile(path) as archive:
        facts = json.loads(archive.read("items.json"))
        covered = np.load(io.BytesIO(archive.read("covered.npy")))
        count, size, arrays = len(facts["items"]), int(facts["size"]), {}
        for name, channels in CHANNELS.items():
            side = map_side(name, size)
            arrays[name] = np.empty((count, side, side, channels), np.uint8)
            for index, source in enumerate(facts["pictures"][name]):
                if source == index:
                    arrays[name][index] = _decoded(archive.read(f"{name}/{index:04d}.webp"), channels, side)
                else:
                    arrays[name][index] = arrays[name][source]
    arrays["seen"] = arrays["seen"][..., 0]
    return ReflectanceItems(facts, covered=covered, **arrays)


def map_side(name: str, size: int) -> int:
    """Return the width and height of the maps of one kind in a data set of ``size``."""
    return size // 4 if name == "seen" else size


def pack(folder: Path, path: Path, slope_size: int | None = None, report: Callable[[str], None] = print) -> None:
    """Write a data set's folder as one file.

    Args:
        folder: a finished data set.
        path: file to write.
        slope_size: width and height of the packed slopes, which compress worst; the maps' own when None.
        report: gets a line of progress now and then.
    """
    data = load(folder)
    facts = dict(data.facts, pictures={name: [] for name in CHANNELS})
    part = path.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        for name in CHANNELS:
            known: dict[bytes, int] = {}
            for index, image in enumerate(getattr(data, name)):
                key = hashlib.sha256(image.tobytes()).digest()
                if key not in known:
                    known[key] = index
                    archive.writestr(f"{name}/{index:04d}.webp", _encoded(image, name, slope_size))
                facts["pictures"][name].append(known[key])
            report(f"packed {name}: {len(known)} pictures, {archive.fp.tell() / 1e6:.1f} MB so far")
        covered = io.BytesIO()
        np.save(covered, data.covered)
        archive.writestr("covered.npy", covered.getvalue(), zipfile.ZIP_DEFLATED)
        archive.writestr("items.json", json.dumps(facts), zipfile.ZIP_DEFLATED)
    part.replace(path)


def _encoded(image: np.ndarray, name: str, slope_size: int | None) -> bytes:
    """Return a map as a WebP picture; WebP halves the resolution of colour, so that all but albedo lie in grey."""
    if name == "slopes" and slope_size:
        image = cv2.resize(image, (slope_size, slope_size), interpolation=cv2.INTER_AREA)
    if name != "diffuse":
        grey = np.concatenate(np.moveaxis(np.atleast_3d(image), 2, 0), axis=1)
        image = np.repeat(grey[..., None], 3, axis=2)
    options = [cv2.IMWRITE_WEBP_QUALITY, QUALITY]
    return cv2.imencode(".webp", np.ascontiguousarray(image[..., ::-1]), options)[1].tobytes()


def _decoded(data: bytes, channels: int, side: int) -> np.ndarray:
    """Return the map [side,side,channels] of :func:`_encoded`."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    if channels != 3:
        image = np.stack(np.split(image[..., 0], channels, axis=1), 2)
    if len(image) != side:
        image = cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC)
    return image.reshape(side, side, channels)
