"""A head that exists with some sliders of its skin moved: no photo is fitted again.

The person's own maps are changed by what the generator's maps change, so that everything the photos showed stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from .camera import Camera
from .errors import FitError
from .head import ARRAYS_FILE, PREVIEW_FILE, Head, fill_head_folder, new_head_folder, read_head
from .joint_fit import CODE
from .mapfiles import encode_png, linear_from_srgb, read_png, srgb_from_linear
from .preview import crop
from .reflectance.directions import LatentDirections, load_directions
from .reflectance.generator import ReflectanceGenerator, load_generator
from .relight import render_photo

EDITS = "edits"
"""Name in `fit.json` of all changes since the photos, units by slider."""
LEAST, MOST = 0.004, 0.95
"""Albedo."""
PREVIEW_MARGIN = 1.6
"""Side of the preview's square, in sizes of the face."""
GLOSS = {"specular_albedo": "specular", "roughness": "roughness"}


@dataclass(frozen=True, eq=False)
class MapChange:
    """What sliders change at every texel of the UV tile; row 0 is v = 1.

    Attributes:
        log_albedo: [S,S,3] added to the logarithm of the linear diffuse albedo.
        specular, roughness: [S,S] multiplied.
        slopes: [S,S,2] added to the tangent slopes.
    """

    log_albedo: np.ndarray
    specular: np.ndarray
    roughness: np.ndarray
    slopes: np.ndarray


def edit_head(
    folder: Path,
    changes: Mapping[str, float],
    out: Path,
    directions: LatentDirections | None = None,
    generator: ReflectanceGenerator | None = None,
) -> Path:
    """Write a new head folder with some sliders of the skin moved.

    Args:
        folder: the head as it is; it stays, unless it is ``out``.
        changes: units by slider, see `LatentDirections.edited`.
        out: the head folder to make.
        directions, generator: the shipped ones by default.

    Raises:
        FitError: the head has no code, a slider does not exist, or files are missing or damaged.
    """
    directions = directions or load_directions()
    head = read_head(folder)
    code = head.fit.get("extra", {}).get(CODE)
    if code is None:
        raise FitError(
            f"The skin of {head.folder.name} cannot be edited: it was made without the reflectance generator.",
            "Reconstruct the head again at standard or best quality.",
        )
    code = np.asarray(code, np.float32)
    edited = directions.edited(code, changes)
    change = map_change(generator or load_generator(), directions, code, changes)
    files: dict[str, bytes | Path] = {path.name: path for path in (*head.maps.values(), *head.photos)}
    files |= {f"{name}.png": content for name, content in changed_maps(head, change).items()}
    record = dict(head.fit)
    record["extra"] = {**head.fit["extra"], CODE: edited.tolist()}
    before = head.fit.get(EDITS, {})
    record[EDITS] = {name: before.get(name, 0.0) + changes.get(name, 0.0) for name in {**before, **changes}}
    with np.load(head.folder / ARRAYS_FILE, allow_pickle=False) as archive:
        arrays = dict(archive.items())
    with new_head_folder(out) as part:
        fill_head_folder(part, arrays, record, files)
        picture = crop(render_photo(read_head(part), 0), _face_window(head))
        (part / PREVIEW_FILE).write_bytes(encode_png(picture / np.float32(255)))
    return Path(out)


@torch.no_grad()
def map_change(
    generator: ReflectanceGenerator, directions: LatentDirections, code: np.ndarray, changes: Mapping[str, float]
) -> MapChange:
    """Return how the maps of a code [D] change with some sliders."""
    codes = torch.from_numpy(np.stack([code, directions.edited(code, changes)])).to(generator.w_average)
    maps = generator.synthesis(codes, generator.config.size)
    log_albedo, slopes = (_last(image[1] - image[0]) for image in (maps.log_albedo, maps.slopes))
    specular, roughness = (
        _last(image[1].clamp(min=1e-3) / image[0].clamp(min=1e-3))[..., 0] for image in (maps.specular, maps.roughness)
    )
    green = float(maps.albedo[1, 1].mean())
    for name, layer in directions.layers.items():
        if amount := changes.get(name, 0.0):
            log_albedo = log_albedo + amount * _resized(layer.on(green), len(log_albedo))
            slopes = slopes + amount * _resized(layer.slopes, len(slopes))
    return MapChange(log_albedo, specular, roughness, slopes)


def changed_maps(head: Head, change: MapChange) -> dict[str, bytes]:
    """Return a head's maps with a change applied, as PNG files by name."""
    albedo = linear_from_srgb(read_png(head.maps["diffuse_albedo"]))
    albedo = np.clip(albedo * np.exp(_resized(change.log_albedo, len(albedo))), LEAST, MOST)
    files = {"diffuse_albedo": encode_png(srgb_from_linear(albedo))}
    for name, attribute in GLOSS.items():
        if name in head.maps:
            image = read_png(head.maps[name])
            files[name] = encode_png(image * _resized(getattr(change, attribute), len(image)), bits=16)
    if "normal" in head.maps:
        normal = read_png(head.maps["normal"]) * 2 - 1
        slopes = normal[..., :2] / np.maximum(normal[..., 2:], 0.1) + _resized(change.slopes, len(normal))
        normal = np.concatenate([slopes, np.ones_like(slopes[..., :1])], -1)
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
        files["normal"] = encode_png(normal * 0.5 + 0.5, bits=16)
    return files


def _face_window(head: Head) -> tuple[int, int, int]:
    """Return the square around the face in the first photo as (left, top, side) in its pixels."""
    width, height = (int(side) for side in head.image_size[0])
    camera = Camera(head.focal_px[0], head.principal_px[0], width, height, head.camera_from_world[0])
    pixels, _ = camera.project(head.posed_vertices(0)[head.regions["face"]])
    low, high = pixels.min(0), pixels.max(0)
    side = round(PREVIEW_MARGIN * float((high - low).max()))
    left, top = (low + high) / 2 - side / 2
    return int(left), int(top), side


def _last(image: torch.Tensor) -> np.ndarray:
    return image.permute(1, 2, 0).cpu().numpy()


def _resized(image: np.ndarray, size: int) -> np.ndarray:
    return cv2.resize(np.ascontiguousarray(image, np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
