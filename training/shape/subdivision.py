"""One step of Catmull-Clark subdivision as a sparse matrix.

E. Catmull, J. Clark: Recursively generated B-spline surfaces on arbitrary topological meshes, 1978; borders
follow the cubic B-spline rule of C. Loop / H. Hoppe. Fine vertices are numbered: the coarse ones, then one for
every edge, then one for every face.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse


def unique_edges(quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Undirected edges ``[E, 2]`` and the edge index ``[Q, 4]`` of the side from corner i to corner i + 1."""
    sides = np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1)
    edges, inverse = np.unique(np.sort(sides.reshape(-1, 2), axis=1), axis=0, return_inverse=True)
    return edges, inverse.reshape(-1, 4)


def catmull_clark(quads: np.ndarray, vertex_count: int) -> tuple[sparse.csr_matrix, np.ndarray]:
    """The operator ``[V_fine, V_coarse]`` and the fine quads ``[4 Q, 4]``.

    The fine quads of coarse quad q are rows 4 q .. 4 q + 3, one per corner, each starting at that corner.
    """
    edges, quad_edges = unique_edges(quads)
    edge_count, quad_count = len(edges), len(quads)
    face_points = sparse.csr_matrix(
        (np.full(4 * quad_count, 0.25), (np.repeat(np.arange(quad_count), 4), quads.ravel())),
        shape=(quad_count, vertex_count),
    )
    midpoints = sparse.csr_matrix(
        (np.full(2 * edge_count, 0.5), (np.repeat(np.arange(edge_count), 2), edges.ravel())),
        shape=(edge_count, vertex_count),
    )
    edge_faces = sparse.csr_matrix(
        (np.ones(4 * quad_count), (quad_edges.ravel(), np.repeat(np.arange(quad_count), 4))),
        shape=(edge_count, quad_count),
    )
    faces_per_edge = np.asarray(edge_faces.sum(1)).ravel()
    border = faces_per_edge == 1
    inner_points = midpoints * 0.5 + sparse.diags(0.5 / faces_per_edge) @ edge_faces @ face_points
    edge_points = sparse.diags(border * 1.0) @ midpoints + sparse.diags(~border * 1.0) @ inner_points
    vertex_points = _vertex_points(quads, vertex_count, edges, border, midpoints, face_points)
    operator = sparse.vstack([vertex_points, edge_points, face_points]).tocsr()
    operator.eliminate_zeros()

    middle = vertex_count + edge_count + np.arange(quad_count)
    sides = vertex_count + quad_edges
    fine = [np.stack([quads[:, i], sides[:, i], middle, sides[:, i - 1]], axis=1) for i in range(4)]
    return operator, np.stack(fine, axis=1).reshape(-1, 4)


def _vertex_points(quads, vertex_count, edges, border, midpoints, face_points) -> sparse.csr_matrix:
    edge_count, quad_count = len(edges), len(quads)
    vertex_edges = sparse.csr_matrix(
        (np.ones(2 * edge_count), (edges.ravel(), np.repeat(np.arange(edge_count), 2))),
        shape=(vertex_count, edge_count),
    )
    vertex_faces = sparse.csr_matrix(
        (np.ones(4 * quad_count), (quads.ravel(), np.repeat(np.arange(quad_count), 4))),
        shape=(vertex_count, quad_count),
    )
    valence = np.maximum(np.asarray(vertex_edges.sum(1)).ravel(), 1)
    faces = np.maximum(np.asarray(vertex_faces.sum(1)).ravel(), 1)
    smooth = (
        sparse.diags(1 / (valence * faces)) @ vertex_faces @ face_points
        + sparse.diags(2 / valence**2) @ vertex_edges @ midpoints
        + sparse.diags((valence - 3) / valence)
    )
    on_border = np.zeros(vertex_count, bool)
    on_border[edges[border]] = True
    along = vertex_edges @ sparse.diags(border * 1.0) @ midpoints * 0.25 + sparse.eye(vertex_count) * 0.5
    return sparse.diags(~on_border * 1.0) @ smooth + sparse.diags(on_border * 1.0) @ along


def padded_rows(operator: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """The operator as index ``[V, N]`` and weight ``[V, N]``; short rows are padded with weight 0."""
    lengths = np.diff(operator.indptr)
    width = int(lengths.max())
    slot = np.arange(operator.nnz) - np.repeat(operator.indptr[:-1], lengths)
    row = np.repeat(np.arange(operator.shape[0]), lengths)
    index = np.zeros((operator.shape[0], width), np.int32)
    weight = np.zeros((operator.shape[0], width), np.float32)
    index[row, slot] = operator.indices
    weight[row, slot] = operator.data
    return index, weight


def subdivide_corners(corners: np.ndarray) -> np.ndarray:
    """Per-corner values ``[Q, 4, C]`` (UVs) split bilinearly to ``[4 Q, 4, C]`` in the order of `catmull_clark`."""
    middle = corners.mean(1)
    side = (corners + np.roll(corners, -1, axis=1)) / 2
    fine = [np.stack([corners[:, i], side[:, i], middle, side[:, i - 1]], axis=1) for i in range(4)]
    return np.stack(fine, axis=1).reshape(-1, 4, corners.shape[-1])


def fine_mirror(quads: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Left-right table ``[V_fine]`` of the fine mesh from that of the coarse one."""
    edges, _ = unique_edges(quads)
    edge_number = {tuple(edge): number for number, edge in enumerate(edges.tolist())}
    quad_number = {tuple(sorted(quad)): number for number, quad in enumerate(quads.tolist())}
    edge_table = [edge_number[tuple(sorted(pair))] for pair in mirror[edges].tolist()]
    quad_table = [quad_number[tuple(sorted(quad))] for quad in mirror[quads].tolist()]
    count = len(mirror)
    return np.r_[mirror, count + np.array(edge_table), count + len(edges) + np.array(quad_table)].astype(np.int32)
