"""Contact sheets of ``python -m benchmarks accuracy``: the true head and the fitted ones, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.mapfiles import srgb_from_linear

from ..metrics.relit import exposure_of
from ..reporting.sheets import Cell, Row, write_sheet
from ..truth.records import HeldOut, TruthPhoto

ROWS_A_SHEET = 10
ALBEDO_SIDE = 256


def keep_pictures(out: Path, photo: TruthPhoto, method: str, head: Path, relit: Sequence[np.ndarray]) -> None:
    """Write the pictures of one method's head that the sheets show."""
    place = _place(out, photo, method)
    place.mkdir(parents=True, exist_ok=True)
    for name in ("preview", "diffuse_albedo"):
        picture = cv2.imread(str(head / f"{name}.png"))
        _write(place / f"{name}.jpg", cv2.resize(picture, (ALBEDO_SIDE,) * 2, interpolation=cv2.INTER_AREA))
    for view, image in zip(photo.relit, relit):
        _write(place / f"{view.view}.jpg", displayed(image, view)[..., ::-1])


def write_sheets(
    out: Path, photos: Sequence[TruthPhoto], methods: Sequence[str], records: Sequence[Mapping[str, Any]]
) -> list[Path]:
    """Write ``sheet_VIEW_N.jpg`` for both held-out views, some rows each; return their paths."""
    found = {(record["item"], record["method"]): record for record in records}
    paths = []
    for number, view in enumerate(("photo", "turned")):
        rows = [_row(out, photo, methods, found, number) for photo in photos]
        heads = ["photo", f"{methods[0]} in its light", "truth relit", *(f"{name} relit" for name in methods)]
        heads += ["true albedo", f"{methods[0]} albedo"]
        for first in range(0, len(rows), ROWS_A_SHEET):
            path = out / f"sheet_{view}_{first // ROWS_A_SHEET + 1}.jpg"
            paths.append(write_sheet(path, rows[first : first + ROWS_A_SHEET], heads))
    return paths


def displayed(image: np.ndarray, truth: HeldOut) -> np.ndarray:
    """Return a picture [h,w,4] of linear light as uint8 sRGB, exposed as the true head's is."""
    exposure = exposure_of(truth.image, truth.image[..., 3] > 0.5)
    linear = np.nan_to_num(image[..., :3]) * exposure
    backdrop = 0.03 * (1 - np.clip(image[..., 3:], 0, 1))
    return np.round(255 * srgb_from_linear(linear + backdrop)).astype(np.uint8)


def _row(out: Path, photo: TruthPhoto, methods: Sequence[str], found: Mapping, number: int) -> Row:
    view, ours, record = photo.relit[number], methods[0], found.get((photo.name, methods[0]))
    meta = photo.meta
    cells = [Cell(_read(photo.path)), Cell(_read(_place(out, photo, ours) / "preview.jpg"), _said(record, "rigid"))]
    cells.append(Cell(displayed(view.image, view), view.light))
    for name in methods:
        record = found.get((photo.name, name))
        cells.append(Cell(_read(_place(out, photo, name) / f"{view.view}.jpg"), _said(record, "relit", view.view)))
    true_albedo = cv2.resize(photo.head.albedo, (ALBEDO_SIDE,) * 2, interpolation=cv2.INTER_AREA)
    cells.append(Cell(srgb_from_linear(true_albedo), f"Monk {meta['tone']}"))
    albedo = _read(_place(out, photo, ours) / "diffuse_albedo.jpg")
    cells.append(Cell(albedo, _said(found.get((photo.name, ours)), "albedo")))
    label = f"{photo.name}\n{meta['light_kind']}, yaw {meta['yaw_degrees']:.0f}, {meta['lens_mm']:.0f} mm"
    return Row(f"{label}, {meta['distance_m']:.1f} m", cells)


def _said(record: Mapping[str, Any] | None, what: str, view: str = "") -> str:
    """Return a caption: the figure that the picture stands for."""
    if record is None:
        return ""
    if record["failure"]:
        return record["failure"]
    figures = record["figures"]
    captions = {
        "rigid": ("rigid_median_mm", "{:.2f} mm"),
        "relit": (f"relit_{view}_psnr", "{:.1f} dB"),
        "albedo": ("ita_bias_degrees", "ITA {:+.0f}"),
    }
    figure, form = captions[what]
    value = figures.get(figure)
    return form.format(value) if value is not None else ""


def _place(out: Path, photo: TruthPhoto, method: str) -> Path:
    return out / "pictures" / photo.name / method


def _write(path: Path, bgr: np.ndarray) -> None:
    cv2.imwrite(str(path), bgr, [cv2.IMWRITE_JPEG_QUALITY, 90])


def _read(path: Path) -> np.ndarray | None:
    picture = cv2.imread(str(path))
    return None if picture is None else picture[..., ::-1]
