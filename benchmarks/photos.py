"""Many people on one picture: photo, re-render, clay, relit, maps. What the figures are judged against."""

from __future__ import annotations

import json
import time
from pathlib import Path

import cv2
import numpy as np

from core.errors import FitError
from core.head import read_head
from core.mapfiles import read_png
from core.pipeline import fit_head
from core.preview import crop
from core.relight import render_clay, render_hdri, render_photo
from core.settings import FitSettings

CELL = 288


def run(photos: list[Path], out: Path, size: int, hdris: list[Path]) -> int:
    """Reconstruct each photo, write its row to the sheet; a refusal is written down with its sentence."""
    out.mkdir(parents=True, exist_ok=True)
    rows, record = [], []
    for photo in photos:
        start = time.perf_counter()
        try:
            folder = fit_head([photo], out / photo.stem, FitSettings(map_size=size), lambda *_: None)
            row = head_row(folder, hdris)
            cv2.imwrite(str(folder / "row.jpg"), row[..., ::-1])
            rows.append(row)
            outcome = "ok"
        except FitError as error:
            outcome = f"{error.message} {error.hint}"
        record.append(
            {"photo": photo.name, "outcome": outcome, "seconds": round(time.perf_counter() - start, 2)}
        )
        print(f"{photo.name}: {outcome} ({record[-1]['seconds']} s)", flush=True)
    (out / "photos.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
    if rows:
        cv2.imwrite(str(out / "sheet.jpg"), np.concatenate(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    return 0


def head_row(folder: Path, hdris: list[Path]) -> np.ndarray:
    """Return one person's row of cells, uint8 sRGB."""
    head = read_head(folder)
    photo = cv2.imread(str(head.photos[0]))[..., ::-1]
    window = window_of(head)
    cells = [crop(photo, window, CELL), crop(render_photo(head, 0), window, CELL)]
    cells += [fit(render_clay(head, "front", CELL)), fit(render_clay(head, "side", CELL))]
    for index, hdri in enumerate(hdris):
        view = "front" if index % 2 == 0 else "three_quarter"
        cells.append(fit(render_hdri(head, hdri, view, CELL)))
    cells += [
        fit(np.round(read_png(head.maps[name]) * 255)) for name in ("diffuse_albedo", "normal", "provenance")
    ]
    return np.concatenate(cells, axis=1)


def window_of(head) -> tuple[int, int, int]:
    """Return the square around the head in its photo as (left, top, side)."""
    face = head.posed_vertices(0)[head.regions["face"]]
    camera = head.camera_from_world[0]
    seen = face @ camera[:3, :3].T + camera[:3, 3]
    pixels = head.focal_px[0] * seen[:, :2] / seen[:, 2:] + head.principal_px[0]
    low, high = pixels.min(0), pixels.max(0)
    side = int((high - low).max() * 1.7)
    centre = (low + high) / 2
    return int(centre[0] - side / 2), int(centre[1] - side / 2), side


def fit(image: np.ndarray) -> np.ndarray:
    """Return the image as a cell of the sheet."""
    image = image if image.ndim == 3 else np.repeat(image[..., None], 3, 2)
    return cv2.resize(image.astype(np.uint8), (CELL, CELL), interpolation=cv2.INTER_AREA)
