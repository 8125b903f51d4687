"""The head's shape model: a mean, identity and expression bases, and what is known about its surface.

Numpy and standard library only: it also runs inside Blender. Arrays are stored for the control mesh (the head of
MakeHuman's ``hm08`` and the parts added to it) and brought to the fine mesh by one step of Catmull-Clark
subdivision, a fixed linear operator that is stored with them. Made by ``training/shape_model.py``.

Frame: metres, right-handed, Y up, the face looks to +Z, +X is the person's left; the origin lies between the
centres of the two eyeballs of the mean.
"""

from __future__ import annotations

import functools
import pathlib
from dataclasses import dataclass

import numpy as np

MODEL_PATH = pathlib.Path(__file__).parents[1] / "data" / "shape_model.npz"


@dataclass(frozen=True, eq=False)
class LandmarkEmbedding:
    """Where the points of a landmark detector lie on the mesh.

    Attributes:
        triangle_vertices: ``[L, 3]`` vertices around every landmark.
        barycentric: ``[L, 3]`` their weights; rows sum to 1.
        weight: ``[L]`` trust in 0..1; 0 = the point has no place on this mesh.
        contour: ``[L]`` bool: the point lies on the outline of the face *as seen*, so it slides when the head
            turns; its fixed place holds for the frontal view only.
        contour_candidates: ``[L, C]`` vertices along which a contour point slides, ordered from the cheek to the
            back of the head; -1 fills rows of points that are not contour.
    """

    triangle_vertices: np.ndarray
    barycentric: np.ndarray
    weight: np.ndarray
    contour: np.ndarray
    contour_candidates: np.ndarray

    def points(self, vertices: np.ndarray) -> np.ndarray:
        """Landmark positions ``[..., L, 3]`` on vertices ``[..., V, 3]`` (a basis works too)."""
        return (vertices[..., self.triangle_vertices, :] * self.barycentric[:, :, None]).sum(-2)

    def slide(self, vertices: np.ndarray, camera_from_world: np.ndarray) -> LandmarkEmbedding:
        """The embedding with every contour point moved to its candidate on the silhouette.

        A candidate is on the silhouette when the angle that it makes with the head's vertical axis, seen from
        the camera, is the outermost of its line.

        Args:
            vertices: ``[V, 3]`` the head's vertices.
            camera_from_world: ``[4, 4]`` pose (OpenCV axes).
        """
        triangle_vertices, barycentric = self.triangle_vertices.copy(), self.barycentric.copy()
        rows = np.flatnonzero(self.contour & (self.contour_candidates >= 0).any(1))
        if len(rows) == 0:
            return self
        to_camera = camera_from_world[:3, :3]
        middle = to_camera @ self.points(vertices)[~self.contour & (self.weight > 0)].mean(0)
        middle = middle + camera_from_world[:3, 3]
        for row in rows:
            line = self.contour_candidates[row]
            line = line[line >= 0]
            seen = vertices[line] @ to_camera.T + camera_from_world[:3, 3]
            image = seen[:, :2] / seen[:, 2:]
            away = image - middle[:2] / middle[2]
            outward = away[len(away) // 2] / np.linalg.norm(away[len(away) // 2])
            chosen = line[(away @ outward).argmax()]
            triangle_vertices[row] = chosen
            barycentric[row] = (1.0, 0.0, 0.0)
        return LandmarkEmbedding(triangle_vertices, barycentric, self.weight, self.contour, self.contour_candidates)


@dataclass(frozen=True, eq=False)
class MorphableModel:
    """A linear model of head shape (3DMM) on the fine mesh; see the module for the frame.

    Attributes:
        mean: ``[V, 3]`` metres.
        expression_names: the 52 ARKit units first, in ARKit's order, then extra ones.
        quads: ``[Q, 4]`` counter-clockwise seen from outside.
        quad_part: ``[Q]`` index into ``part_names``.
        uv: ``[Q, 4, 2]`` per corner, v up; skin has one tile, every other kind of part its own.
        triangles, triangle_uv, triangle_part: the quads split along their first diagonal.
        mirror: ``[V]`` the vertex on the other side of the head.
        regions: bool masks ``[V]`` by name.
        hm08_index: ``[V]`` vertex of MakeHuman's base mesh, or -1.
        hm08_uv: ``[Q, 4, 2]`` MakeHuman's own UVs (zero where it has none).
        eye_centre: ``[2, 3]`` left, right; in the mean. eye_radius: ``[2]``.
        version: changes whenever coefficients lose their meaning.
    """

    mean: np.ndarray
    expression_names: tuple[str, ...]
    quads: np.ndarray
    quad_part: np.ndarray
    part_names: tuple[str, ...]
    uv: np.ndarray
    triangles: np.ndarray
    triangle_uv: np.ndarray
    triangle_part: np.ndarray
    mirror: np.ndarray
    regions: dict[str, np.ndarray]
    landmarks_478: LandmarkEmbedding
    landmarks_68: LandmarkEmbedding
    hm08_index: np.ndarray
    hm08_uv: np.ndarray
    eye_centre: np.ndarray
    eye_radius: np.ndarray
    version: str
    coarse_mean: np.ndarray
    coarse_identity: np.ndarray
    coarse_expression: np.ndarray
    subdivision_index: np.ndarray
    subdivision_weight: np.ndarray

    @functools.cached_property
    def identity_basis(self) -> np.ndarray:
        """``[K, V, 3]`` metres per standard deviation."""
        return self._dense(self.coarse_identity)

    @functools.cached_property
    def expression_basis(self) -> np.ndarray:
        """``[E, V, 3]`` metres at the full unit."""
        return self._dense(self.coarse_expression)

    def coarse_vertices(self, identity=(), expression=()) -> np.ndarray:
        """The control mesh ``[Vc, 3]``; ``hm08_index[:Vc]`` names MakeHuman's vertices (for its assets)."""
        identity = np.asarray(identity, np.float32)
        expression = np.asarray(expression, np.float32)
        vertices = self.coarse_mean.copy()
        if identity.size:
            vertices += np.tensordot(identity, self.coarse_identity[: len(identity)], 1)
        if expression.size:
            vertices += np.tensordot(expression, self.coarse_expression[: len(expression)], 1)
        return vertices

    def vertices(self, identity=(), expression=()) -> np.ndarray:
        """The head ``[V, 3]`` for the first coefficients of either kind; the rest is zero.

        Args:
            identity: up to K coefficients in standard deviations.
            expression: up to E coefficients, 1 = the full unit.
        """
        return self.subdivide(self.coarse_vertices(identity, expression))

    def subdivide(self, coarse: np.ndarray) -> np.ndarray:
        """Brings values ``[Vc, C]`` of the control mesh to the fine mesh ``[V, C]``."""
        return _subdivided(coarse, *self._subdivision)

    @functools.cached_property
    def _subdivision(self) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
        return _subdivision_terms(self.subdivision_index, self.subdivision_weight)

    def eyeballs(self, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The eyeballs' centres ``[2, 3]`` and radii ``[2]`` (left, right) on a head's ``[V, 3]`` vertices."""
        centres, radii = [], []
        for side, name in enumerate(("eye_left", "eye_right")):
            part = np.unique(self.quads[self.quad_part == self.part_names.index(name)])
            moved, mean = vertices[part], self.mean[part]
            centres.append(self.eye_centre[side] + (moved - mean).mean(0))
            radii.append(self.eye_radius[side] * np.sqrt(moved.var(0).sum() / mean.var(0).sum()))
        return np.stack(centres).astype(np.float32), np.array(radii, np.float32)

    def _dense(self, basis: np.ndarray) -> np.ndarray:
        rows = np.ascontiguousarray(basis.transpose(1, 0, 2)).reshape(basis.shape[1], -1)
        fine = self.subdivide(rows).reshape(-1, len(basis), 3)
        return np.ascontiguousarray(fine.transpose(1, 0, 2))


def _subdivision_terms(index: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """The operator in padded form by terms: fine vertices with the most terms first ``[V]``, and for each term the
    control vertices and their shares of as many of them as have it."""
    counts = np.count_nonzero(weight, axis=1)
    order = np.argsort(-counts, kind="stable")
    index, weight = index[order].astype(np.intp), weight[order]
    lengths = [np.count_nonzero(counts > term) for term in range(index.shape[1])]
    return order, [(index[:length, term].copy(), weight[:length, term].copy()) for term, length in enumerate(lengths)]


def _subdivided(coarse: np.ndarray, order: np.ndarray, terms: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Applies it a coordinate at a time: numpy adds long rows many times faster than rows of three."""
    result = np.empty((len(order), coarse.shape[1]), np.result_type(coarse, np.float32))
    for column, values in enumerate(np.ascontiguousarray(coarse.T)):
        added = np.zeros(len(order), result.dtype)
        for source, share in terms:
            added[: len(source)] += values[source] * share
        result[order, column] = added
    return result


def split_quads(quads: np.ndarray) -> np.ndarray:
    """Triangles ``[2 Q, ...]`` from per-corner values ``[Q, 4, ...]``; quad q gives rows 2 q and 2 q + 1."""
    return np.stack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], axis=1).reshape(-1, *quads[:, :3].shape[1:])


@functools.lru_cache(maxsize=4)
def load_model(path: pathlib.Path = MODEL_PATH) -> MorphableModel:
    """Reads the shape model (cached: treat its arrays as read-only).

    Args:
        path: a file written by ``training/shape_model.py``.
    """
    with np.load(path, allow_pickle=False) as file:
        data = {name: file[name] for name in file.files}
    index, weight = data["subdivision_index"], data["subdivision_weight"]
    mean = data["mean"].astype(np.float32)
    quads, uv = data["quads"], data["uv"].astype(np.float32)
    hm08_index = np.full(len(index), -1, np.int32)
    hm08_index[: len(mean)] = data["hm08_index"]
    region_names = [str(name) for name in data["region_names"]]
    regions = np.unpackbits(data["regions"], axis=1, count=len(index)).astype(bool)
    return MorphableModel(
        mean=_subdivided(mean, *_subdivision_terms(index, weight)),
        expression_names=tuple(str(name) for name in data["expression_names"]),
        quads=quads,
        quad_part=data["quad_part"],
        part_names=tuple(str(name) for name in data["part_names"]),
        uv=uv,
        triangles=split_quads(quads),
        triangle_uv=split_quads(uv),
        triangle_part=np.repeat(data["quad_part"], 2),
        mirror=data["mirror"],
        regions=dict(zip(region_names, regions)),
        landmarks_478=_landmarks(data, "landmarks_478"),
        landmarks_68=_landmarks(data, "landmarks_68"),
        hm08_index=hm08_index,
        hm08_uv=data["hm08_uv"].astype(np.float32),
        eye_centre=data["eye_centre"],
        eye_radius=data["eye_radius"],
        version=str(data["version"]),
        coarse_mean=mean,
        coarse_identity=data["identity_basis"].astype(np.float32),
        coarse_expression=data["expression_basis"].astype(np.float32),
        subdivision_index=index,
        subdivision_weight=weight,
    )


def _landmarks(data: dict[str, np.ndarray], prefix: str) -> LandmarkEmbedding:
    return LandmarkEmbedding(
        data[f"{prefix}_triangle_vertices"],
        data[f"{prefix}_barycentric"],
        data[f"{prefix}_weight"],
        data[f"{prefix}_contour"],
        data[f"{prefix}_contour_candidates"],
    )
