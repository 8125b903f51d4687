"""The renderer on the clock: rasterising against others that do the same, and a step of fitting by rendering.

    python -m benchmarks.speed.kernels REPORT --size 512 --threads 1 --device cpu

The scene is the mean head, filling a square picture. Every figure is the median of several runs after one that is
not counted. pytorch3d and Mitsuba are measured where they can be imported, and named where not.
"""

# ruff: noqa: E402 - limit_spinning() has to run before the imports that bring numpy

from __future__ import annotations

from core.device import limit_spinning

limit_spinning()

import argparse
import cProfile
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core.camera import Camera
from core.render.projection import project
from core.render.rasterize import rasterize
from core.render.scene import RenderMesh, render_head
from core.shape.morphable import load_model

from .rasterize_twin import rasterize_twin
from .worker import call_tree

DISTANCE = 1.0
FILLED = 0.34
"""Metres at the head's distance that the picture shows."""
TEXELS = 512
NUDGE = 1e-8
"""Metres by which the head moves between two runs."""
TARGET_SECONDS = 1.0
MOST_RUNS = 20


class Scene(NamedTuple):
    """The mean head before a camera, on one device."""

    vertices: Tensor
    mesh: RenderMesh
    camera: Camera
    points_px: Tensor


def scene(size: int, device: torch.device) -> Scene:
    """The mean head in a square picture of ``size`` pixels."""
    model = load_model()
    pose = np.diag([1.0, -1.0, -1.0, 1.0])
    pose[:3, 3] = 0, -0.03, DISTANCE
    camera = Camera(size * DISTANCE / FILLED, np.array([size / 2, size / 2]), size, size, pose)
    vertices = torch.from_numpy(model.mean).float().to(device)
    return Scene(vertices, RenderMesh.of_model(model, device), camera, project(vertices, camera))


def seconds_of(run: Callable[[], object], device: torch.device) -> float:
    """The median of as many runs as fit into about a second, after one that is not counted."""

    def once() -> float:
        start = time.perf_counter()
        run()
        if device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - start

    first = once()
    if first > 4 * TARGET_SECONDS:
        return first  # nothing that takes so long is dominated by its first run
    runs = int(np.clip(TARGET_SECONDS / max(once(), 1e-6), 3, MOST_RUNS))
    return float(np.median([once() for _ in range(runs)]))


def rasterizers(at: Scene, size: int, device: torch.device, twin: bool) -> list[dict]:
    """Seconds of each rasteriser, and which share of pixels it gives the triangle that ours gives."""
    triangles = at.mesh.triangles
    ours = rasterize(at.points_px, triangles, size, size, backend="torch", cull_back_faces=True)
    candidates: dict[str, Callable[[], Tensor]] = {
        "ours": lambda: rasterize(at.points_px, triangles, size, size, backend="torch", cull_back_faces=True),
        "ours, both sides": lambda: rasterize(at.points_px, triangles, size, size, backend="torch"),
    }
    if twin:
        candidates["plain torch, a loop over triangles"] = lambda: rasterize_twin(
            at.points_px, triangles, size, size, cull=True
        )
    rows, missing = [], {}
    for name, make in (("pytorch3d", _pytorch3d), ("Mitsuba", _mitsuba)):
        try:
            candidates.update(make(at, size, device))
        except (ImportError, RuntimeError) as error:
            missing[name] = " ".join(str(error).split())[:120]
    for name, run in candidates.items():
        same = float((run().to(ours.device) == ours).float().mean())
        rows.append({"name": name, "seconds": seconds_of(run, device), "same_pixels": same})
    return rows + [{"name": name, "missing": reason} for name, reason in missing.items()]


def _pytorch3d(at: Scene, size: int, device: torch.device) -> dict[str, Callable[[], Tensor]]:
    import pytorch3d.renderer  # noqa: F401 - its absence is what is asked for

    if device.type != "cuda":
        raise RuntimeError("its rasteriser is measured on CUDA only")

    def run() -> Tensor:
        return rasterize(at.points_px, at.mesh.triangles, size, size, backend="pytorch3d", cull_back_faces=True)

    return {"pytorch3d": run}


def _mitsuba(at: Scene, size: int, device: torch.device) -> dict[str, Callable[[], Tensor]]:
    """Mitsuba's rays through the pixel centres; as long as the shape stays, its tree of boxes can stay too."""
    import drjit
    import mitsuba

    mitsuba.set_variant("cuda_ad_rgb" if device.type == "cuda" else "llvm_ad_rgb")
    drjit.set_thread_count(torch.get_num_threads())
    triangles = at.mesh.triangles.cpu().numpy().astype(np.uint32)
    mesh = mitsuba.Mesh("head", len(at.vertices), len(triangles))
    positions = mitsuba.Float(at.vertices.cpu().numpy().ravel())
    values = mitsuba.traverse(mesh)
    values["vertex_positions"], values["faces"] = positions, mitsuba.UInt32(triangles.ravel())
    values.update()
    world = mitsuba.load_dict({"type": "scene", "head": mesh})
    shape = mitsuba.traverse(world)
    moves = itertools.count(1)
    rays = mitsuba.Ray3f(mitsuba.Point3f(at.camera.position.tolist()), mitsuba.Vector3f(*_sight(at.camera)))

    def draw() -> Tensor:
        hit = world.ray_intersect_preliminary(rays)
        ids = drjit.select(hit.is_valid(), mitsuba.Int32(hit.prim_index), -1)
        return torch.from_numpy(np.array(ids).astype(np.int64)).view(size, size)

    def move_and_draw() -> Tensor:
        shape["head.vertex_positions"] = positions + NUDGE * next(moves)  # an unchanged shape would keep its tree
        shape.update()
        return draw()

    return {"Mitsuba": draw, "Mitsuba, tree built anew": move_and_draw}


def _sight(camera: Camera) -> np.ndarray:
    """Unit directions [3, H * W] from the camera through its pixels' centres, in the world."""
    column, row = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    sight = np.stack([column - camera.principal_px[0], row - camera.principal_px[1]]) / camera.focal_px
    sight = np.concatenate([sight.reshape(2, -1), np.ones((1, row.size))])
    return (camera.rotation.T @ (sight / np.linalg.norm(sight, axis=0))).astype(np.float32)


def render_step(at: Scene, size: int, device: torch.device) -> dict:
    """One step of a fit by rendering: picture, difference, gradients to vertices, maps and light; and its parts."""
    vertices = at.vertices.clone().requires_grad_()
    maps = {
        "diffuse": torch.full((3, TEXELS, TEXELS), 0.4, device=device).requires_grad_(),
        "specular": torch.full((1, TEXELS, TEXELS), 0.5, device=device),
        "roughness": torch.full((1, TEXELS, TEXELS), 0.45, device=device),
    }
    light = torch.zeros(25, 3, device=device)
    light[0] = 2.0
    light.requires_grad_()
    target = torch.full((size, size, 3), 0.3, device=device)

    def forward() -> Tensor:
        picture = render_head(vertices, at.mesh, at.camera, maps, light)
        return ((picture.image - target) ** 2).mean()

    def step() -> None:
        forward().backward()

    whole, ahead = seconds_of(step, device), seconds_of(lambda: forward().detach(), device)
    profile = cProfile.Profile()
    profile.runcall(forward)
    return {"step": whole, "forward": ahead, "backward": whole - ahead, "calls": call_tree(profile, "render_head", 1)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", type=Path)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--no-twin", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    at = scene(options.size, device)
    found = {
        "size": options.size,
        "threads": options.threads,
        "device": options.device,
        "triangles": len(at.mesh.triangles),
        "rasterizers": rasterizers(at, options.size, device, not options.no_twin),
        "render_step": render_step(at, options.size, device),
    }
    options.report.write_text(json.dumps(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
