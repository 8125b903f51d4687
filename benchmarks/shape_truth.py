"""Shape error on heads that are not of our own model: random ICT-FaceKit heads, rendered, detected and fitted.

The pictures are plain (one skin colour, dark irises): this measures what the landmarks carry, no more.
Needs the reference data (``shapes/ict_facekit_light.npz``); the heads have another topology and come from
other people's scans, so the fitted model cannot reproduce them exactly.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from scipy.spatial import cKDTree

from core.camera import Camera, rotation_from_vector
from core.errors import FitError
from core.fitting.geometry import fit_landmarks
from core.landmarks import detect_landmarks
from core.morphable import load_model
from core.photo import Photo
from core.render.interpolate import triangle_normals
from core.render.scene import RenderMesh, render_head, tonemap

SIZE = 512
FACE_VERTICES = 9409
NOSE_TIP = 30
FACE_RADIUS = 0.095
"""Metres around the tip of the nose that count as the face, as the NoW benchmark crops it."""
EYEBALLS = ((21451, 23020), (23021, 24590))
SOLID_VERTICES = 24591
"""ICT-FaceKit's vertices: the face first, the eyeballs last among what is opaque; tears and lashes follow."""


class IctHeads:
    """ICT-FaceKit's light model in metres, the eyes' centre at the origin."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as file:
            self.mean = file["mean_cm"] / 100
            self.identity = file["identity_cm"].astype(np.float32) / 100
            self.expression = file["expression_cm"].astype(np.float32) / 100
            self.names = [str(name) for name in file["expression_names"]]
            quads = file["faces"]
            self.landmarks = file["index_idx_to_landmark_verts"]
        self.mean = self.mean - self.mean[self.landmarks[36:48]].mean(0) + (0, 0, -0.012)
        tip = self.mean[self.landmarks[NOSE_TIP]]
        near = np.linalg.norm(self.mean[:FACE_VERTICES] - tip, axis=1) < FACE_RADIUS
        self.face_points = np.flatnonzero(near)
        quads = np.where(quads[:, 3:] < 0, quads[:, [0, 1, 2, 2]], quads)
        self.triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
        flat = (self.triangles[:, 0] == self.triangles[:, 2]) | (self.triangles[:, 1] == self.triangles[:, 2])
        self.triangles = self.triangles[~flat & (self.triangles < SOLID_VERTICES).all(1)]

    def sample(self, generator: np.random.Generator, smile: float) -> tuple[np.ndarray, np.ndarray]:
        """Return a neutral head [V,3] and the same head with an expression."""
        neutral = self.mean + np.tensordot(generator.normal(size=len(self.identity)), self.identity, 1)
        strength = np.zeros(len(self.names))
        for index, name in enumerate(self.names):
            if "mouthSmile" in name:
                strength[index] = smile
            if name in ("jawOpen", "mouthUpperUp_L", "mouthUpperUp_R"):
                strength[index] = 0.25 * smile
        return neutral, neutral + np.tensordot(strength, self.expression, 1)


def picture(heads: IctHeads, vertices: np.ndarray, yaw: float, focal: float, distance: float) -> tuple:
    """Render a head as a photo."""
    pose = np.eye(4)
    pose[:3, :3] = np.diag([1.0, -1, -1]) @ rotation_from_vector(np.array([0.05, yaw, 0]))
    pose[:3, 3] = (0, -0.01, distance)
    camera = Camera(focal, np.array([SIZE / 2, SIZE / 2]), SIZE, SIZE, pose)
    points = torch.from_numpy(vertices.astype(np.float32))
    colour = colours(heads, vertices)
    mesh = RenderMesh.build(heads.triangles, np.zeros((len(heads.triangles), 3, 2), np.float32))
    light = torch.zeros(9, 3)
    light[0], light[1], light[2] = 1.9, 0.5, 0.9
    grey = {
        "diffuse": torch.full((3,), 0.5),
        "specular": torch.tensor([0.3]),
        "roughness": torch.tensor([0.5]),
    }
    result = render_head(
        points, mesh, camera, grey, light, background=torch.full((SIZE, SIZE, 3), 0.3), edges=False
    )
    triangle = result.triangle_id.flatten()[result.pixels]
    corners = torch.from_numpy(heads.triangles)[triangle]
    albedo = (
        torch.from_numpy(colour)[corners] * result.barycentric[..., None].reshape(len(corners), 3, 1)
    ).sum(1)
    image = result.image.reshape(-1, 3).clone()
    image[result.pixels] = image[result.pixels] / 0.5 * albedo
    return tonemap(image.reshape(SIZE, SIZE, 3)), camera


def colours(heads: IctHeads, vertices: np.ndarray) -> np.ndarray:
    """Return a colour [V,3] for each vertex: skin, brows, redder lips, dark irises."""
    colour = np.tile(np.float32([0.55, 0.35, 0.27]), (len(vertices), 1))
    points = heads.mean[heads.landmarks]
    for first, last, width, tint in (
        (17, 21, 0.004, (0.12, 0.08, 0.06)),
        (22, 26, 0.004, (0.12, 0.08, 0.06)),
        (48, 54, 0.006, (0.45, 0.2, 0.17)),
        (54, 60, 0.006, (0.45, 0.2, 0.17)),
    ):
        line = np.concatenate([np.linspace(points[i], points[i + 1], 12) for i in range(first, last)])
        near = cKDTree(line).query(heads.mean)[0] < width
        colour[near & (np.arange(len(colour)) < FACE_VERTICES)] = tint
    for first, last in EYEBALLS:
        ball = vertices[first : last + 1]
        centre = (ball.min(0) + ball.max(0)) / 2
        offset = np.hypot(*(ball[:, :2] - centre[:2]).T)
        front = ball[:, 2] > centre[2]
        colour[first : last + 1] = np.where((front & (offset < 0.0058))[:, None], 0.03, 0.7)
    return colour


def rigid(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rotation and translation that bring ``source`` to ``target`` [N,3] (Kabsch)."""
    a, b = source.mean(0), target.mean(0)
    left, _, right = np.linalg.svd((target - b).T @ (source - a))
    rotation = left @ np.diag([1, 1, np.sign(np.linalg.det(left @ right))]) @ right
    return rotation, b - rotation @ a


def surface_error(truth: np.ndarray, vertices: np.ndarray, triangles: np.ndarray) -> float:
    """Return the mean distance in mm of true points [N,3] to a mesh after rigid alignment (point to plane)."""
    normals = triangle_normals(
        torch.from_numpy(vertices).double(), torch.from_numpy(triangles).long()
    ).numpy()
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    centres = vertices[triangles].mean(1)
    tree = cKDTree(centres)
    moved = truth.copy()
    for _ in range(30):
        _, nearest = tree.query(moved)
        foot = moved - normals[nearest] * ((moved - centres[nearest]) * normals[nearest]).sum(
            1, keepdims=True
        )
        rotation, shift = rigid(moved, foot)
        moved = moved @ rotation.T + shift
    _, nearest = tree.query(moved)
    return float(np.abs(((moved - centres[nearest]) * normals[nearest]).sum(1)).mean() * 1000)


def run(shared: Path, count: int, seed: int) -> int:
    """Print the error of the fit and of the mean head, for neutral and smiling pictures."""
    heads, model = IctHeads(shared / "shapes/ict_facekit_light.npz"), load_model()
    skin = model.triangles[model.triangle_part == model.part_names.index("skin")]
    rows = []
    generator = np.random.default_rng(seed)
    for index in range(count):
        smile = 0.8 * (index % 2)
        yaw = generator.uniform(-0.5, 0.5)
        distance = generator.uniform(0.45, 1.6)
        neutral, posed = heads.sample(generator, smile)
        image, _ = picture(heads, posed, yaw, SIZE * distance / 0.34, distance)
        truth = neutral[heads.face_points]
        photo = Photo(Path(f"ict {index}"), "", (image / 255.0).astype(np.float32), image, SIZE, SIZE)
        try:
            landmarks = detect_landmarks(photo)
        except FitError as error:
            print(f"head {index}: {error}")
            continue
        fit = fit_landmarks(model, [landmarks], [(SIZE, SIZE)], [None]).fit
        found = surface_error(truth, model.vertices(fit.identity), skin)
        mean = surface_error(truth, model.mean, skin)
        found_distance = float(np.linalg.norm(fit.cameras[0].position))
        rows.append((found, mean, smile > 0))
        print(
            f"head {index}: fit {found:.2f} mm, mean head {mean:.2f} mm, yaw {np.degrees(yaw):.0f} deg, "
            f"{'smiling' if smile else 'neutral'}, distance {distance:.2f} m found {found_distance:.2f} m, "
            f"identity {np.sqrt((fit.identity**2).mean()):.2f} sigma",
            flush=True,
        )
    table = np.array(rows)
    for name, chosen in (("neutral", table[:, 2] == 0), ("smiling", table[:, 2] == 1)):
        print(f"{name}: fit {table[chosen, 0].mean():.2f} mm, mean head {table[chosen, 1].mean():.2f} mm")
    return 0
