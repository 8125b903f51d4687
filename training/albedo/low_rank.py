"""Principal components of a set of images, some of whose texels nobody saw.

With P samples of D values, P much smaller than D, everything goes through the P x P Gram matrix (Sirovich &
Kirby 1987); modes are formed once, at the end.
"""

from __future__ import annotations

import numpy as np


def complete(values: np.ndarray, seen: np.ndarray, rank: int, rounds: int = 25) -> np.ndarray:
    """Fill unseen values from the low-rank model of the set itself.

    Expectation-maximisation for probabilistic PCA with missing data (Roweis 1998; Tipping & Bishop 1999):
    fill, find the principal subspace, shrink each mode by the noise it carries, fill again. The rank grows
    over the rounds, so that few strong modes settle before many weak ones can latch on to the first guess.

    Args:
        values: [P,D]; whatever stands where nothing was seen is ignored.
        seen: [P,D] in [0,1]; 1 keeps the value, 0 takes the model's, between blends.
        rank: number of modes of the model.
        rounds: expectation-maximisation steps.

    Returns:
        [P,D] float32.
    """
    seen = seen.astype(np.float32)
    total = seen.sum(0)
    mean = (values * seen).sum(0) / np.maximum(total, 1e-3)
    filled = seen * (values - mean)
    for step in range(rounds):
        now = max(1, round(rank * min(1.0, (step + 1) / (0.6 * rounds))))
        centre = filled.mean(0)
        centred = filled - centre
        eigenvalues, vectors = np.linalg.eigh((centred @ centred.T).astype(np.float64))
        eigenvalues, vectors = eigenvalues[::-1], vectors[:, ::-1]
        noise = eigenvalues[now:].mean()
        keep = np.clip(1 - noise / np.maximum(eigenvalues[:now], 1e-12), 0, 1)
        smooth = (vectors[:, :now] * keep) @ vectors[:, :now].T
        model = smooth.astype(np.float32) @ centred + centre
        filled = seen * (values - mean) + (1 - seen) * model
    return (filled + mean).astype(np.float32)


def principal_components(
    samples: np.ndarray, weights: np.ndarray, importance: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted principal components.

    Args:
        samples: [P,D].
        weights: [P] how many samples each one stands for.
        importance: [D] how much the variance of each value counts when modes are chosen and ranked.
        count: number of modes, less than P.

    Returns:
        mean [D] and modes [count,D], each scaled to one standard deviation.
    """
    share = (weights / weights.sum()).astype(np.float32)
    mean = share @ samples
    scaled = (samples - mean) * np.sqrt(share)[:, None]
    gram = (scaled * importance.astype(np.float32)) @ scaled.T
    eigenvalues, vectors = np.linalg.eigh(gram.astype(np.float64))
    order = np.argsort(eigenvalues)[::-1][:count]
    return mean, vectors[:, order].T.astype(np.float32) @ scaled


def explain(
    values: np.ndarray, seen: np.ndarray, mean: np.ndarray, modes: np.ndarray, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    """Most probable coefficients of one sample, and the model's version of it.

    Args:
        values: [D].
        seen: [D] in [0,1].
        mean: [D].
        modes: [K,D], one standard deviation each.
        noise: standard deviation of a value around the model, per independent value.

    Returns:
        coefficients [K] and reconstruction [D].
    """
    weighted = modes * seen
    system = weighted @ modes.T / noise**2 + np.eye(len(modes))
    coefficients = np.linalg.solve(system, weighted @ (values - mean) / noise**2)
    return coefficients.astype(np.float32), mean + coefficients.astype(np.float32) @ modes
