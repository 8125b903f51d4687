"""How far landmarks lie from the points that a person set by hand on London's and Canada's portraits.

Points of one meaning are compared as points. Of brows, lids, lips, wings of the nose and jaw only the line is
defined, so there the landmark's distance from the hand-drawn line counts. Unit: the distance between the pupils
as marked by hand.
"""

from __future__ import annotations

import numpy as np

# The template's number -> MediaPipe's landmarks, whose mean has that meaning.
POINTS = {
    "eyes": {0: (468,), 1: (473,), 18: (33,), 22: (133,), 23: (362,), 27: (263,)},
    "brows": {71: (70, 46), 76: (107, 55), 77: (336, 285), 82: (300, 276)},
    "nose": {55: (2,)},
    "mouth": {87: (61,), 93: (291,), 89: (37,), 90: (0,), 91: (267,), 96: (13,), 101: (14,), 106: (17,)},
}
# Line through the template's points -> MediaPipe's landmarks that belong on it.
LINES = {
    "lid lines": (
        ((18, 19, 20, 21, 22), (160, 159, 158)),
        ((18, 28, 29, 30, 22), (144, 145, 153)),
        ((23, 24, 25, 26, 27), (385, 386, 387)),
        ((23, 31, 32, 33, 27), (380, 374, 373)),
    ),
    "brow lines": (
        ((71, 72, 73, 74, 75, 76), (63, 105, 66)),
        ((71, 83, 84, 76), (53, 52, 65)),
        ((77, 78, 79, 80, 81, 82), (296, 334, 293)),
        ((77, 85, 86, 82), (295, 282, 283)),
    ),
    "nose lines": (((61, 62, 63, 64), (129, 64)), ((66, 67, 68, 69), (358, 294))),
    "lip lines": (
        ((87, 88, 89, 90, 91, 92, 93), (40, 39, 269, 270)),
        ((87, 104, 105, 106, 107, 108, 93), (91, 181, 84, 314, 405, 321)),
    ),
    "jaw line": (
        (
            (111, 125, 126, 127, 128, 129, 130, 131, 132, 133, 114),
            (172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397),
        ),
    ),
}
PUPILS = (0, 1)
INNER = ("lid lines", "brow lines", "nose lines", "lip lines")


def landmark_errors(landmarks: np.ndarray, hand: np.ndarray) -> dict[str, float]:
    """Mean distance of each group of landmarks from the hand-set points, in per cent of the eye distance.

    Args:
        landmarks: ``[478, 2]`` pixels, MediaPipe's numbering.
        hand: ``[189, 2]`` pixels of the template.

    Returns:
        By group, and ``"points"`` and ``"lines"`` over all single points and over all inner lines.
    """
    unit = 100.0 / np.linalg.norm(hand[PUPILS[1]] - hand[PUPILS[0]])
    errors, points, lines = {}, [], []
    for group, pairs in POINTS.items():
        found = np.array([landmarks[list(ours)].mean(0) for ours in pairs.values()])
        distance = unit * np.linalg.norm(found - hand[list(pairs)], axis=1)
        errors[group] = float(distance.mean())
        points.extend(distance)
    for group, some in LINES.items():
        distance = unit * np.concatenate(
            [line_distance(landmarks[list(ours)], hand[list(line)]) for line, ours in some]
        )
        errors[group] = float(distance.mean())
        if group in INNER:
            lines.extend(distance)
    return errors | {"points": float(np.mean(points)), "lines": float(np.mean(lines))}


def point_offsets(landmarks: np.ndarray, hand: np.ndarray) -> np.ndarray:
    """``[N, 2]`` per cent of the eye distance: where the landmarks of :data:`POINTS` lie, seen from the hand's.

    Their mean over many people is a difference of definition or a habit; the rest is error.
    """
    across = hand[PUPILS[1]] - hand[PUPILS[0]]
    length = np.linalg.norm(across)
    level = np.array([[across[0], across[1]], [-across[1], across[0]]]) / length
    pairs = [(ours, index) for some in POINTS.values() for index, ours in some.items()]
    found = np.array([landmarks[list(ours)].mean(0) for ours, _ in pairs])
    return 100.0 * (found - hand[[index for _, index in pairs]]) @ level.T / length


def scatter(offsets: np.ndarray) -> np.ndarray:
    """Mean error ``[photos]`` of ``[photos, N, 2]`` offsets once each point's mean over the photos is taken off."""
    return np.linalg.norm(offsets - offsets.mean(0), axis=2).mean(1)


def line_distance(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Distances ``[N]`` of points ``[N, 2]`` from the polyline through ``line [M, 2]``."""
    start, step = line[:-1], np.diff(line, axis=0)
    away = points[:, None] - start
    share = np.clip((away * step).sum(2) / np.maximum((step**2).sum(1), 1e-12), 0.0, 1.0)
    return np.linalg.norm(away - share[..., None] * step, axis=2).min(1)
