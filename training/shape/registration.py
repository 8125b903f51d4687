"""Registers the template to ICT-FaceKit and carries its identity modes over (statistics of real scans).

ICT-FaceKit light (Li et al.: Learning Formation of Physically-Based Face Attributes, CVPR 2020; MIT licence). Nothing
of its geometry leaves this module: the fields that it returns are turned into covariances of coefficients.
"""

from __future__ import annotations

import pathlib
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

from .landmarks import FACE_OVAL, VIEW_CENTRE, VIEW_HALF_HEIGHT, VIEW_SIZE, clipped_barycentric, detect_on_template
from .render import vertex_normals, view
from .subdivision import unique_edges

SKIN_FACES = 11144
EYE_FACES = (21496, 24692)
METRES_PER_CENTIMETRE = 0.01


@dataclass(frozen=True)
class ScanFields:
    """What the scans say about the template.

    Attributes:
        difference: ``[V, 3]`` from the template to the mean scan, metres, template frame.
        modes: ``[100, V, 3]`` one standard deviation of every mode.
        trusted: ``[V]`` bool: vertices with a reliable counterpart.
        distance: ``[V]`` metres from the registered template to the scans' mean surface.
        scale: size of the mean scan over that of the template.
        landmark_corner, landmark_weight: ``[68, 3]`` the scans' iBUG landmarks on the template (triangle vertices,
            barycentrics).
    """

    difference: np.ndarray
    modes: np.ndarray
    trusted: np.ndarray
    distance: np.ndarray
    scale: float
    landmark_corner: np.ndarray
    landmark_weight: np.ndarray


def register(path: pathlib.Path, vertices, quads, skin, eye_triangles, net) -> ScanFields:
    """Registers the template and samples the scans' modes at its vertices.

    Args:
        path: ``ict_facekit_light.npz``.
        vertices: ``[V, 3]`` template in metres.
        quads: ``[Q, 4]`` its skin quads.
        skin: ``[V]`` bool vertices that take part (outer skin).
        eye_triangles: triangles of the eyeballs (for the picture only).
        net: see `training.shape.landmarks.landmark_net`.
    """
    with np.load(path) as file:
        scan = file["mean_cm"].astype(float) * METRES_PER_CENTIMETRE
        scan_modes = file["identity_cm"].astype(np.float32) * METRES_PER_CENTIMETRE
        faces = file["faces"]
        ibug = scan[file["index_idx_to_landmark_verts"]]
    scan_triangles = _triangles(faces[:SKIN_FACES])
    scan_eyes = _triangles(faces[slice(*EYE_FACES)])
    middle = (scan[np.unique(scan_eyes)].min(0) + scan[np.unique(scan_eyes)].max(0)) / 2
    scan, ibug = scan - middle, ibug - middle
    triangles = _triangles(quads)
    own = _clay_landmarks(vertices, triangles, eye_triangles, net)
    other = _clay_landmarks(scan, scan_triangles, scan_eyes, net)
    shared = np.isfinite(own[1][:, 0]) & np.isfinite(other[1][:, 0])
    shared &= ~np.isin(np.arange(len(shared)), FACE_OVAL) & (np.arange(len(shared)) < 468)
    corner, weights = own[0][0][shared], own[0][1][shared]
    goal = other[1][shared]
    start = (vertices[corner] * weights[:, :, None]).sum(1)
    scale, rotation, shift = similarity(start, goal)
    rotation = np.eye(3) if np.abs(rotation - np.eye(3)).max() < 1e-6 else rotation
    moved = scale * vertices @ rotation.T + shift
    fitted = _non_rigid(moved, quads, skin, corner, weights, goal, scan, scan_triangles)
    triangle, barycentric, distance, facing = closest_points(fitted, triangles, scan, scan_triangles)
    chosen = scan_triangles[triangle]
    place = (scan[chosen] * barycentric[:, :, None]).sum(1)
    modes = np.stack([(mode[chosen] * barycentric[:, :, None]).sum(1) for mode in scan_modes])
    trusted = skin & (distance < 0.0025) & (facing > 0.7)
    outer = triangles[skin[triangles].all(1)]
    hit, landmark_weight, _, _ = closest_points(ibug, None, fitted, outer)
    difference = (place - shift) @ rotation - vertices
    return ScanFields(difference, modes @ rotation, trusted, distance, scale, outer[hit], landmark_weight)


def similarity(source: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Scale, rotation and shift of S. Umeyama, 1991, so that ``scale * source @ rotation.T + shift ~ target``."""
    source_mean, target_mean = source.mean(0), target.mean(0)
    first, second = source - source_mean, target - target_mean
    u, values, vt = np.linalg.svd(second.T @ first)
    sign = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * sign) @ vt
    scale = float((values * sign).sum() / (first**2).sum())
    return scale, rotation, target_mean - scale * rotation @ source_mean


def _triangles(faces: np.ndarray) -> np.ndarray:
    return np.concatenate([faces[:, [0, 1, 2]], faces[faces[:, 3] >= 0][:, [0, 2, 3]]])


def _clay_landmarks(vertices, triangles, eye_triangles, net):
    """Embedding (vertices, weights) and positions of the landmarks on a grey head with dark irises."""
    colours = np.tile((0.55, 0.42, 0.34), (len(vertices), 1))
    eyes = np.unique(eye_triangles)
    for side in (eyes[vertices[eyes, 0] > 0], eyes[vertices[eyes, 0] < 0]):
        away = vertices[side] - (vertices[side].min(0) + vertices[side].max(0)) / 2
        radius = np.ptp(vertices[side][:, 1]) / 2
        iris = (np.hypot(away[:, 0], away[:, 1]) < 0.5 * radius) & (away[:, 2] > 0)
        colours[side] = np.where(iris[:, None], (0.06, 0.04, 0.03), (0.8, 0.78, 0.76))
    everything = np.concatenate([triangles, eye_triangles])
    points, triangle_id, _ = detect_on_template(vertices, everything, colours, net)
    image = view(
        vertices,
        VIEW_SIZE,
        VIEW_CENTRE,
        VIEW_HALF_HEIGHT,
        0.0,
    )
    corner = np.zeros((len(points), 3), int)
    weights = np.zeros((len(points), 3))
    position = np.full((len(points), 3), np.nan)
    for index, point in enumerate(points):
        x, y = np.clip(np.floor(point).astype(int), 0, VIEW_SIZE - 1)
        hit = triangle_id[y, x]
        if 0 <= hit < len(triangles):
            corner[index] = triangles[hit]
            weights[index] = clipped_barycentric(image[triangles[hit], :2], point)
            position[index] = weights[index] @ vertices[triangles[hit]]
    return (corner, weights), position


def _non_rigid(start, quads, skin, corner, weights, goal, scan, scan_triangles) -> np.ndarray:
    """Optimal-step non-rigid ICP (Amberg et al., 2007) with a thin-plate term on the displacements.

    Stiffness falls; closest points that are far or face away do not count, nor does the inside of the head.
    """
    count = len(start)
    edges, _ = unique_edges(quads)
    length = np.linalg.norm(start[edges[:, 0]] - start[edges[:, 1]], axis=1)
    pull = 1 / np.maximum(length, 1e-4)
    graph = sparse.coo_matrix((np.r_[pull, pull], (np.r_[edges[:, 0], edges[:, 1]], np.r_[edges[:, 1], edges[:, 0]])))
    graph = sparse.csr_matrix((graph.data, (graph.row, graph.col)), shape=(count, count))
    degree = np.asarray(graph.sum(1)).ravel()
    laplacian = sparse.eye(count) - sparse.diags(1 / np.maximum(degree, 1e-9)) @ graph
    bending = (laplacian.T @ laplacian).tocsc()
    stretch = (sparse.diags(degree) - graph) / degree[degree > 0].mean()
    rows = np.repeat(np.arange(len(goal)), 3)
    landmarks = sparse.csr_matrix((weights.ravel(), (rows, corner.ravel())), shape=(len(goal), count))
    moved = start.copy()
    triangles = _triangles(quads)
    for stiffness, trust, reach in ((300, 20, 0.02), (100, 10, 0.012), (30, 5, 0.008), (10, 2, 0.006),
                                    (3, 0.5, 0.005), (1, 0.1, 0.004), (0.3, 0, 0.004)):  # fmt: skip
        for _ in range(3):
            triangle, barycentric, distance, facing = closest_points(moved, triangles, scan, scan_triangles)
            place = (scan[scan_triangles[triangle]] * barycentric[:, :, None]).sum(1)
            use = (skin & (distance < reach) & (facing > 0.5)).astype(float)
            system = stiffness * bending + 0.002 * stiffness * stretch + sparse.diags(use + 1e-6)
            system = (system + trust * landmarks.T @ landmarks).tocsc()
            right = use[:, None] * (place - start) + trust * (landmarks.T @ (goal - landmarks @ start))
            moved = start + splu(system).solve(right)
    return moved


def closest_points(vertices, triangles, scan, scan_triangles):
    """Closest point of a surface to every vertex, among the triangles around the nearest triangle centres.

    Places where the surfaces face away from each other are avoided; without triangles the vertices have no normals.

    Returns:
        Triangle ``[V]``, barycentrics ``[V, 3]``, distance ``[V]`` and the cosine between the normals ``[V]``.
    """
    corners = scan[scan_triangles]
    normals = np.zeros_like(vertices) if triangles is None else vertex_normals(vertices, triangles)
    face_normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    face_normals /= np.maximum(np.linalg.norm(face_normals, axis=1, keepdims=True), 1e-20)
    _, near = cKDTree(corners.mean(1)).query(vertices, k=12)
    best = np.full(len(vertices), np.inf)
    triangle = np.zeros(len(vertices), int)
    barycentric = np.zeros((len(vertices), 3))
    for column in range(near.shape[1]):
        weights = closest_on_triangle(vertices, corners[near[:, column]])
        place = (corners[near[:, column]] * weights[:, :, None]).sum(1)
        facing = (face_normals[near[:, column]] * normals).sum(1)
        cost = np.linalg.norm(place - vertices, axis=1) + 0.01 * (facing < 0)
        better = cost < best
        best[better], triangle[better], barycentric[better] = (
            cost[better],
            near[better, column],
            weights[better],
        )
    facing = (face_normals[triangle] * normals).sum(1)
    distance = np.linalg.norm((corners[triangle] * barycentric[:, :, None]).sum(1) - vertices, axis=1)
    return triangle, barycentric, distance, facing


def closest_on_triangle(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Barycentrics ``[N, 3]`` of the point of triangle ``corners[n]`` that is nearest to ``points[n]``."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    ab, ac, ap = b - a, c - a, points - a
    d00, d01, d11 = (ab * ab).sum(1), (ab * ac).sum(1), (ac * ac).sum(1)
    d20, d21 = (ap * ab).sum(1), (ap * ac).sum(1)
    divisor = np.maximum(d00 * d11 - d01 * d01, 1e-30)
    v = (d11 * d20 - d01 * d21) / divisor
    w = (d00 * d21 - d01 * d20) / divisor
    inner = np.stack([1 - v - w, v, w], axis=1)
    result = inner.copy()
    best = np.where((inner >= 0).all(1), -1.0, np.inf)
    for first, second in ((0, 1), (1, 2), (2, 0)):
        start, side = corners[:, first], corners[:, second] - corners[:, first]
        along = np.clip(((points - start) * side).sum(1) / np.maximum((side**2).sum(1), 1e-30), 0, 1)
        gap = ((start + along[:, None] * side - points) ** 2).sum(1)
        better = gap < best
        weights = np.zeros_like(inner)
        weights[:, first], weights[:, second] = 1 - along, along
        result[better], best[better] = weights[better], gap[better]
    return result
