"""The Gaussian-process morphable model: covariances from MakeHuman's targets, manifold harmonics and real scans.

T. Gerig et al.: Morphable Face Models - An Open Framework, 2018; B. Vallet, B. Levy: Spectral Geometry Processing
with Manifold Harmonics, 2008. The scans enter as the second moment of their coefficients about the template, never
as positions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import eigsh, splu
from scipy.spatial import cKDTree

from .identity import remove_rigid, rigid_motions
from .parts import PART_NAMES
from .render import vertex_normals
from .subdivision import unique_edges

HARMONICS = 500  # per axis, to express the scans
RESIDUAL_HARMONICS = 200  # per axis, in the process that stands for what nothing else knows
NECK_LENGTH = 0.1  # metres below the jaw
COLLAR_SHARE = 0.25  # of the variation that is left at the collar
COVER_STRENGTH = 10.0  # of a tie to the covering skin, beside an edge of the same length
COVER_REACH = 0.015  # metres, from hidden skin to the skin over it
NOISE = 0.0003  # metres, of a registered scan vertex
TRUST_BESIDE_FACE = 0.1  # scans have hair on the scalp and clothes on the neck: only their large shape counts
TARGET_SPREAD = 0.6  # prior standard deviation of a target's weight
HARMONIC_SPREAD = 0.004  # metres, of the smoothest harmonic (root mean square over the skin)
RESIDUAL_SPREAD = 0.0005  # metres, of that process
DIFFERENCE_LOOSENESS = 6.0  # the step from the template to the scans' mean may be this much larger than a mode
MEAN_SHARE = 1.0  # of that step is taken by the mean; docs/shape_model.md names the votes
DIFFERENCE_SHARE = 0.33  # of that step is one standard deviation: its opposite is no likely head
TARGET_SHARE = 0.15  # of MakeHuman's variance beside that of the scans


@dataclass(frozen=True)
class Fields:
    """Displacement fields ``[N, Vc, 3]`` in metres with the prior standard deviation of their coefficients."""

    values: np.ndarray
    spread: np.ndarray


def manifold_harmonics(vertices: np.ndarray, quads: np.ndarray, skin: np.ndarray, count: int):
    """Smoothest functions on the skin ``[count, Vc]`` (root mean square 1) without the constant, and eigenvalues."""
    used = np.flatnonzero(skin)
    number = np.full(len(vertices), -1)
    number[used] = np.arange(len(used))
    edges = number[unique_edges(quads)[0]]
    length = np.linalg.norm(vertices[used[edges[:, 0]]] - vertices[used[edges[:, 1]]], axis=1)
    weight = 1 / np.maximum(length, 5e-4)
    rows, columns = np.r_[edges[:, 0], edges[:, 1]], np.r_[edges[:, 1], edges[:, 0]]
    graph = sparse.csr_matrix((np.r_[weight, weight], (rows, columns)), shape=(len(used),) * 2)
    laplacian = sparse.diags(np.asarray(graph.sum(1)).ravel()) - graph
    start = np.ones(len(used)) + 0.01 * np.arange(len(used)) / len(used)
    values, functions = eigsh(laplacian, k=count + 1, sigma=-1e-3, which="LM", v0=start)
    order = np.argsort(values)[1:]
    result = np.zeros((count, len(vertices)))
    result[:, used] = functions[:, order].T * np.sqrt(len(used))
    return result, values[order]


def attach_parts(vertices, quads, quad_part, skin, eyes) -> sparse.csr_matrix:
    """Operator ``[Vc, Vc]`` that carries a displacement of the skin over to eyes, teeth, tongue and lashes.

    Eyes move and grow as their lid margins do; teeth, gums and tongue follow the lips of their jaw; lashes follow
    the nearest skin.
    """
    count = len(vertices)
    owner = np.full(count, -1)
    owner[quads.ravel()] = np.repeat(quad_part, 4)
    rows = sparse.lil_matrix((count, count))
    rows[np.flatnonzero(skin), np.flatnonzero(skin)] = 1
    skin_index = np.flatnonzero(skin)
    for side, (centre, radius) in zip(("left", "right"), eyes):
        away = vertices[skin_index] - centre
        gap = np.abs(np.linalg.norm(away, axis=1) - radius)
        rim = skin_index[(gap < 0.002) & (away[:, 2] > 0.3 * radius)]
        for kind in ("eye", "cornea"):
            part = np.flatnonzero(owner == PART_NAMES.index(f"{kind}_{side}"))
            rows[np.ix_(part, rim)] = _follow(vertices[part], vertices[rim])
    front = vertices[skin_index][:, 2] > vertices[:, 2].max() - 0.035
    teeth = vertices[np.isin(owner, [PART_NAMES.index("teeth_upper"), PART_NAMES.index("teeth_lower")])]
    bite = teeth[:, 1].mean()
    middle = np.abs(vertices[skin_index][:, 0]) < 0.03
    height = vertices[skin_index][:, 1] - bite
    upper = skin_index[front & middle & (height > 0) & (height < 0.022)]
    lower = skin_index[front & middle & (height < 0) & (height > -0.03)]
    jaws = (("teeth_upper", upper), ("gums_upper", upper), ("teeth_lower", lower), ("gums_lower", lower))
    for name, guide in (*jaws, ("tongue", np.r_[upper, lower])):
        part = np.flatnonzero(owner == PART_NAMES.index(name))
        rows[np.ix_(part, guide)] = np.full((len(part), len(guide)), 1 / len(guide))
    for name in ("lashes_left", "lashes_right"):
        for vertex in np.flatnonzero(owner == PART_NAMES.index(name)):
            distance = np.linalg.norm(vertices[skin_index] - vertices[vertex], axis=1)
            near = np.argsort(distance)[:3]
            weight = 1 / np.maximum(distance[near], 1e-4)
            rows[vertex, skin_index[near]] = weight / weight.sum()
    return rows.tocsr()


def _follow(points: np.ndarray, guide: np.ndarray) -> np.ndarray:
    """Weights that translate points with the mean motion of the guide (the part's size stays)."""
    return np.full((len(points), len(guide)), 1 / len(guide))


def neighbours_through(vertices, quads, inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """Pairs ``[P, 2]`` of hidden vertices and the outer ones that cover them, within `COVER_REACH`.

    A vertex covers another when its normal points away from it.
    """
    normals = vertex_normals(vertices, np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]))
    distance, near = cKDTree(vertices[outer]).query(vertices[inner], k=60)
    near = outer[near]
    towards = vertices[near] - vertices[inner][:, None]
    covers = (distance < COVER_REACH) & ((towards * normals[near]).sum(-1) > 0.6 * distance)
    covers &= np.cumsum(covers, axis=1) <= 4
    return np.stack([np.broadcast_to(inner[:, None], near.shape)[covers], near[covers]], axis=1)


def extend_smoothly(vertices, quads, known: np.ndarray, hidden: np.ndarray) -> sparse.csr_matrix:
    """Operator ``[Vc, Vc]`` that keeps a field where it is known and continues it harmonically over the rest.

    The continuation stays between the values at the rim (maximum principle), so hidden skin - mouth, eye sockets -
    and what no scan shows - ears, collar - follows what lies around it. Hidden skin is also tied to what covers it.
    """
    count = len(vertices)
    ties = neighbours_through(vertices, quads, np.flatnonzero(hidden), np.flatnonzero(known))
    edges = np.concatenate([unique_edges(quads)[0], ties])
    length = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    weight = 1 / np.maximum(length, 5e-4)
    weight[len(weight) - len(ties) :] *= COVER_STRENGTH
    rows, columns = np.r_[edges[:, 0], edges[:, 1]], np.r_[edges[:, 1], edges[:, 0]]
    graph = sparse.csr_matrix((np.r_[weight, weight], (rows, columns)), shape=(count, count))
    laplacian = sparse.diags(np.asarray(graph.sum(1)).ravel()) - graph
    on_mesh = np.zeros(count, bool)
    on_mesh[edges.ravel()] = True
    open_ = np.flatnonzero(on_mesh & ~known)
    given = np.flatnonzero(on_mesh & known)
    solved = splu(laplacian[open_][:, open_].tocsc()).solve(-laplacian[open_][:, given].toarray())
    operator = sparse.lil_matrix((count, count))
    operator[given, given] = 1
    operator = operator.tocsr()
    placed = sparse.coo_matrix(solved)
    return operator + sparse.csr_matrix((placed.data, (open_[placed.row], given[placed.col])), shape=(count, count))


def apply_operator(operator: sparse.csr_matrix, fields: np.ndarray) -> np.ndarray:
    """The operator on fields ``[N, Vc, 3]``."""
    flat = fields.transpose(1, 0, 2).reshape(fields.shape[1], -1)
    return (operator @ flat).reshape(-1, len(fields), 3).transpose(1, 0, 2).astype(np.float32)


def harmonic_fields(functions: np.ndarray, values: np.ndarray, spread: float) -> Fields:
    """Every harmonic along each axis; the spread falls with the eigenvalue like that of a smooth process."""
    count = len(functions)
    fields = np.zeros((3 * count, functions.shape[1], 3), np.float32)
    for axis in range(3):
        fields[axis * count : (axis + 1) * count, :, axis] = functions
    return Fields(fields, np.tile(spread * np.sqrt(values[0] / values), 3))


def fit_fields(basis: Fields, wanted, trusted: np.ndarray, points, trust: np.ndarray) -> np.ndarray:
    """Coefficients ``[M, N]`` of displacement fields ``[M, Vc, 3]`` in a basis: a Gaussian posterior mean.

    Rigid motion is free and not part of the answer.

    Args:
        basis: N fields.
        wanted: fields known on the trusted vertices.
        trusted: ``[Vc]`` bool.
        points: ``[Vc, 3]`` template.
        trust: ``[Vc]`` how many times less noise than usual (`NOISE`) a vertex has.
    """
    weight = trust[trusted]

    def weighted(fields: np.ndarray) -> np.ndarray:
        return (fields[:, trusted] * weight[None, :, None]).reshape(len(fields), -1)

    system = weighted(basis.values) * basis.spread[:, None]
    rigid = np.linalg.qr(weighted(rigid_motions(points)).T)[0].T
    flat = weighted(wanted)
    system = system - (system @ rigid.T) @ rigid
    flat = flat - (flat @ rigid.T) @ rigid
    normal = system @ system.T + NOISE**2 * np.eye(len(system))
    return np.linalg.solve(normal, system @ flat.T).T * basis.spread


def calm_neck(factors: np.ndarray, depth: np.ndarray, points: np.ndarray, face: np.ndarray) -> np.ndarray:
    """Fields whose variation fades down the neck: no face tells how its shoulders are held.

    Args:
        factors: ``[N, Vc, 3]``.
        depth: ``[Vc]`` metres below the jaw, 0 elsewhere.
        points, face: as in `identity_modes`.
    """
    share = np.clip(depth / NECK_LENGTH, 0, 1)
    fade = 1 - (1 - COLLAR_SHARE) * share**2 * (3 - 2 * share)
    return remove_rigid(factors, points, face) * fade[None, :, None]


def identity_modes(factors: np.ndarray, points, face, weight, mirror, count: int) -> np.ndarray:
    """Sigma-scaled modes ``[count, Vc, 3]`` of the covariance ``sum f f^T``, made left-right symmetric.

    Args:
        factors: ``[N, Vc, 3]``; a coefficient vector of independent unit Gaussians gives a head.
        points: ``[Vc, 3]`` template; face: the region that must not move rigidly.
        weight: ``[Vc]`` importance of a vertex when modes are ranked.
        mirror: ``[Vc]`` left-right table.
    """
    factors = remove_rigid(factors, points, face)
    mirrored = factors[:, mirror] * np.array([-1, 1, 1])
    modes, sigmas = [], []
    for half in ((factors + mirrored) / 2, (factors - mirrored) / 2):
        ranked = (half * np.sqrt(weight)[None, :, None]).reshape(len(half), -1)
        values, vectors = np.linalg.eigh(ranked @ ranked.T)
        keep = np.argsort(values)[::-1][:count]
        modes.append(np.tensordot(vectors[:, keep].T, half, 1))
        sigmas.append(values[keep])
    order = np.argsort(np.concatenate(sigmas))[::-1][:count]
    modes = np.concatenate(modes)[order]
    largest = np.abs(modes[:, face]).reshape(len(modes), -1).argmax(1)
    sign = np.sign(modes[:, face].reshape(len(modes), -1)[np.arange(len(modes)), largest])
    return modes * np.where(sign == 0, 1, sign)[:, None, None]


def reconstruction_error(modes, wanted, trusted, points, noise: float = 0.0005) -> np.ndarray:
    """Distance ``[M, T]`` in metres between wanted fields and their best fit by modes and a rigid motion.

    The fit is the posterior mean under the model's own prior with ``noise`` per coordinate.
    """
    system = modes[:, trusted].reshape(len(modes), -1)
    rigid = np.linalg.qr(rigid_motions(points)[:, trusted].reshape(6, -1).T)[0].T
    flat = wanted[:, trusted].reshape(len(wanted), -1)
    system = system - (system @ rigid.T) @ rigid
    flat = flat - (flat @ rigid.T) @ rigid
    normal = system @ system.T + noise**2 * np.eye(len(system))
    rest = flat - np.linalg.solve(normal, system @ flat.T).T @ system
    return np.linalg.norm(rest.reshape(len(wanted), -1, 3), axis=-1)


def vertex_importance(regions: dict[str, np.ndarray], skin: np.ndarray) -> np.ndarray:
    """Weight ``[Vc]`` of a vertex when modes are ranked: the face counts, hidden skin hardly does."""
    weight = np.where(skin, 0.25, 0.0)
    weight[regions["face"] | regions["lids"] | regions["lips"]] = 1.0
    weight[regions["neck"] | regions["ears"]] = 0.15
    weight[regions["mouth_inner"] | regions["eye_socket"]] = 0.02
    return weight


def print_figures(modes, wanted, trusted, points, faces: int) -> None:
    """Prints the mean error on random scans, drawn about the template and about the scans' own mean.

    Args:
        wanted: ``[1 + M, Vc, 3]`` the scans' mean and modes as seen from the template.
    """
    amounts = np.random.default_rng(11).normal(size=(faces, len(wanted) - 1))
    deviations = np.tensordot(amounts, wanted[1:], 1)
    for label, heads in (
        ("about the template", deviations),
        ("about the scans' mean", deviations + wanted[0]),
    ):
        alone = np.linalg.norm(remove_rigid(heads, points, trusted)[:, trusted], axis=-1).mean() * 1e3
        errors = {count: reconstruction_error(modes[:count], heads, trusted, points).mean() * 1e3
                  for count in (50, 100, 150, 200) if count <= len(modes)}  # fmt: skip
        text = ", ".join(f"{count} modes {error:.2f}" for count, error in errors.items())
        print(f"random scans {label}, mm: template alone {alone:.2f}, {text}")
