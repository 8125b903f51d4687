"""How near our renderer comes to Cycles: the same mesh, Principled BSDF, camera and environment in both.

    python -m benchmarks.render_cycles HDRI [HDRI ...] --bpy BPY_PYTHON --out FOLDER

Prints a Markdown table and writes a picture for each case: Cycles, ours with harmonics only, ours with
lights and their shadows. The remaining error of the last is mostly Cycles' own noise.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.camera import Camera
from core.render.environment import load_hdri, project_environment, split_environment
from core.render.lighting import vertical_rotation
from core.render.occlusion import cast_shadows, radiance_transfer, self_shadow
from core.render.scene import RenderMesh, render_head, tonemap
from core.shape.morphable import load_model

DIFFUSE = (0.5, 0.32, 0.24)
GLOSS = (("matt", 0.0, 0.5), ("skin", 0.5, 0.45), ("glossy", 1.0, 0.3))
OVERSAMPLING = 2


class Case(NamedTuple):
    """One comparison: a mesh, its material and the environment."""

    vertices: Tensor
    mesh: RenderMesh
    specular: float
    roughness: float
    hdri: Path


class Agreement(NamedTuple):
    """Errors over the pixels that both cover fully, relative to the mean radiance there."""

    mean: float
    median: float
    bias: float


def camera(size: int, yaw: float = 0.35) -> Camera:
    """A portrait camera, somewhat from the person's left."""
    turn = np.diag([1.0, -1.0, -1.0]) @ vertical_rotation(-yaw).double().numpy()
    pose = np.eye(4)
    pose[:3, :3] = turn
    pose[:3, 3] = turn @ (0, 0.05, 0.07) + (0, 0, 1.0)
    return Camera(2.9 * size, np.array([size / 2, size / 2]), size, size, pose)


def cycles(case: Case, view: Camera, strength: float, samples: int, bpy_python: Path) -> Tensor:
    """Cycles' picture [H, W, 4]."""
    script = Path(__file__).with_name("render_cycles_scene.py")
    with tempfile.TemporaryDirectory() as folder:
        scene, picture = Path(folder) / "scene.npz", Path(folder) / "picture.npy"
        np.savez(
            scene,
            vertices=case.vertices.numpy(),
            triangles=case.mesh.triangles.numpy(),
            diffuse=DIFFUSE,
            specular=case.specular,
            roughness=case.roughness,
            hdri=str(case.hdri.resolve()),
            strength=strength,
            samples=samples,
            size=view.width,
            focal_px=view.focal_px,
            camera_from_world=view.camera_from_world,
        )
        subprocess.run([str(bpy_python), str(script), str(scene), str(picture)], check=True, stdout=subprocess.DEVNULL)
        return torch.from_numpy(np.load(picture))


def ours(case: Case, view: Camera, environment: Tensor, lights: int) -> Tensor:
    """Our picture [H, W, 4], with that many lights or harmonics alone."""
    vertices, mesh = case.vertices, case.mesh
    shadow = self_shadow(radiance_transfer(vertices, mesh.triangles, 4, 256, 256), vertices, mesh.triangles)
    sh, lamps = project_environment(environment), None
    if lights:
        sh, lamps = split_environment(environment, lights)
        lamps = cast_shadows(lamps, vertices, mesh.triangles)
    material = {
        "diffuse": torch.tensor(DIFFUSE),
        "specular": torch.tensor([case.specular]),
        "roughness": torch.tensor([case.roughness]),
    }
    parts = dict.fromkeys(mesh.part_names, material)
    fine = view.scaled(OVERSAMPLING)
    with torch.no_grad():
        drawn = render_head(vertices, mesh, fine, material, sh, lamps, part_maps=parts, self_shadow=shadow, edges=False)
    picture = torch.cat([drawn.image, drawn.mask.unsqueeze(-1)], 2).permute(2, 0, 1)
    return functional.avg_pool2d(picture, OVERSAMPLING).permute(1, 2, 0)


def agreement(picture: Tensor, reference: Tensor) -> Agreement:
    """How near two pictures [H, W, 4] are."""
    both = (picture[..., 3] > 0.999) & (reference[..., 3] > 0.999)
    difference, level = (picture - reference)[both, :3], reference[both, :3].mean()
    relative = difference.abs().mean(1) / reference[both, :3].mean(1)
    return Agreement(float(difference.abs().mean() / level), float(relative.median()), float(difference.mean() / level))


def normalised(hdri: Path) -> tuple[Tensor, float]:
    """The environment scaled to a mean radiance of 1, and the factor."""
    environment = load_hdri(hdri)
    strength = math.sqrt(4 * math.pi) / float(project_environment(environment)[0].mean())
    return environment * strength, strength


def ball(radius: float = 0.11, rows: int = 64) -> tuple[Tensor, RenderMesh]:
    """A sphere around the head's centre, without UVs that matter."""
    v, u = torch.meshgrid(torch.linspace(-0.5, 0.5, rows + 1), torch.arange(2 * rows) / rows, indexing="ij")
    latitude, longitude = (v * math.pi).flatten(), (u * math.pi).flatten()
    flat = latitude.cos()
    direction = torch.stack([flat * longitude.sin(), latitude.sin(), flat * longitude.cos()], 1)
    row, column = torch.meshgrid(torch.arange(rows), torch.arange(2 * rows), indexing="ij")
    beside = row * 2 * rows + (column + 1) % (2 * rows)
    corner = row * 2 * rows + column
    quad = torch.stack([corner, beside, beside + 2 * rows, corner + 2 * rows], -1).view(-1, 4)
    triangles = torch.cat([quad[:, :3], quad[:, [0, 2, 3]]])
    centre = torch.tensor([0.0, -0.05, -0.07])
    return direction * radius + centre, RenderMesh.build(triangles, torch.zeros(len(triangles), 3, 2))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("hdri", type=Path, nargs="+")
    parser.add_argument("--bpy", type=Path, required=True, help="Python that can import bpy")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--samples", type=int, default=128)
    parser.add_argument("--lights", type=int, default=64)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    model = load_model()
    shapes = {"ball": ball(), "head": (torch.from_numpy(model.mean), RenderMesh.of_model(model))}
    view = camera(options.size)
    print("| case | harmonics: mean | median | bias | with lights: mean | median | bias |")
    print("|---|---|---|---|---|---|---|")
    for hdri in options.hdri:
        environment, strength = normalised(hdri)
        for shape, (vertices, mesh) in shapes.items():
            for gloss, specular, roughness in GLOSS:
                case = Case(vertices, mesh, specular, roughness, hdri)
                reference = cycles(case, view, strength, options.samples, options.bpy)
                pictures = [ours(case, view, environment, lights) for lights in (0, options.lights)]
                found = [value for picture in pictures for value in agreement(picture, reference)]
                name = f"{shape} {gloss} {hdri.stem}"
                print(f"| {name} | " + " | ".join(f"{100 * value:.1f} %" for value in found) + " |", flush=True)
                row = np.hstack([tonemap(picture[..., :3], 0.9) for picture in (reference, *pictures)])
                cv2.imwrite(str(options.out / f"{name.replace(' ', '_')}.png"), row[..., ::-1])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
