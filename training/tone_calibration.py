"""What photographs of heads of known skin tell of cameras and of the whites of eyes: `core/data/skin_tone.json`.

The truth data set's split ``tone`` has 60 photos of 30 painted and scanned heads, three of each Monk tone, under ten
kinds of light, with exposures dealt out evenly over tones. Each is fitted as in a draft; what bears on its tone is
kept beside the true skin (`core.fitting.appearance.face_in_photo` depends little on the tone that the fit chose).
Then the curve of skin colours, the habits of exposure, white balance and the colour of the whites are measured.

    python -m training.tone_calibration [--shared ../shared] [--write]

Without ``--write`` it only says how far off the tones come out: every head by what the other heads tell.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.accuracy.bench import CACHE
from benchmarks.metrics import TruthSurface
from benchmarks.metrics.textures import at_map_size, sampled
from benchmarks.truth import dataset
from benchmarks.truth.records import TruthPhoto
from core.completion.atlas import build_atlas
from core.completion.complete import face_evidence
from core.errors import FitError
from core.fitting.appearance import face_in_photo, fit_appearance
from core.fitting.skin_tone import (
    AVERAGE,
    CALIBRATION_PATH,
    CHROMA,
    GLASSES,
    MISREAD,
    MISREAD_LEVEL,
    MISREAD_SPREAD,
    FaceInPhoto,
    ToneModel,
    settle_tone,
)
from core.photos.views import fit_geometry, look_at, trace_light
from core.reflectance.prior import ReflectancePrior, load_prior
from core.reflectance.tone import individual_typology_angle
from core.settings import FitSettings
from core.shape.morphable import MorphableModel, load_model

SPLIT = "tone"
SMOOTH_CURVE = 0.3
"""Heads' worth of belief that the curve of skin colours is straight."""
USUAL_HABITS, BELIEF = np.array([0.0, 0.5, 0.2]), np.array([0.0, 2.0, 4.0])
"""Exposure's slopes (none for its mean) that are believed beforehand, and as firmly as so many photos one away."""
LEAST_WHITE_SPREAD = 0.15
ROUNDS = 60
TONES = np.arange(1, 11)
WRONG = 25.0
"""Degrees of typology angle from which on a tone counts as wrong."""


@dataclass(frozen=True, eq=False)
class Known:
    """One photo of known skin.

    Attributes:
        head: which head; photos of one are left out together.
        tone: Monk tone that the head was painted in.
        albedo: [3] mean logarithm of its true albedo.
        face: what the photo shows.
    """

    head: str
    tone: int
    albedo: np.ndarray
    face: FaceInPhoto

    @property
    def shown(self) -> np.ndarray:
        """[3] logarithm of true albedo and gloss together."""
        return np.log(np.exp(self.albedo) + self.face.gloss)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder of the reference data")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the truth data set lies, and the evidence")
    parser.add_argument("--bpy", type=Path, help="a Python that has Blender's module, to make photos that are missing")
    parser.add_argument("--again", action="store_true", help="read the photos anew")
    parser.add_argument("--write", action="store_true", help=f"write {CALIBRATION_PATH.name}")
    options = parser.parse_args()
    torch.set_num_threads(1)
    dataset.build(SPLIT, dataset.SEED, options.shared, options.cache, options.bpy)
    known = gather(dataset.load(SPLIT, options.cache), options.cache / "tone_evidence", options.again)
    model = calibrate(known)
    lines = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in model.to_dict().items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    print(text + report(known))
    if options.write:
        CALIBRATION_PATH.write_text(text, encoding="utf-8")


def gather(photos: Sequence[TruthPhoto], folder: Path, again: bool) -> list[Known]:
    """What is known of each photo; kept in a folder. A photo that is refused is left out."""
    model, prior, settings = load_model(), load_prior(), FitSettings()
    folder.mkdir(parents=True, exist_ok=True)
    known = []
    for number, photo in enumerate(photos, 1):
        path = folder / f"{photo.name}.npz"
        if again or not path.is_file():
            try:
                face = seen_face(model, prior, photo.path, settings)
            except FitError as error:
                print(f"{photo.name}: {error.message}", flush=True)
                continue
            _save(path, face, true_albedo(photo))
            print(f"{number} of {len(photos)}", flush=True)
        known.append(_load(path, photo))
    return known


def seen_face(model: MorphableModel, prior: ReflectancePrior, path: Path, settings: FitSettings) -> FaceInPhoto:
    """What one photo shows of a face's tone, by the pipeline's own steps.

    Raises:
        FitError: the photo is refused.
    """
    _, views, _ = fit_geometry(model, [look_at(path, None)], settings.geometry)
    view = trace_light(model, views[0], settings.appearance)
    atlas = build_atlas(model, len(prior.albedo_mean))
    (evidence,) = face_evidence(model, atlas, [view])
    mean, basis = atlas.gather(prior.albedo_mean), np.stack([atlas.gather(mode) for mode in prior.albedo_basis])
    found = fit_appearance([evidence], mean, basis, settings.appearance.rounds)
    albedo = np.exp(mean + np.tensordot(found.albedo, basis, 1))
    return face_in_photo(evidence, found.lighting[0].astype(float), albedo)


def true_albedo(photo: TruthPhoto) -> np.ndarray:
    """[3] mean logarithm of the albedo of the head's bare skin."""
    points = TruthSurface(photo).samples
    albedo = sampled(at_map_size(np.asarray(photo.head.albedo)), points.uv)[points.bare]
    return np.log(np.maximum(albedo, 1e-3)).mean(0)


def _save(path: Path, face: FaceInPhoto, albedo: np.ndarray) -> None:
    values = {name: value for name, value in vars(face).items() if value is not None}
    np.savez(path, albedo=albedo, **values)


def _load(path: Path, photo: TruthPhoto) -> Known:
    with np.load(path) as file:
        values = {name: file[name] if file[name].ndim else file[name].item() for name in file.files}
    albedo = values.pop("albedo")
    return Known(photo.meta["head"], int(photo.meta["tone"]), albedo, FaceInPhoto(**values))


def calibrate(known: Sequence[Known]) -> ToneModel:
    """Measure everything of a `ToneModel`."""
    skin = np.array([one.shown for one in known])
    colour = np.array([one.face.colour for one in known])
    design = np.stack([np.ones(len(known)), skin.mean(1), [one.face.prominence for one in known]], 1)
    system = design.T @ design + np.diag(BELIEF)
    habits = np.linalg.solve(system, design.T @ colour.mean(1) + BELIEF * USUAL_HABITS)
    stray = colour.mean(1) - design @ habits
    balance = (colour - skin) @ CHROMA
    white, white_spread, chroma_spread = _whites(known)
    return ToneModel(
        tones=skin_curve({one.head: (one.tone, one.albedo) for one in known}.values()),
        exposure=habits[0],
        metering=habits[1],
        surroundings=habits[2],
        exposure_spread=np.sqrt((stray**2).sum() / (len(known) - 2)),
        white_balance_spread=np.sqrt((balance**2).sum() / len(known) / 2),
        white=white,
        white_spread=white_spread,
        white_chroma_spread=chroma_spread,
    )


def skin_curve(heads: Sequence[tuple[int, np.ndarray]]) -> np.ndarray:
    """[10,3] a smooth curve through the logarithms of the heads' albedo, by tone."""
    tones, colours = (np.array(values) for values in zip(*heads, strict=True))
    chosen = np.eye(len(TONES))[tones - 1]
    bend = np.diff(np.eye(len(TONES)), 2, axis=0)
    return np.linalg.solve(chosen.T @ chosen + SMOOTH_CURVE * bend.T @ bend, chosen.T @ colours)


def _whites(known: Sequence[Known]) -> tuple[np.ndarray, float, float]:
    """Colour [3] of whites in the light on the face, and the spreads of its lightness and of its chroma.

    Expectation maximisation: some whites are misread, and lie where anything may lie.
    """
    seen = [one for one in known if one.face.white is not None]
    beside = np.array([one.face.white + GLASSES * one.face.glasses for one in seen])
    white = beside + np.array([one.shown for one in seen])
    light = white.mean(1)
    middle, spread = np.median(light), 0.2
    wrong = MISREAD / MISREAD_SPREAD * np.exp(-0.5 * ((beside.mean(1) - MISREAD_LEVEL) / MISREAD_SPREAD) ** 2)
    for _ in range(ROUNDS):
        right = (1 - MISREAD) / spread * np.exp(-0.5 * ((light - middle) / spread) ** 2)
        trust = right / (right + wrong)
        middle = np.average(light, weights=trust)
        spread = max(np.sqrt(np.average((light - middle) ** 2, weights=trust)), LEAST_WHITE_SPREAD)
    chroma = np.average(white @ CHROMA, axis=0, weights=trust)
    around = np.average(((white @ CHROMA - chroma) ** 2).sum(1), weights=trust)
    return middle * AVERAGE.sum(0) + chroma, float(spread), float(np.sqrt(around / 2))


def left_out(known: Sequence[Known]) -> list[tuple[Known, np.ndarray, float]]:
    """Each photo's albedo [3] and its deviation by a model of the other heads."""
    models = {head: calibrate([other for other in known if other.head != head]) for head in {one.head for one in known}}
    return [(one, *settle_tone([one.face], models[one.head])) for one in known]


def report(known: Sequence[Known]) -> str:
    """How far off tones come out, in degrees of typology angle and in logarithms of lightness."""
    found = left_out(known)
    angles = np.array(
        [
            [float(individual_typology_angle(np.exp(albedo))) for albedo in (guess, one.albedo)]
            for one, guess, _ in found
        ]
    )
    error, tones = angles[:, 0] - angles[:, 1], np.array([one.tone for one in known])
    log_error = np.array([(guess - one.albedo).mean() for one, guess, _ in found])
    surprise = np.sqrt(np.mean([(log / spread) ** 2 for log, (_, _, spread) in zip(log_error, found, strict=True)]))
    by_tone = [np.abs(error[tones == tone]).mean() for tone in np.unique(tones)]
    wrong = [
        f"{one.head} tone {one.tone}: {off:+.0f} degrees, uncertain by {spread:.2f}"
        for off, (one, _, spread) in sorted(zip(error, found, strict=True), key=lambda pair: -abs(pair[0]))
        if abs(off) > WRONG
    ]
    off = f"{np.abs(error).mean():.1f} degrees off, spread over tones {np.std(by_tone):.1f}"
    log_off = f"lightness {np.sqrt((log_error**2).mean()):.2f}, {surprise:.2f} times the uncertainty"
    return "\n".join((f"{len(known)} photos, each by the other heads: {off}; {log_off}", *wrong))


if __name__ == "__main__":
    main()
