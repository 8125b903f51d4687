"""Flattens a mesh patch without flips: Tutte's embedding, then scalable locally injective mappings (SLIM).

W. T. Tutte: How to draw a graph, 1963; M. Rabinovich et al.: Scalable Locally Injective Mappings, 2017 (symmetric
Dirichlet energy).
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import splu


def border_loop(triangles: np.ndarray) -> list[int]:
    """The longest border of a patch, in the direction of its triangles."""
    sides = np.stack([triangles, np.roll(triangles, -1, axis=1)], -1).reshape(-1, 2).tolist()
    directed = {tuple(side) for side in sides}
    following = {first: second for first, second in directed if (second, first) not in directed}
    loops = []
    while following:
        start, here = next(iter(following.items()))
        loop = [start]
        del following[start]
        while here != start:
            loop.append(here)
            here = following.pop(here)
        loops.append(loop)
    return max(loops, key=len)


def tutte(triangles: np.ndarray, count: int, border: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Embedding ``[count, 2]`` with the border at given positions and every other vertex amid its neighbours."""
    sides = np.unique(np.sort(np.stack([triangles, np.roll(triangles, -1, 1)], -1).reshape(-1, 2), 1), axis=0)
    ones = np.ones(2 * len(sides))
    graph = sparse.csr_matrix((ones, (np.r_[sides[:, 0], sides[:, 1]], np.r_[sides[:, 1], sides[:, 0]])), (count,) * 2)
    laplacian = sparse.diags(np.asarray(graph.sum(1)).ravel()) - graph
    inner = np.setdiff1d(np.unique(triangles), border)
    result = np.zeros((count, 2))
    result[border] = position
    right = -laplacian[inner][:, border] @ position
    result[inner] = splu(laplacian[inner][:, inner].tocsc()).solve(right)
    return result


def rest_shapes(vertices: np.ndarray, triangles: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inverse edge matrices ``[T, 2, 2]`` of the triangles laid flat and scaled by ``size [T]``, and their areas."""
    first = vertices[triangles[:, 1]] - vertices[triangles[:, 0]]
    second = vertices[triangles[:, 2]] - vertices[triangles[:, 0]]
    length = np.linalg.norm(first, axis=1)
    along = (first * second).sum(1) / length
    height = np.sqrt(np.maximum((second**2).sum(1) - along**2, (1e-3 * length) ** 2))
    edges = np.zeros((len(triangles), 2, 2))
    edges[:, 0, 0], edges[:, 0, 1], edges[:, 1, 1] = length, along, height
    edges *= size[:, None, None]
    return np.linalg.inv(edges), edges[:, 0, 0] * edges[:, 1, 1] / 2


class Slim:
    """Minimises the symmetric Dirichlet energy of a flattening.

    Args:
        triangles: ``[T, 3]``.
        inverse_rest, area: see `rest_shapes`; area also weighs the triangles.
        start: ``[V, 2]`` without flips.
        fixed_u: vertices whose first coordinate stays.
    """

    def __init__(self, triangles, inverse_rest, area, start, fixed_u) -> None:
        self.triangles, self.area = triangles, area / area.sum()
        self.uv = start.copy()
        count = len(start)
        rows = np.repeat(np.arange(2 * len(triangles)).reshape(-1, 2), 3, axis=0).reshape(len(triangles), 3, 2)
        gradient = np.concatenate([-inverse_rest.sum(1, keepdims=True), inverse_rest], axis=1)
        columns = np.repeat(triangles[:, :, None], 2, axis=2)
        shape = (2 * len(triangles), count)
        self.operator = sparse.csr_matrix((gradient.ravel(), (rows.ravel(), columns.ravel())), shape)
        free = np.ones(2 * count, bool)
        free[fixed_u] = False
        self.free = np.flatnonzero(free)

    def jacobians(self, uv: np.ndarray) -> np.ndarray:
        """``[T, 2, 2]``: rows are u and v, columns the axes of the flat rest triangle."""
        return (self.operator @ uv).reshape(-1, 2, 2).transpose(0, 2, 1)

    def energy(self, uv: np.ndarray) -> float:
        jacobians = self.jacobians(uv)
        determinant = np.linalg.det(jacobians)
        if (determinant <= 0).any():
            return np.inf
        squares = (jacobians**2).sum((1, 2))
        return float((self.area * squares * (1 + 1 / determinant**2)).sum())

    def step(self) -> float:
        """One reweighted least-squares step with line search; returns the energy."""
        u, sigma, vt = np.linalg.svd(self.jacobians(self.uv))
        sign = np.linalg.det(u) * np.linalg.det(vt)
        u[:, :, 1] *= sign[:, None]
        rotation = u @ vt
        near_one = np.abs(sigma - 1) < 1e-4
        ratio = np.where(near_one, 4.0, (sigma - sigma**-3.0) / np.where(near_one, 1.0, sigma - 1))
        weight = (u * np.sqrt(ratio)[:, None, :]) @ u.transpose(0, 2, 1)
        weight *= np.sqrt(self.area)[:, None, None]
        blocks, rows = [], []
        for row in range(2):
            scaled = [sparse.diags(np.repeat(weight[:, row, axis], 2)) @ self.operator for axis in range(2)]
            blocks.append(sparse.hstack(scaled))
            rows.append((weight[:, row, :, None] * rotation).sum(1).ravel())
        system = sparse.vstack(blocks).tocsr()[:, self.free]
        flat = self.uv.T.ravel()
        right = np.concatenate(rows) - sparse.vstack(blocks) @ flat
        normal = (system.T @ system + 1e-9 * sparse.eye(len(self.free))).tocsc()
        change = np.zeros_like(flat)
        change[self.free] = splu(normal).solve(system.T @ right)
        change = change.reshape(2, -1).T
        before, amount = self.energy(self.uv), 1.0
        while amount > 1e-8:
            after = self.energy(self.uv + amount * change)
            if after < before:
                self.uv = self.uv + amount * change
                return after
            amount /= 2
        return before

    def run(self, steps: int) -> np.ndarray:
        """Up to ``steps`` steps, until the energy stands still."""
        before = np.inf
        for _ in range(steps):
            after = self.step()
            if before - after < 1e-6 * after:
                break
            before = after
        return self.uv
