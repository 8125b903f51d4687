"""Every peer: those that run here, those that cannot and why, and what the rest have published."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.metrics import Fitted

from . import eos_fit, least_squares, mediapipe, seen


@dataclass(frozen=True)
class Peer:
    """A method that makes a mesh of a photo.

    Attributes:
        name: in tables.
        sentence: what it does.
        fit: from a photo to a mesh, with a camera where the method has one; may raise `FitError`.
        package: the module it needs beyond our own; empty for none.
    """

    name: str
    sentence: str
    fit: Callable[[Path], Fitted]
    package: str = ""

    @property
    def available(self) -> bool:
        return not self.package or importlib.util.find_spec(self.package) is not None


PEERS = (
    Peer("Relit", "Shape and camera of the pipeline as it is.", seen.relit),
    Peer("our mean head", "The mean of our shape model, for everybody.", seen.mean_head),
    Peer(
        "least squares",
        "Our shape model by the textbook: scaled orthographic camera and ridge regression on the landmarks in turn; "
        "nothing is tuned.",
        least_squares.fit,
    ),
    Peer(
        "eos",
        "eos-py 1.5.0's fit_shape_and_pose with its own settings, on our shape model and the same landmarks "
        "(its own model is in no package).",
        eos_fit.fit,
        "eos",
    ),
    Peer(
        "MediaPipe geometry",
        "The landmark network's own 468 points as a mesh, made metric as MediaPipe's face geometry module does.",
        mediapipe.geometry,
    ),
    Peer("MediaPipe mean face", "MediaPipe's canonical face, for everybody.", mediapipe.canonical_face),
)

MISSING = (
    ("eos with the Surrey Face Model", "eos-py 1.5.0 (wheel and source) has no share/ folder; the model is given out "
     "apart, for non-commercial use"),
    ("DECA, EMOCA, MICA, SMIRK, TokenFace", "in no registry; they need FLAME, which asks for registration"),
    ("flame-pytorch 0.0.1, smplx 0.1.28", "code only; the FLAME model is not in them"),
    ("Deep3DFaceRecon, 3DDFA-V2, HRN, NextFace, AlbedoMM", "in no registry; they need the Basel Face Model, which asks "
     "for registration"),
    ("FitMe, AvatarMe++, Relightify, AlbedoGAN", "neither code to run nor weights in a registry"),
    ("pix2vertex 1.0.4", "its weights come from a file host at run time"),
    ("medface3d 0.0.2, facemarks 1.1.0", "draw MediaPipe's own points: the same as MediaPipe geometry"),
    ("face-alignment 1.5.0, insightface 2.1", "68 points, no surface; their weights come from the web at run time, "
     "insightface's for non-commercial use"),
)  # fmt: skip
"""(peer, why it is not measured)."""

PUBLISHED = (
    ("good methods of the field", "NoW, median", "0.87 to 1.2 mm", "the NoW challenge, real scans"),
    ("AlbedoGAN", "NoW, median", "0.98 mm", "arXiv 2304.12483"),
    ("the best of one comparison", "texture put on another photo of the person", "29.2 dB", "that of NextFace, below"),
    ("the second", "the same", "25.0 dB", "the same"),
    ("NextFace", "the same (on its own photo: 33.4 dB)", "23.7 dB", "the same"),
    ("FitMe", "time for one person", "under a minute, GPU", "arXiv 2305.09641"),
    ("NextFace", "time for one photo", "4 to 5 minutes, GPU", "its authors"),
)
"""(method, figure, value, source): taken from papers, on other photos than ours, and not checked by us."""
