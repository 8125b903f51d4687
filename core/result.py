"""A finished reconstruction as the files of a head folder."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from .fitting.fit import Fit
from .fitting.teeth import TEETH_HEIGHT, with_teeth
from .head import Head, fill_head_folder, read_head
from .mapfiles import encode_png, srgb_from_linear
from .photos.views import View
from .reflectance.directions import GENERATOR_FILE, file_digest
from .reflectance.maps import ReflectanceMaps
from .reflectance.skin_code import CODE, GENERATOR
from .settings import FitSettings
from .shape.morphable import MorphableModel


def relit_version() -> str:
    """Return the version of Relit, from the one place where it is written."""
    manifest = Path(__file__).resolve().parents[1] / "blender_manifest.toml"
    return tomllib.loads(manifest.read_text(encoding="utf-8"))["version"]


def head_arrays(model: MorphableModel, fit: Fit, views: Sequence[View]) -> dict[str, np.ndarray]:
    """Return every array of ``head.npz`` (``docs/head_format.md``)."""
    vertices = with_teeth(model, model.vertices(fit.identity), float(fit.extra.get(TEETH_HEIGHT, 0.0)))
    centre, radius = model.eyeballs(vertices)
    return {
        "vertices": vertices,
        "quads": model.quads,
        "quad_part": model.quad_part,
        "part_names": np.array(model.part_names),
        "uv": model.uv,
        "expression_names": np.array(model.expression_names),
        "expression_basis": model.expression_basis.astype(np.float16),
        "photo_expression": fit.expressions,
        "region_names": np.array(list(model.regions)),
        "regions": np.stack(list(model.regions.values())),
        "mirror": model.mirror,
        "hm08_index": model.hm08_index,
        "eye_centre": centre,
        "eye_radius": radius,
        "camera_from_world": np.stack([view.camera.camera_from_world for view in views]).astype(np.float32),
        "focal_px": np.array([view.camera.focal_px for view in views], np.float32),
        "principal_px": np.stack([view.camera.principal_px for view in views]).astype(np.float32),
        "image_size": np.array([(view.camera.width, view.camera.height) for view in views], np.int32),
    }


def map_files(maps: ReflectanceMaps, eyes: np.ndarray) -> dict[str, bytes]:
    """Return the maps as PNG files by name: colours sRGB-encoded, data linear."""
    return {
        "diffuse_albedo.png": encode_png(srgb_from_linear(maps.diffuse_albedo)),
        "specular_albedo.png": encode_png(maps.specular_albedo, bits=16),
        "roughness.png": encode_png(maps.roughness, bits=16),
        "normal.png": encode_png(maps.normal * 0.5 + 0.5, bits=16),
        "provenance.png": encode_png(maps.provenance),
        "eye_albedo.png": encode_png(srgb_from_linear(eyes)),
    }


def fit_record(
    fit: Fit, views: Sequence[View], settings: FitSettings, model: MorphableModel, warnings: list[str]
) -> dict:
    """Return what ``fit.json`` holds: all that is needed to render the photos again."""
    versions = {"relit": relit_version(), "shape_model": model.version, "torch": torch.__version__}
    if CODE in fit.extra:
        versions[GENERATOR] = file_digest(GENERATOR_FILE)
    return {
        "versions": versions,
        "seed": settings.seed,
        "settings": settings.to_dict(),
        "photos": [_photo_record(view) for view in views],
        "warnings": warnings,
        **fit.to_dict(),
    }


def _photo_record(view: View) -> dict:
    """Where a photo came from, and the artist's pins where there are any."""
    pins = {"pins": [list(pin) for pin in view.landmarks.pins]} if view.landmarks.pins else {}
    return {"path": str(view.photo.path), "sha256": view.photo.sha256, **pins}


def write_result(
    folder: Path,
    model: MorphableModel,
    views: Sequence[View],
    fit: Fit,
    maps: ReflectanceMaps,
    eyes: np.ndarray,
    settings: FitSettings,
    warnings: list[str],
) -> Head:
    """Fill ``folder`` with everything a head folder holds but the preview and the timings."""
    files = map_files(maps, eyes)
    files |= {f"photo_{i}.png": encode_png(view.photo.srgb8 / np.float32(255)) for i, view in enumerate(views)}
    fill_head_folder(folder, head_arrays(model, fit, views), fit_record(fit, views, settings, model, warnings), files)
    return read_head(folder)
