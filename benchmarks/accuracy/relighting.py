"""A fitted head under a light that its method never saw, rendered by Cycles where the true head stands."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import FitError

from ..truth.dataset import Renderer
from ..truth.records import HeldOut
from ..truth.staging import HELD_OUT_SAMPLES

SCENE = Path(__file__).with_name("relighting_scene.py")


def relight(
    renderer: Renderer,
    head: Path,
    true_from_head: np.ndarray,
    held_out: Sequence[HeldOut],
    samples: int = HELD_OUT_SAMPLES,
) -> list[np.ndarray]:
    """Render a head folder with the cameras and lights of held-out pictures of the true head.

    Args:
        renderer: runs :data:`SCENE`.
        head: the head folder, posed with the expression of its first photo.
        true_from_head: [4,4] similarity that lays the posed head upon the true one (`metrics.measure_head`).
        held_out: whose cameras and lights.
        samples: light paths a pixel; the truth's own by default.

    Returns:
        For each a picture [h,w,4] of linear radiance, colour multiplied by coverage.

    Raises:
        RuntimeError: Blender failed; that is no fault of the method under test.
    """
    with tempfile.TemporaryDirectory(prefix="relit-relight-") as folder:
        outs = [Path(folder) / f"{number}.npz" for number in range(len(held_out))]
        renders = [
            {
                "camera": view.camera.to_dict(),
                "light": light_of(view),
                "samples": samples,
                "seed": number,
                "out": str(out),
            }
            for number, (view, out) in enumerate(zip(held_out, outs, strict=True))
        ]
        job = Path(folder) / "job.json"
        placed = {"head": str(Path(head).resolve()), "true_from_head": np.asarray(true_from_head).tolist()}
        job.write_text(json.dumps({**placed, "renders": renders}), encoding="utf-8")
        try:
            renderer.run(job)
        except FitError as error:
            raise RuntimeError(f"{error.message} {error.hint}") from error
        return [_image(out) for out in outs]


def light_of(view: HeldOut) -> dict[str, object]:
    """Return a held-out picture's light as ``truth/scene.py`` wants it."""
    return {"environment": view.light, "rotation_degrees": view.rotation_degrees, "strength": view.strength}


def _image(path: Path) -> np.ndarray:
    with np.load(path) as file:
        return file["image"]
