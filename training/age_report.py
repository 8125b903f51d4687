"""What the slider of age does to finished heads, in figures and in a picture: one row a head, five ages.

python -m training.age_report HEAD... --hdri LIGHT.hdr --sheet docs/images/age.jpg
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from core.completion.atlas import build_atlas
from core.head import Head, read_head
from core.head_edit import edit_head
from core.mapfiles import linear_from_srgb, read_png, resized, slopes_from_normals
from core.reflectance.prior import load_prior
from core.reflectance.skin_age import LEAST
from core.reflectance.tone import individual_typology_angle
from core.render.relight import render_hdri
from core.shape.morphable import load_model
from core.shape.shape_age import AGE
from core.shape.shape_sliders import SLIDERS, load_sliders
from training.dataset.labels import measured_labels
from training.directions.measures import relief_of
from training.skin.surface import Canvas, Skin, make_canvas
from training.skin.tone import mean_colours

AGES = (-3.0, -1.5, 0.0, 2.5, 5.0)
SIZE = 512
SHAPE = ("lower_lip", "upper_lip", "ear_size", "nose_tip", "eye_opening")
CELL, FACE = 300, 0.6
"""Pixels of a cell, and the share of the rendered picture that it shows."""


def measures(head: Head, canvas: Canvas) -> dict[str, float]:
    """Return how old a head looks: relief in hundredths of slope, colours as the data set's labels, degrees of tone,
    millimetres of shape above the average head."""
    albedo = resized(linear_from_srgb(read_png(head.maps["diffuse_albedo"])), SIZE)
    texels = canvas.atlas.gather(np.log(np.maximum(albedo, LEAST)))
    slopes = resized(slopes_from_normals(read_png(head.maps["normal"])), SIZE)
    plain = canvas.share("cheeks", "forehead")
    nothing = np.zeros(len(texels), np.float32)
    labels = measured_labels(canvas, Skin(texels, nothing, nothing, nothing))
    found = {
        "relief": relief_of(canvas, slopes),
        "spots": labels["freckles"],
        "redness": labels["redness"],
        "angle": float(individual_typology_angle(mean_colours(texels[None], plain))[0]),
    }
    sliders, identity = load_sliders(), np.asarray(head.fit["identity"])
    values = dict(zip([slider.name for slider in SLIDERS], 1000 * sliders.deviation * (sliders.measures @ identity)))
    return {name: round(value, 2) for name, value in (found | {name: float(values[name]) for name in SHAPE}).items()}


def row(folder: Path, hdri: Path, canvas: Canvas) -> tuple[np.ndarray, dict[str, list[float]]]:
    """Return a head's picture at all ages [CELL, 5 CELL, 3] BGR, and its measures at each."""
    cells, found = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for age in AGES:
            head = read_head(edit_head(folder, {AGE: age}, Path(scratch) / f"{age:g}"))
            found.append(measures(head, canvas))
            side = round(CELL / FACE)
            picture, edge = render_hdri(head, hdri, size=side), (side - CELL) // 2
            cells.append(picture[edge : edge + CELL, edge : edge + CELL, ::-1])
    return np.hstack(cells), {name: [one[name] for one in found] for name in found[0]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and draw."""
    parser = argparse.ArgumentParser(prog="python -m training.age_report", description=__doc__.splitlines()[0])
    parser.add_argument("heads", type=Path, nargs="+", help="head folders")
    parser.add_argument("--hdri", type=Path, required=True, help="the light of the picture")
    parser.add_argument("--sheet", type=Path, required=True)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    model = load_model()
    canvas = make_canvas(model, build_atlas(model, SIZE), load_prior())
    rows = [row(folder, options.hdri, canvas) for folder in options.heads]
    sheet = np.ascontiguousarray(np.vstack([picture for picture, _ in rows]))
    for column, age in enumerate(AGES):
        at = (column * CELL + 8, 20)
        cv2.putText(sheet, f"{age:+g}", at, cv2.FONT_HERSHEY_SIMPLEX, 0.55, (255, 255, 255), 1, cv2.LINE_AA)
    cv2.imwrite(str(options.sheet), sheet)
    print(
        json.dumps({"ages": AGES} | {folder.name: found for folder, (_, found) in zip(options.heads, rows)}, indent=1)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
