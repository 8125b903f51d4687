"""The artist's own face networks, when they are on disk: insightface (detection), face-alignment (68 points).

Neither is ever downloaded from here, nor used unless the artist says so (``RELIT_OWN_NETWORKS=1``): their licences are
not Relit's. The dense mesh of landmarks always comes from the built-in network.
"""

from __future__ import annotations

import functools
import importlib.util
import os
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from .face_detection import FaceBox

INSIGHTFACE_NOTE = "Faces were found with your insightface models, whose licence allows no commercial use."
_ALIGNMENT_WEIGHTS = "2DFAN4-11f355bf06.pth.tar"


def allowed() -> bool:
    """Whether the artist wants networks of others to be used."""
    return os.environ.get("RELIT_OWN_NETWORKS") == "1"


def insightface_pack() -> Path | None:
    """The folder of an insightface model pack with ONNX files, or None."""
    if not allowed() or importlib.util.find_spec("insightface") is None:
        return None
    packs = Path(os.environ.get("INSIGHTFACE_HOME", Path.home() / ".insightface")) / "models"
    found = sorted(path.parent for path in packs.glob("*/*.onnx"))
    return found[0] if found else None


def find_faces_with_insightface(image: UInt8[np.ndarray, "H W 3"], pack: Path) -> list[FaceBox]:
    """All faces found by SCRFD (Guo et al. 2021)."""
    found = _insightface(str(pack)).get(np.ascontiguousarray(image[..., ::-1]))
    # insightface counts from pixel centres; here a pixel's centre is at 0.5.
    return [
        FaceBox(
            np.asarray(face.bbox, np.float32) + 0.5,
            np.asarray(face.kps, np.float32) + 0.5,
            float(face.det_score),
        )
        for face in found
    ]


@functools.lru_cache(maxsize=1)
def _insightface(pack: str):
    from insightface.app import FaceAnalysis

    analysis = FaceAnalysis(name=pack, allowed_modules=["detection"], providers=["CPUExecutionProvider"])
    analysis.prepare(ctx_id=-1, det_size=(640, 640))
    return analysis


def alignment_weights() -> Path | None:
    """face-alignment's landmark network on disk, or None."""
    if not allowed() or importlib.util.find_spec("face_alignment") is None:
        return None
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    path = Path(os.environ.get("TORCH_HOME", cache / "torch")) / "hub" / "checkpoints" / _ALIGNMENT_WEIGHTS
    return path if path.is_file() else None


def points_68_with_alignment(
    image: UInt8[np.ndarray, "H W 3"], box: Float32[np.ndarray, "4"]
) -> Float32[np.ndarray, "68 2"] | None:
    """iBUG landmarks by 2DFAN4 (Bulat and Tzimiropoulos 2017), or None when it sees no face in the box."""
    found = _alignment().get_landmarks_from_image(image, detected_faces=[box.tolist()])
    return np.asarray(found[0], np.float32)[:, :2] + 0.5 if found else None


@functools.lru_cache(maxsize=1)
def _alignment():
    from face_alignment import FaceAlignment, LandmarksType

    # The "folder" detector has no weights of its own: the box is handed in.
    return FaceAlignment(LandmarksType.TWO_D, device="cpu", face_detector="folder", compile=False)
