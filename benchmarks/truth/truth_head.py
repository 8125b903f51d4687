"""What a head of known shape is, and how one is put together from pieces of a source's mesh.

Frame and units as everywhere: metres, Y up, the face looks to +Z, +X is the person's left, the origin lies between the
eyeballs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from core.camera import rotation_from_vector
from core.errors import FitError

from .noise import noise, smoothstep

PARTS = ("skin", "eye", "cornea", "mouth", "teeth", "lashes")
"""Kinds of surface; ``TruthHead.part`` holds indices into it. ``mouth``: gums, tongue and the mouth's lining."""
SKIN, EYE, CORNEA, MOUTH, TEETH, LASHES = range(len(PARTS))

FACE_RADIUS = 0.095
"""Metres around the tip of the nose that count as the face, as the NoW benchmark crops it."""
NOSE_TIP = 30
"""Of the 68 iBUG points."""
GAZE_DEGREES = 27.0
"""How far an eyeball turns at full strength of ``eyeLookUp`` and its like."""


@dataclass(frozen=True, eq=False)
class TruthHead:
    """A head and all that is known of its shape.

    Attributes:
        name: unique for family and seed.
        family: "ict", "scan" or "own".
        seed: what it was made from.
        vertices: ``[V, 3]`` float32, the neutral face.
        triangles: ``[T, 3]`` int32, counter-clockwise seen from outside.
        uv: ``[T, 3, 2]`` float32, per corner; skin fills one tile, both eyes share another, so do the other parts.
        part: ``[T]`` uint8 index into ``PARTS``.
        face: ``[V]`` bool, skin that lies open within ``FACE_RADIUS`` of the tip of the nose.
        landmarks_68: ``[68]`` int32 vertices of the iBUG points; -1 where unknown.
        eye_centre, eye_radius: ``[2, 3]`` left, right and ``[2]``.
        iris_uv_radius: of the iris in the eyes' tile, in whose middle the pupil is; 0 where no eyes are open.
        expression_names: of ``expression_basis`` ``[E, V, 3]``; none for a scan.
        turning_eye: ``[V]`` int8: 0 or 1 where a vertex belongs to the left or right eyeball and the basis does not
            turn it, so that ``posed`` has to; -1 elsewhere.
        source_uv: ``[T, 3, 2]`` where the source's own maps are to be sampled, or None.
    """

    name: str
    family: str
    seed: int
    vertices: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    part: np.ndarray
    face: np.ndarray
    landmarks_68: np.ndarray
    eye_centre: np.ndarray
    eye_radius: np.ndarray
    iris_uv_radius: float
    expression_names: tuple[str, ...] = ()
    expression_basis: np.ndarray | None = field(default=None, repr=False)
    turning_eye: np.ndarray | None = field(default=None, repr=False)
    source_uv: np.ndarray | None = None

    def posed(self, expression: Mapping[str, float]) -> np.ndarray:
        """The vertices ``[V, 3]`` float32 with an expression: a strength for each name.

        ICT-FaceKit's names (``mouthSmile_L``) and ARKit's (``mouthSmileLeft``) work on every head that moves.

        Raises:
            FitError: this head does not have an expression of that name.
        """
        vertices = self.vertices.copy()
        for name, strength in expression.items():
            basis = self.expression_basis[self._expression(name)]
            vertices += np.float32(strength) * basis.astype(np.float32)
        if self.turning_eye is not None:
            self._turn_eyes(vertices, expression)
        return vertices

    def _turn_eyes(self, vertices: np.ndarray, expression: Mapping[str, float]) -> None:
        """Turn the eyeballs in place, as far as the lids' expressions ``eyeLook...`` say."""
        strength = {self.expression_names[self._expression(name)]: value for name, value in expression.items()}
        for eye, (side, outwards) in enumerate((("L", 1.0), ("R", -1.0))):
            up, down, to_nose, out = (strength.get(f"eyeLook{way}_{side}", 0.0) for way in ("Up", "Down", "In", "Out"))
            if up == down == to_nose == out == 0:
                continue
            chosen, centre = self.turning_eye == eye, self.eye_centre[eye]
            turn = np.radians(GAZE_DEGREES) * np.array([down - up, outwards * (out - to_nose), 0])
            vertices[chosen] = centre + (vertices[chosen] - centre) @ rotation_from_vector(turn).T

    def _expression(self, name: str) -> int:
        sides = {"_L": "Left", "_R": "Right"}
        spellings = [name]
        for short, long in sides.items():
            spellings += [name.removesuffix(short) + long] * name.endswith(short)
            spellings += [name.removesuffix(long) + short] * name.endswith(long)
        for spelling in spellings:
            if spelling in self.expression_names:
                return self.expression_names.index(spelling)
        names = ", ".join(self.expression_names) or "none, it is a scan"
        raise FitError(f"The head {self.name} has no expression {name!r}.", f"It has: {names}.")


class Assembly:
    """Collects triangles of a source's mesh, and new vertices that follow the old ones linearly.

    Args:
        vertices: ``[V, 3]`` of the source, neutral, in metres.
        basis: ``[E, V, 3]`` its expressions, or None.
    """

    def __init__(self, vertices: np.ndarray, basis: np.ndarray | None = None) -> None:
        self._vertices, self._basis = [vertices], [basis]
        self._count = len(vertices)
        self._triangles, self._uv, self._part = [], [], []
        self._turning = np.full(len(vertices), -1, np.int8)

    def add(self, triangles: np.ndarray, uv: np.ndarray, part: int) -> None:
        """Add triangles ``[T, 3]`` of the source's vertices, with their corners' UVs ``[T, 3, 2]``."""
        self._triangles.append(np.asarray(triangles, np.int32))
        self._uv.append(np.asarray(uv, np.float32))
        self._part.append(np.full(len(triangles), part, np.uint8))

    def turn(self, chosen: np.ndarray, eye: int) -> None:
        """Let ``TruthHead.posed`` turn these vertices of the source with an eye (0 left, 1 right)."""
        self._turning[chosen] = eye

    def add_new(
        self,
        vertices: np.ndarray,
        source: np.ndarray,
        weight: np.ndarray,
        triangles: np.ndarray,
        uv: np.ndarray,
        part: int,
    ) -> None:
        """Add new vertices ``[N, 3]`` that move as a weighted mean of the source's.

        Args:
            vertices: where they are on the neutral head.
            source: ``[N, K]`` vertices of the source.
            weight: ``[N, K]``, rows sum to 1.
            triangles: ``[T, 3]`` of the new vertices.
            uv: ``[T, 3, 2]``.
            part: index into ``PARTS``.
        """
        if self._basis[0] is not None:
            self._basis.append(np.einsum("enkc,nk->enc", self._basis[0][:, source].astype(np.float32), weight))
        self._vertices.append(vertices)
        self._turning = np.append(self._turning, self._turning[source[:, 0]])
        self.add(triangles + self._count, uv, part)
        self._count += len(vertices)

    def head(
        self,
        landmarks: np.ndarray,
        open_skin: np.ndarray,
        eyes: tuple[np.ndarray, np.ndarray, float],
        nose_tip: int | None = None,
        **fields,
    ) -> TruthHead:
        """The finished head: unused vertices left out, the origin between the eyes.

        Args:
            landmarks: ``[68]`` vertices of the source, -1 where unknown.
            open_skin: ``[V]`` bool over the source's vertices: skin that is not inside mouth, nose or sockets.
            eyes: centres ``[2, 3]`` and radii ``[2]`` of the eyeballs, and the iris's radius in their UVs.
            nose_tip: vertex of the source, the landmark's where None.
            fields: the other attributes of ``TruthHead`` as they are.
        """
        vertices, triangles = np.concatenate(self._vertices), np.concatenate(self._triangles)
        used = np.unique(triangles)
        new = np.full(len(vertices) + 1, -1, np.int32)  # the last stays -1: landmark -1 looks it up
        new[used] = np.arange(len(used))
        centre = np.asarray(eyes[0])
        origin = centre.mean(0)
        tip = vertices[landmarks[NOSE_TIP] if nose_tip is None else nose_tip]
        skin = np.zeros(len(vertices), bool)
        skin[: len(open_skin)] = open_skin
        face = skin & (np.linalg.norm(vertices - tip, axis=1) < FACE_RADIUS)
        basis = None
        if self._basis[0] is not None:
            basis = np.concatenate(self._basis, 1)[:, used].astype(np.float16)
        return TruthHead(
            vertices=(vertices[used] - origin).astype(np.float32),
            triangles=new[triangles],
            uv=np.concatenate(self._uv),
            part=np.concatenate(self._part),
            face=face[used],
            landmarks_68=new[landmarks],
            eye_centre=(centre - origin).astype(np.float32),
            eye_radius=np.asarray(eyes[1], np.float32),
            iris_uv_radius=float(eyes[2]),
            expression_basis=basis,
            turning_eye=self._turning[used] if (self._turning >= 0).any() else None,
            **fields,
        )


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Unit normals ``[V, 3]``, triangles weighted by their area; zero for vertices of no triangle."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    across = np.cross(b - a, c - a)
    normals = np.zeros((len(vertices), 3))
    for corner in range(3):
        for axis in range(3):
            normals[:, axis] += np.bincount(triangles[:, corner], across[:, axis], len(vertices))
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)


def displacement(
    vertices: np.ndarray, skin: np.ndarray, still: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Smooth random offsets ``[V, 3]`` of the skin: wavelengths of 2 to 6 cm, 0.4 to 0.8 mm rms over a face, 3 at most.

    Linear models of heads express some half of them. They are mostly along the normal, which is what a surface
    distance sees, and fade out towards ``still``, so that eyes keep their sockets and lips their seam.

    Args:
        vertices: ``[V, 3]``.
        skin: ``[T, 3]`` the triangles that move.
        still: ``[N, 3]`` points that do not (eyeballs, the inner mouth).
        generator: of the noise.
    """
    moved = np.unique(skin)
    points = vertices[moved]
    normal = vertex_normals(vertices, skin)[moved]
    bumps = 0.86 * noise(points, 0.055, generator) + 0.5 * noise(points, 0.024, generator)
    drift = np.stack([noise(points, 0.06, generator) for _ in range(3)], 1)
    offset = 0.001 * generator.uniform(0.9, 1.4) * (bumps[:, None] * normal + 0.3 * drift)
    offset *= smoothstep(cKDTree(still).query(points)[0], 0.005, 0.022)[:, None]
    length = np.linalg.norm(offset, axis=1, keepdims=True)
    result = np.zeros((len(vertices), 3))
    result[moved] = offset * np.minimum(1, 0.003 / np.maximum(length, 1e-12))
    return result


def require(path: Path) -> Path:
    """The path, if it exists.

    Raises:
        FitError: it does not.
    """
    if not path.exists():
        raise FitError(f"The reference data lacks {path.name}.", "Point --shared at the folder that holds it.")
    return path
