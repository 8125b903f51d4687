"""What a person wears before the camera: hair, beard, glasses, a hand at the face, as objects for ``scene.py``."""

from __future__ import annotations

from typing import Any

import numpy as np

from .accessories import Accessory, Strands, make_beard, make_glasses, make_hair, make_hand
from .plan import PhotoPlan
from .truth_head import TruthHead

HAIR, GLASSES, HAND = 4, 5, 6
"""Their values in the index picture."""

Item = dict[str, Any]
Arrays = dict[str, np.ndarray]


def worn(
    plan: PhotoPlan, head: TruthHead, posed: np.ndarray, hair_colour: np.ndarray, skin_colour: np.ndarray
) -> list[tuple[Item, Arrays]]:
    """Each thing that the plan asks for, with its arrays.

    Args:
        posed: ``[V, 3]`` the head's vertices as photographed.
        hair_colour, skin_colour: ``[3]`` linear; the hand has the face's mean colour.
    """
    person = plan.head
    found = []
    if person.hair:
        found.append(_strands(make_hair(head, posed, person.seed, hair_colour)))
    if person.beard:
        found.append(_strands(make_beard(head, posed, person.seed, hair_colour)))
    if plan.glasses:
        found += [_mesh(piece, f"{piece.kind}{i}") for i, piece in enumerate(make_glasses(head, posed, plan.seed))]
    if plan.hand:
        found.append(_mesh(make_hand(head, posed, plan.seed, skin_colour), "hand"))
    return found


def _strands(strands: Strands) -> tuple[Item, Arrays]:
    name = strands.kind
    item = {"name": name, "material": "hair", "index": HAIR, "relit": False, "colour": strands.colour.tolist()}
    return item, {f"{name}/points": strands.points, f"{name}/radius": strands.radius}


def _mesh(piece: Accessory, name: str) -> tuple[Item, Arrays]:
    material = {"lens": "clear", "hand": "skin"}.get(piece.kind, "metal" if piece.metallic else "plastic")
    item = {"name": name, "material": material, "index": HAND if piece.kind == "hand" else GLASSES, "relit": False}
    item |= {"colour": np.asarray(piece.colour).tolist(), "gloss": float(piece.roughness)}
    return item, {f"{name}/vertices": piece.vertices, f"{name}/triangles": piece.triangles}
