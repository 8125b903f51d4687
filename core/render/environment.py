"""Environment maps: equirectangular images of linear radiance, as Blender's Environment Texture reads them.

The head stands in Blender with Z up and looks to -Y, so the head frame's (x, y, z) is Blender's
(x, -z, y). Blender maps the centre of the image to its +X and the quarter to its left to +Y. Hence, in the
head frame and with the default mapping: u = 1/2 + atan2(z, x) / 2 pi, v = 1/2 + asin(y) / pi. The face
looks at u = 3/4, the person's left is the centre of the image, and row 0 is straight up.
"""

from __future__ import annotations

import math
import pathlib

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..errors import FitError
from .lighting import Lights, sh_basis

_LUMINANCE = (0.2126, 0.7152, 0.0722)


def load_hdri(path: pathlib.Path | str) -> Tensor:
    """An equirectangular .hdr or .exr image as linear radiance [H, W, 3] float32, row 0 up.

    Raises:
        FitError: the file is missing, cannot be read, or is no picture of high dynamic range.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FitError(f"There is no environment map at {path}.", "Choose an existing .hdr or .exr file.")
    if path.suffix.lower() not in (".hdr", ".exr"):
        raise FitError(
            f"{path.name} is no environment map: its name ends in neither .hdr nor .exr.",
            "Choose a Radiance .hdr or OpenEXR .exr file.",
        )
    image = _read_exr(path) if path.suffix.lower() == ".exr" else _read_hdr(path)
    if image is None or image.ndim != 3 or image.shape[2] < 3 or image.dtype != np.float32:
        raise FitError(f"{path.name} is no readable environment map.", "Choose another .hdr or .exr file.")
    radiance = np.nan_to_num(image[..., :3], nan=0.0, posinf=65504.0, neginf=0.0)
    return torch.from_numpy(np.ascontiguousarray(radiance)).clamp(min=0)


def _read_hdr(path: pathlib.Path) -> np.ndarray | None:
    import cv2

    try:
        image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    return image if image is None or image.ndim != 3 else image[..., 2::-1]


def _read_exr(path: pathlib.Path) -> np.ndarray | None:
    """The colours [H, W, 3] float32 of an OpenEXR file's first part, or None."""
    import OpenEXR

    try:
        with OpenEXR.File(str(path)) as file:
            channels = file.channels()
            colours = next((channels[name].pixels for name in ("RGB", "RGBA") if name in channels), None)
    except RuntimeError:
        return None
    return None if colours is None else np.asarray(colours[..., :3], np.float32)


def equirect_to_direction(uv: Tensor) -> Tensor:
    """Unit directions [..., 3] in the head frame of places [..., 2] in the image (v up)."""
    longitude, latitude = (uv[..., 0] - 0.5) * (2 * math.pi), (uv[..., 1] - 0.5) * math.pi
    flat = latitude.cos()
    return torch.stack([flat * longitude.cos(), latitude.sin(), flat * longitude.sin()], -1)


def direction_to_equirect(direction: Tensor) -> Tensor:
    """Places [..., 2] in the image (v up) of unit directions [..., 3] in the head frame."""
    x, y, z = direction.unbind(-1)
    u = 0.5 + torch.atan2(z, x) / (2 * math.pi)
    return torch.stack([u, 0.5 + y.clamp(-1, 1).asin() / math.pi], -1)


def project_environment(equirect: Tensor, order: int = 4) -> Tensor:
    """Radiance coefficients [(order + 1)^2, 3] of an equirectangular image [H, W, 3]."""
    direction, energy = _texels(equirect, (128, 256))
    return sh_basis(direction, order).t() @ energy


def importance_lights(equirect: Tensor, count: int = 32) -> Lights:
    """The whole environment as `count` directional lights of about equal energy (Debevec 2005, median cut).

    The region that holds the most light is cut where its halves hold the same, across its longer side;
    each region becomes one light at its centroid. More lights fall where the environment is bright.
    """
    rows, columns = min(128, equirect.shape[0]), min(256, equirect.shape[1])
    direction, energy = _texels(equirect, (rows, columns))
    weight = (energy @ energy.new_tensor(_LUMINANCE)).view(rows, columns)
    regions = [(0, rows, 0, columns)]
    while len(regions) < count:
        splittable = [r for r in regions if (r[1] - r[0]) * (r[3] - r[2]) > 1]
        if not splittable:
            break
        brightest = max(splittable, key=lambda r: float(weight[r[0] : r[1], r[2] : r[3]].sum()))
        regions.remove(brightest)
        regions += _halve(brightest, weight)
    direction, energy = direction.view(rows, columns, 3), energy.view(rows, columns, 3)
    weight = weight.unsqueeze(-1)
    centroids, energies = [], []
    for top, bottom, left, right in regions:
        # The tiny share of plain area decides only where a region is entirely black.
        share = weight[top:bottom, left:right] + 1e-12
        centroids.append((direction[top:bottom, left:right] * share).sum((0, 1)))
        energies.append(energy[top:bottom, left:right].sum((0, 1)))
    return Lights(functional.normalize(torch.stack(centroids), dim=1), torch.stack(energies))


def split_environment(equirect: Tensor, count: int = 64, order: int = 4) -> tuple[Tensor, Lights]:
    """The coefficients [B, 3] of what is darker than the mean, and all that is brighter as lights.

    `shade` adds the two up. Lights that stood for dim wide regions would show as false highlights, and the
    harmonics carry those regions well; against Cycles the mean is the best of the thresholds tried.
    """
    weights = equirect.new_tensor(_LUMINANCE)
    luminance = (equirect @ weights).unsqueeze(-1)
    mean = project_environment(equirect, 0)[0] @ weights / math.sqrt(4 * math.pi)
    share = ((luminance - mean) / luminance.clamp(min=1e-12)).clamp(min=0)
    return project_environment(equirect * (1 - share), order), importance_lights(equirect * share, count)


def _halve(region: tuple[int, int, int, int], weight: Tensor) -> list[tuple[int, int, int, int]]:
    top, bottom, left, right = region
    block = weight[top:bottom, left:right]
    # Columns get shorter towards the poles.
    shrink = math.cos(((top + bottom) / 2 / len(weight) - 0.5) * math.pi)
    across_columns = ((right - left) * shrink >= bottom - top and right - left > 1) or bottom - top == 1
    total = block.sum(0 if across_columns else 1).cumsum(0)
    cut = int(torch.searchsorted(total, total[-1] / 2))
    cut = min(max(cut + 1, 1), len(total) - 1)
    if across_columns:
        return [(top, bottom, left, left + cut), (top, bottom, left + cut, right)]
    return [(top, top + cut, left, right), (top + cut, bottom, left, right)]


def _texels(equirect: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Directions [N, 3] of the texels of a smaller copy, and their radiance x solid angle [N, 3]."""
    image = equirect.permute(2, 0, 1).unsqueeze(0)
    rows, columns = min(size[0], equirect.shape[0]), min(size[1], equirect.shape[1])
    area = _row_solid_angle(equirect.shape[0], equirect)
    # Weighted by solid angle before averaging: rows near a pole must not count like others.
    image = functional.adaptive_avg_pool2d(image * area[:, None], (rows, columns))[0]
    energy = image * (equirect.shape[0] * equirect.shape[1] / (rows * columns) / equirect.shape[1])
    v = 1 - (torch.arange(rows, device=equirect.device, dtype=equirect.dtype) + 0.5) / rows
    u = (torch.arange(columns, device=equirect.device, dtype=equirect.dtype) + 0.5) / columns
    uv = torch.stack(torch.meshgrid(v, u, indexing="ij")[::-1], -1)
    return equirect_to_direction(uv).view(-1, 3), energy.permute(1, 2, 0).reshape(-1, 3)


def _row_solid_angle(rows: int, like: Tensor) -> Tensor:
    """The solid angle [rows] of each whole row of an equirectangular image."""
    edge = torch.linspace(math.pi / 2, -math.pi / 2, rows + 1, dtype=torch.float64, device=like.device).sin()
    return ((edge[:-1] - edge[1:]) * (2 * math.pi)).to(like)
