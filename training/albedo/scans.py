"""Lee Perry-Smith's and Antonia's textures (CC BY 3.0) at the texels of our layout.

Both textures are laid out like a face seen from the front, and both mark the same anatomical points as our mean head.
A thin-plate spline through those points carries our texels to the texture (Bookstein 1989). Beyond the points' reach,
and where a texture shows something else (Antonia's lips lie in another place, her eyes are holes), nothing is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

from core.completion.atlas import Atlas
from core.mapfiles import linear_from_srgb
from core.shape.morphable import MorphableModel
from training.skin.prior import region_shares
from training.skin.tone import DARKEST

FOREHEAD = 0.04
"""Metres above the brows of three further points, named 68 to 70, from the person's right to the left."""
REACH, FADE = 0.028, 0.012
"""Metres around the points that are believed, and in which belief fades."""
GLOSS_LIMITS = (0.45, 1.9)


@dataclass(frozen=True)
class Scan:
    """One scanned head's textures.

    Attributes:
        colour, gloss: files in the scan's folder.
        points: iBUG number of a point, or 68 to 70, to its x, y in pixels of the colour.
        cheek: x, y, width, height in pixels of the gloss map where it counts as 1.
        unusable: regions in which the textures show something else.
        benchmark: the head is one of the benchmark's true heads, and so is nobody's training data.
        sex: of the person.
    """

    colour: str
    gloss: str
    points: dict[int, tuple[float, float]]
    cheek: tuple[int, int, int, int]
    unusable: tuple[str, ...]
    benchmark: bool
    sex: str


SCANS = {
    "lee_perry_smith": Scan(
        "Map-COL.jpg",
        "Map-SPEC.jpg",
        {
            17: (378, 290), 19: (420, 252), 21: (490, 270), 22: (526, 270), 24: (598, 252), 26: (638, 284),
            27: (511, 296), 30: (513, 402), 31: (478, 426), 33: (511, 432), 35: (545, 426), 36: (405, 301),
            39: (464, 302), 42: (559, 302), 45: (616, 301), 48: (457, 475), 51: (511, 460), 54: (570, 474),
            57: (511, 496), 8: (511, 594), 68: (425, 150), 69: (511, 145), 70: (597, 150),
        },
        (610, 370, 40, 50), ("ears", "neck", "scalp", "nostrils", "eye_socket", "mouth_inner"), True, "male",
    ),
    "antonia": Scan(
        "head_albedo.png",
        "head_gloss.png",
        {
            17: (787, 650), 19: (890, 604), 21: (963, 618), 22: (1083, 618), 24: (1156, 604), 26: (1260, 650),
            27: (1023, 682), 30: (1023, 768), 31: (976, 834), 33: (1023, 846), 35: (1070, 834), 36: (798, 684),
            39: (918, 681), 42: (1128, 681), 45: (1248, 684), 48: (937, 927), 54: (1109, 927), 57: (1023, 948),
            8: (1023, 1050), 68: (820, 470), 69: (1023, 455), 70: (1226, 470),
        },
        (640, 780, 120, 120),
        ("ears", "neck", "scalp", "nostrils", "eye_socket", "mouth_inner", "lips", "lids"), False, "female",
    ),
}  # fmt: skip


def scan_texels(
    model: MorphableModel, atlas: Atlas, folder: Path, name: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a scan's log albedo [N,3], how far it is believed [N], and its gloss relative to the cheek [N].

    Args:
        folder: ``scans`` of the reference data.
        name: of :data:`SCANS`.
    """
    scan = SCANS[name]
    position = atlas.interpolate(model.mean)
    anchors = _anchors(model, list(scan.points))
    nearest = cKDTree(position).query(anchors)[1]
    texel = np.stack([atlas.texels % atlas.size, atlas.texels // atlas.size], 1) / atlas.size
    pixels = np.array(list(scan.points.values()), np.float64)
    warp = RBFInterpolator(texel[nearest], pixels, kernel="thin_plate_spline", smoothing=1e-4)
    distance = cKDTree(anchors).query(position)[0]
    trust = np.clip(1 - (distance - REACH) / FADE, 0, 1) * np.clip(position[:, 2] / 0.02, 0, 1)
    shares = region_shares(model, atlas)
    away = np.max([shares[region] for region in scan.unusable], axis=0)
    trust = (trust * np.clip(1 - 2 * away, 0, 1)).astype(np.float32)
    at = np.zeros_like(texel)
    at[trust > 0] = warp(texel[trust > 0])
    colour = _read(folder / name / scan.colour, cv2.IMREAD_COLOR)[..., ::-1]
    log_albedo = np.log(np.maximum(_sample(linear_from_srgb(colour / np.float32(255)), at), DARKEST))
    gloss = _read(folder / name / scan.gloss, cv2.IMREAD_GRAYSCALE).astype(np.float32)
    x, y, width, height = scan.cheek
    gloss /= np.median(gloss[y : y + height, x : x + width])
    gloss = _sample(cv2.GaussianBlur(gloss, (0, 0), 0.002 * len(gloss)), at)
    return log_albedo.astype(np.float32), trust, np.clip(gloss, *GLOSS_LIMITS)


def _anchors(model: MorphableModel, numbers: list[int]) -> np.ndarray:
    """Return points [K,3] of the mean head by iBUG number; 68 to 70 lie on the forehead."""
    points = model.landmarks_68.points(model.mean)
    skin = model.mean[model.regions["skin"]]
    front = skin[skin[:, 2] > 0]
    above = points[[19, 27, 24]] + np.array([0, FOREHEAD, 0])
    above[1, 1] = above[[0, 2], 1].mean()
    forehead = front[cKDTree(front[:, :2]).query(above[:, :2])[1]]
    return np.concatenate([points, forehead])[numbers]


def _read(path: Path, mode: int) -> np.ndarray:
    image = cv2.imread(str(path), mode)
    if image is None:
        raise SystemExit(f"The texture {path.name} is missing in {path.parent}.")
    return image


def _sample(image: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Sample an image at pixels [N,2]."""
    parts = np.array_split((at - 0.5).astype(np.float32), 8)
    return np.concatenate([cv2.remap(image, part[:, None], None, cv2.INTER_LINEAR)[:, 0] for part in parts])
