"""The identity space: heads sampled from MakeHuman's macro and face targets."""

from __future__ import annotations

import numpy as np

TARGET_FOLDERS = (
    "head",
    "nose",
    "mouth",
    "eyes",
    "chin",
    "cheek",
    "forehead",
    "eyebrows",
    "ears",
    "neck",
    "asym",
)
ANCESTRIES = ("african", "asian", "caucasian")
GENDERS = ("male", "female")


def average_adult(macros: dict[str, np.ndarray], age: str = "young") -> np.ndarray:
    """Offsets from the base mesh to the average adult, young or old: both genders, three ancestries."""
    face = sum(macros[f"{a}-{g}-{age}"] for a in ANCESTRIES for g in GENDERS) / 6
    body = sum(macros[f"universal-{g}-{age}-averagemuscle-averageweight"] for g in GENDERS) / 2
    return face + body


def sample_macro(macros: dict[str, np.ndarray], random: np.random.Generator) -> np.ndarray:
    """Offsets of one adult of random age, gender, ancestry, muscle and weight."""
    old = random.uniform(0.0, 0.8)
    gender = {"male": (male := random.uniform()), "female": 1 - male}
    ancestry = dict(zip(ANCESTRIES, random.dirichlet([0.6, 0.6, 0.6])))
    age = {"young": 1 - old, "old": old}
    muscle, weight = np.clip(random.normal(0, 0.35, 2), -1, 1)
    muscles = {"averagemuscle": 1 - abs(muscle), "maxmuscle" if muscle > 0 else "minmuscle": abs(muscle)}
    weights = {"averageweight": 1 - abs(weight), "maxweight" if weight > 0 else "minweight": abs(weight)}
    total = 0.0
    for gender_name, gender_share in gender.items():
        for age_name, age_share in age.items():
            share = gender_share * age_share
            for name, part in ancestry.items():
                total = total + share * part * macros[f"{name}-{gender_name}-{age_name}"]
            for muscle_name, muscle_share in muscles.items():
                for weight_name, weight_share in weights.items():
                    key = f"universal-{gender_name}-{age_name}-{muscle_name}-{weight_name}"
                    total = total + share * muscle_share * weight_share * macros[key]
    return total


def symmetric_groups(names: list[str]) -> dict[str, list[str]]:
    """Targets by name without the side, so that the left and right one are drawn together."""
    groups: dict[str, list[str]] = {}
    for name in names:
        key = name[2:] if name[:2] in ("l-", "r-") else name
        groups.setdefault(key, []).append(name)
    return groups


def sample_details(targets: dict[str, np.ndarray], random: np.random.Generator) -> np.ndarray:
    """Offsets of random face targets: strong symmetric draws, weak one-sided ones, weak asymmetry targets."""
    total = 0.0
    for names in symmetric_groups(list(targets)).values():
        spread = 0.08 if names[0].startswith("asym") else 0.22
        amount = max(0.0, random.normal(0, spread))
        for name in names:
            one_sided = random.normal(0, 0.04) if len(names) == 2 else 0.0
            total = total + (amount + one_sided) * targets[name]
    return total


def sample_heads(macros: dict[str, np.ndarray], details: dict[str, np.ndarray], count: int) -> np.ndarray:
    """Offsets ``[count, V, 3]`` of random heads from their own mean."""
    random = np.random.default_rng(7)
    heads = np.stack([sample_macro(macros, random) + sample_details(details, random) for _ in range(count)])
    return (heads - heads.mean(0)).astype(np.float32)


def rigid_motions(points: np.ndarray) -> np.ndarray:
    """Infinitesimal translations and rotations ``[6, V, 3]`` of a point set about its centroid."""
    centred = points - points.mean(0)
    motions = np.zeros((6, len(points), 3))
    for axis in range(3):
        motions[axis, :, axis] = 1
        first, second = (axis + 1) % 3, (axis + 2) % 3
        motions[3 + axis, :, first] = -centred[:, second]
        motions[3 + axis, :, second] = centred[:, first]
    return motions


def remove_rigid(offsets: np.ndarray, points: np.ndarray, face: np.ndarray) -> np.ndarray:
    """Takes from every offset field ``[S, V, 3]`` the rigid motion that fits it best on the face.

    Args:
        offsets: displacement fields.
        points: ``[V, 3]`` the mean.
        face: ``[V]`` bool, the region that decides.
    """
    motions = rigid_motions(points)
    system = motions[:, face].reshape(6, -1).T
    amounts = np.linalg.lstsq(system, offsets[:, face].reshape(len(offsets), -1).T, rcond=None)[0]
    return offsets - np.tensordot(amounts.T, motions, 1)
