"""Environment pictures: one out of a photo's spherical harmonics; its lamps for engines that need them. numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

ROUNDS = 40
TRUST = 1e-3
"""How soon the harmonics' own errors are believed to be errors: larger keeps lamps softer."""

BRIGHT = 2.5
"""What is brighter than so many times the mean of an environment counts as a lamp."""
MOST_SUNS = 8
CLOSE = np.cos(np.radians(35.0))
"""Bright places within this cosine are one lamp."""
SETTLING = 10


class Sun(NamedTuple):
    """A bright place of an environment.

    Attributes:
        direction: [3] unit, towards it.
        irradiance: [3] on a surface that faces it.
        angle: Of its disc as it is seen, radians.
    """

    direction: np.ndarray
    irradiance: np.ndarray
    angle: float


def harmonic_planes(x: Any, y: Any, z: Any, order: int) -> list[Any]:
    """Return the orthonormal real spherical harmonics, one plane each, for planes of x, y, z of unit directions.

    The planes may be numpy arrays or torch tensors; ``order`` is at most 4, and order l * l + l + m holds.
    """
    xx, yy, zz = x * x, y * y, z * z
    basis = [0.0 * x + 0.28209479177387814]
    if order >= 1:
        basis += [0.4886025119029199 * q for q in (y, z, x)]
    if order >= 2:
        basis += [1.0925484305920792 * x * y, 1.0925484305920792 * y * z, 0.31539156525252005 * (3 * zz - 1)]
        basis += [1.0925484305920792 * x * z, 0.5462742152960396 * (xx - yy)]
    if order >= 3:
        basis += [0.5900435899266435 * y * (3 * xx - yy), 2.890611442640554 * x * y * z]
        basis += [0.4570457994644658 * y * (5 * zz - 1), 0.3731763325901154 * z * (5 * zz - 3)]
        basis += [0.4570457994644658 * x * (5 * zz - 1), 1.445305721320277 * z * (xx - yy)]
        basis += [0.5900435899266435 * x * (xx - 3 * yy)]
    if order >= 4:
        basis += [2.5033429417967046 * x * y * (xx - yy), 1.7701307697799304 * y * z * (3 * xx - yy)]
        basis += [0.9461746957575601 * x * y * (7 * zz - 1), 0.6690465435572892 * y * z * (7 * zz - 3)]
        basis += [0.10578554691520431 * (35 * zz * zz - 30 * zz + 3)]
        basis += [0.6690465435572892 * x * z * (7 * zz - 3), 0.47308734787878004 * (xx - yy) * (7 * zz - 1)]
        basis += [1.7701307697799304 * x * z * (xx - 3 * yy)]
        basis += [0.6258357354491761 * (xx * (xx - 3 * yy) - yy * (3 * xx - yy))]
    return basis


def environment(coefficients: Sequence[Sequence[float]], directions: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return non-negative radiance [N, 3] that has the given harmonics as nearly as light can.

    A series cut off at degree 4 dips below zero beside a lamp, and cutting the dips off adds light. The picture of
    greatest entropy that has the harmonics (an exponential of a series) never dips; Newton's method finds it.

    Args:
        coefficients: [B, 3] radiance, B = (order + 1)^2, order at most 4.
        directions: [N, 3] unit, in the frame of the coefficients.
        weights: [N] solid angles, 4 pi in all.
    """
    wanted = np.asarray(coefficients, np.float64)
    order = round(np.sqrt(len(wanted))) - 1
    basis = np.stack(harmonic_planes(*directions.astype(np.float64).T, order), 1)
    return np.stack([_of_greatest_entropy(channel, basis, weights) for channel in wanted.T], 1).astype(np.float32)


def _of_greatest_entropy(wanted: np.ndarray, basis: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return radiance [N] with the harmonics [B]; what no light has is met as nearly as :data:`TRUST` wants."""
    level = max(float(wanted[0]), 1e-6)
    wanted = wanted / level
    series = np.zeros_like(wanted)
    series[0] = -np.log(np.sqrt(4 * np.pi)) / basis[0, 0]  # constant light of the right total

    def loss(series: np.ndarray) -> float:
        return weights @ np.exp(np.minimum(basis @ series, 50)) - series @ wanted + TRUST / 2 * (series[1:] ** 2).sum()

    ridge = np.full(len(wanted), TRUST)
    ridge[0] = 0.0
    for _ in range(ROUNDS):
        light = weights * np.exp(np.minimum(basis @ series, 50))
        slope = basis.T @ light - wanted + ridge * series
        step = np.linalg.solve((basis * light[:, None]).T @ basis + np.diag(ridge + 1e-12), slope)
        if slope @ step < 1e-12:
            break
        length, now = 1.0, loss(series)
        while length > 1e-4 and loss(series - length * step) > now - 0.1 * length * (slope @ step):
            length /= 2
        series = series - length * step
    return level * np.exp(np.minimum(basis @ series, 50))


def equirectangular(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Return Blender's environment picture as directions [H, W, 3] (Z up) and solid angles [H, W]; row 0 is down."""
    turn = -((np.arange(width) + 0.5) / width - 0.5) * 2 * np.pi
    lift = ((np.arange(height) + 0.5) / height - 0.5) * np.pi
    turn, lift = np.meshgrid(turn, lift)
    flat = np.cos(lift)
    directions = np.stack([flat * np.cos(turn), flat * np.sin(turn), np.sin(lift)], -1)
    return directions, flat * (2 * np.pi / width) * (np.pi / height)


def suns(radiance: np.ndarray, directions: np.ndarray, weights: np.ndarray) -> tuple[list[Sun], float]:
    """Return the bright places of an environment, and the luminance above which light counts as theirs.

    An engine that keeps an environment as a few harmonics loses what is sharp in it; what exceeds the limit is
    gathered into discs, what is below stays with the environment.

    Args:
        radiance: [N, 3] linear light.
        directions: [N, 3] unit.
        weights: [N] solid angles.
    """
    luminance = radiance @ (0.2126, 0.7152, 0.0722)
    limit = BRIGHT * float(luminance @ weights) / (4 * np.pi)
    excess = np.maximum(1 - limit / np.maximum(luminance, 1e-9), 0)[:, None] * radiance * weights[:, None]
    power = excess @ (0.2126, 0.7152, 0.0722)
    if power.sum() < 0.02 * luminance @ weights:
        return [], limit
    centres = _brightest(power, directions)
    for _ in range(SETTLING):
        nearest = (directions @ centres.T).argmax(1)
        centres = np.stack([(directions * power[:, None])[nearest == k].sum(0) for k in range(len(centres))])
        centres = centres[np.linalg.norm(centres, axis=1) > 1e-9]
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    nearest = (directions @ centres.T).argmax(1)
    found = []
    for k, centre in enumerate(centres):
        inside = nearest == k
        together = float(power[inside] @ (directions[inside] @ centre) / max(power[inside].sum(), 1e-12))
        half = np.arccos(np.clip(2 * together - 1, -1, 1))  # an even disc's mean cosine is (1 + cos half) / 2
        found.append(Sun(centre, excess[inside].sum(0), float(2 * half)))
    return found, limit


def _brightest(power: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Directions [K, 3] of the brightest places, each at some distance from the others."""
    left, chosen = power.copy(), []
    while len(chosen) < MOST_SUNS and left.max() > 0.02 * power.max():
        chosen.append(directions[left.argmax()])
        left[directions @ chosen[-1] > CLOSE] = 0
    return np.stack(chosen)
