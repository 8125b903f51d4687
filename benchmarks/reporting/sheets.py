"""Contact sheets: rows of pictures with captions, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.errors import FitError

WIDTH = 1600
GAP = 6
TEXT_SIZE = 16
LABEL_WIDTH = 150
BACKGROUND, INK, EMPTY = (250, 250, 250), (20, 20, 20), (225, 225, 225)


@dataclass(frozen=True, eq=False)
class Cell:
    """A picture and what is said of it.

    Attributes:
        image: [H, W, 3] sRGB-encoded, uint8 or floats in [0, 1]; [H, W] is grey; None leaves the cell empty.
        caption: below it; lines are broken where they do not fit.
    """

    image: np.ndarray | None
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Row:
    """Pictures that belong together (one photo, one cell a method)."""

    label: str
    cells: Sequence[Cell]


def draw_sheet(rows: Sequence[Row], heads: Sequence[str] = (), width: int = WIDTH) -> Image.Image:
    """Lay out rows of pictures; every picture is fitted into a cell of one shape.

    Args:
        rows: with any number of cells; short rows leave the rest of the line empty.
        heads: titles of the columns.
        width: of the sheet in pixels.

    Raises:
        FitError: There is nothing to show.
    """
    columns = max((len(row.cells) for row in rows), default=0)
    if columns == 0:
        raise FitError("A contact sheet needs at least one picture.", "Run the benchmark on more photos.")
    font = ImageFont.load_default(TEXT_SIZE)
    side = (width - LABEL_WIDTH - GAP * (columns + 1)) // columns
    shapes = [cell.image.shape for row in rows for cell in row.cells if cell.image is not None]
    aspect = float(np.clip(np.median([shape[0] / shape[1] for shape in shapes]), 0.5, 2.0)) if shapes else 1.0
    height = round(side * aspect)
    line = TEXT_SIZE + 4
    captions = [[_broken(cell.caption, font, side) for cell in row.cells] for row in rows]
    row_heights = [height + GAP + line * max(len(text) for text in texts) + GAP for texts in captions]
    titles = [_broken(head, font, side) for head in heads]
    top = GAP + line * max((len(title) for title in titles), default=0)
    sheet = Image.new("RGB", (width, top + sum(row_heights) + GAP), BACKGROUND)
    pen = ImageDraw.Draw(sheet)
    for column, title in enumerate(titles):
        _write(pen, title, LABEL_WIDTH + GAP + column * (side + GAP), GAP, font)
    for row, texts, row_height in zip(rows, captions, row_heights, strict=True):
        _write(pen, _broken(row.label, font, LABEL_WIDTH - GAP), GAP, top + GAP, font)
        for column, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            left = LABEL_WIDTH + GAP + column * (side + GAP)
            _place(sheet, pen, cell.image, (left, top, side, height))
            _write(pen, text, left, top + height + 2, font)
        top += row_height
    return sheet


def write_sheet(path: Path, rows: Sequence[Row], heads: Sequence[str] = (), width: int = WIDTH) -> Path:
    """Draw a sheet into a PNG or JPEG file; the suffix decides."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draw_sheet(rows, heads, width).save(path, quality=88, optimize=True)
    return path


def _place(sheet: Image.Image, pen: ImageDraw.ImageDraw, image: np.ndarray | None, box: tuple) -> None:
    left, top, width, height = box
    if image is None:
        pen.rectangle((left, top, left + width - 1, top + height - 1), fill=EMPTY)
        return
    pixels = image if image.dtype == np.uint8 else np.round(np.clip(np.nan_to_num(image), 0, 1) * 255).astype(np.uint8)
    picture = Image.fromarray(pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, 2))
    scale = min(width / picture.width, height / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    picture = picture.resize(size, Image.Resampling.LANCZOS)
    sheet.paste(picture, (left + (width - size[0]) // 2, top + (height - size[1]) // 2))


def _broken(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    """Lines of a text that fit into a width; a word that does not is cut."""
    lines: list[str] = []
    for paragraph in text.split("\n") if text else []:
        line = ""
        for word in paragraph.split(" "):
            while font.getlength(word) > width and len(word) > 1:
                cut = next(n for n in range(len(word) - 1, 0, -1) if n == 1 or font.getlength(word[:n]) <= width)
                lines += [line] if line else []
                lines.append(word[:cut])
                line, word = "", word[cut:]
            joined = f"{line} {word}" if line else word
            if line and font.getlength(joined) > width:
                lines.append(line)
                joined = word
            line = joined
        lines.append(line)
    return lines


def _write(pen: ImageDraw.ImageDraw, lines: Sequence[str], left: int, top: int, font) -> None:
    for number, line in enumerate(lines):
        pen.text((left, top + number * (TEXT_SIZE + 4)), line, fill=INK, font=font)
