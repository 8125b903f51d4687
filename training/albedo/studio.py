"""What is known of the photographed people beside their albedo: their photos, ages, and how their skin shone."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from core.completion.atlas import Atlas
from core.shape.morphable import MorphableModel

from .photos import Unwrapped, balance_exposures, delight_photo, mean_tones, unwrap_photos
from .scans import SCANS

PHOTO_FILES = {"london": "london/{}_neutral.jpg", "canada": "canada/{}.jpg"}


def studio_photo(
    model: MorphableModel, atlas: Atlas, name: str, tone_weight: np.ndarray, shared: Path, cache: Path
) -> Unwrapped:
    """Return the unwrapped photo of a person by name; the Ontario set's exposures are made equal."""
    source, person = name.split(" ", 1)
    path = shared / "photos" / PHOTO_FILES[source].format(person)
    photo = unwrap_photos(model, atlas, [path], cache)[path.stem]
    return balance_exposures([photo], tone_weight)[0] if source == "canada" else photo


def oiliness(
    model: MorphableModel,
    atlas: Atlas,
    log_albedo: dict[str, np.ndarray],
    lights: dict[str, np.ndarray],
    tone_weight: np.ndarray,
    shared: Path,
    cache: Path,
) -> dict[str, float]:
    """Return how strong each person's highlights were, in standard deviations of their set.

    What goes along with skin tone is taken out of it: on dark skin more of what is seen is highlight, and the
    separation of the two is not that good.

    Args:
        log_albedo: [N,3] by name.
        lights: [25,3] by set.
        tone_weight: [N] where it is measured.
    """
    result = {}
    for source, light in lights.items():
        names = [name for name in log_albedo if name.startswith(source)]
        shine = []
        for name in names:
            photo = studio_photo(model, atlas, name, tone_weight, shared, cache)
            matte = delight_photo(photo, light, np.exp(log_albedo[name][photo.texels]))
            shine.append(measured_shine(photo, light, matte, tone_weight))
        tones = mean_tones(np.stack([log_albedo[name] for name in names]), np.tile(tone_weight, (len(names), 1)))
        known = np.column_stack([np.ones(len(names)), tones[:, 1]])
        rest = shine - known @ np.linalg.lstsq(known, np.array(shine), rcond=None)[0]
        result |= dict(zip(names, np.clip(rest / max(rest.std(), 1e-6), -2.5, 2.5).tolist()))
    return result


def measured_shine(photo: Unwrapped, light: np.ndarray, matte: np.ndarray, weight: np.ndarray) -> float:
    """Return the logarithm of the highlight on cheeks and forehead over what the set's average skin would show.

    Args:
        matte: [M,3] log albedo without highlights.
        weight: [N] where it is measured.
    """
    weight = weight[photo.texels] * photo.confidence
    shading = np.maximum(photo.transfer @ light, 0.02)
    highlight = np.maximum(photo.colour - np.exp(matte) * shading, 0).mean(1)
    predicted = np.maximum(photo.gloss @ light, 0).mean(1)
    return float(np.log(max(weight @ highlight, 1e-6) / max(weight @ predicted, 1e-6)))


def person_facts(shared: Path) -> dict[str, tuple[int | None, str | None]]:
    """Return age and sex by name: of the photographed people as published, of painted skins the sex only."""
    facts = {}
    for source in ("london", "canada"):
        with (shared / "photos" / f"{source}_info.csv").open() as file:
            for row in csv.DictReader(file):
                age = row["face_age"].split(".")[0]
                facts[f"{source} {row['face_id']}"] = (int(age) if age.isdigit() else None, row["face_gender"] or None)
    facts |= {f"scan {name}": (None, scan.sex) for name, scan in SCANS.items()}
    for path in (shared / "skins").glob("*.jpg"):
        facts[f"makehuman {path.stem}"] = (None, "female" if "female" in path.stem else "male")
    return facts
