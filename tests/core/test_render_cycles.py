"""The mapping to Principled BSDF, held against Cycles itself. Needs a Python with bpy in $RELIT_BPY."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
cv2 = pytest.importorskip("cv2")

BPY = os.environ.get("RELIT_BPY", "")
pytestmark = [
    pytest.mark.blender,
    pytest.mark.skipif(not BPY, reason="RELIT_BPY does not name a Python that can import bpy"),
]


def lopsided_environment(path: Path) -> Path:
    """Smooth light that tells left from right, front from back and up from down by colour."""
    from core.render.environment import equirect_to_direction

    v, u = np.meshgrid(1 - (np.arange(64) + 0.5) / 64, (np.arange(128) + 0.5) / 128, indexing="ij")
    direction = equirect_to_direction(torch.from_numpy(np.stack([u, v], -1))).numpy()
    rgb = 1 + 0.8 * direction
    cv2.imwrite(str(path), rgb[..., ::-1].astype(np.float32))
    return path


@pytest.mark.parametrize(("specular", "roughness"), [(0.0, 0.5), (0.5, 0.45), (1.0, 0.3)])
def test_a_ball_looks_as_in_cycles(specular, roughness, tmp_path):
    from benchmarks.render_cycles import Case, agreement, ball, camera, cycles, normalised, ours

    hdri = lopsided_environment(tmp_path / "light.hdr")
    environment, strength = normalised(hdri)
    case = Case(*ball(rows=32), specular, roughness, hdri)
    reference = cycles(case, camera(48), strength, 256, Path(BPY))
    found = agreement(ours(case, camera(48), environment, 0), reference)
    assert found.mean < 0.02 and abs(found.bias) < 0.006
