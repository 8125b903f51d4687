"""The statistical prior of a head's reflectance: what skin is like where a photo does not say. numpy only.

Diffuse albedo is a linear model of its natural logarithm, so that albedo stays positive, a skin tone or an
exposure is an addition, and every coefficient of 1 is one standard deviation. Specular albedo, roughness and
pore detail are regional averages. Made by ``training/albedo_prior.py`` for the UV layout of the shape model.
"""

from __future__ import annotations

import functools
import hashlib
import pathlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

PRIOR_PATH = pathlib.Path(__file__).parents[1] / "data" / "reflectance_prior.npz"


@dataclass(frozen=True, eq=False)
class ReflectancePrior:
    """Maps over the UV tile of the skin; row 0 is v = 1. Texels outside the charts continue their nearest
    chart.

    Attributes:
        albedo_mean: [R,R,3] natural logarithm of the linear diffuse albedo at coefficients zero.
        albedo_basis: [K,R,R,3] change of that logarithm per standard deviation, most variance first.
        albedo_detail: [D,D,3] what fine detail multiplies the linear albedo by, mean 1; stochastic, nobody's
            own.
        specular_albedo: [S,S] Principled "Specular IOR Level" (F0 = 0.0556 times it).
        roughness: [S,S] Principled roughness (GGX alpha is its square).
        normal_detail: [D,D,2] tangent-space slopes (n_x / n_z, n_y / n_z) of pores and fine lines, +Y up the
            map.
        log: the albedo arrays are logarithms; always True in this version.
        layout: :func:`layout_digest` of the UV layout that the maps follow.
    """

    albedo_mean: NDArray[np.float32]
    albedo_basis: NDArray[np.float32]
    albedo_detail: NDArray[np.float32]
    specular_albedo: NDArray[np.float32]
    roughness: NDArray[np.float32]
    normal_detail: NDArray[np.float32]
    log: bool
    layout: str

    def log_albedo(self, coefficients: ArrayLike = ()) -> NDArray[np.float32]:
        """Logarithm of the albedo [R,R,3] of the first coefficients [<=K]; the others are zero."""
        coefficients = np.asarray(coefficients, np.float32)
        return self.albedo_mean + np.tensordot(coefficients, self.albedo_basis[: len(coefficients)], 1)

    def albedo(self, coefficients: ArrayLike = ()) -> NDArray[np.float32]:
        """Linear diffuse albedo [R,R,3] in (0,1] of the first coefficients [<=K], without fine detail."""
        return np.minimum(np.exp(self.log_albedo(coefficients)), 1)


@functools.lru_cache(maxsize=2)
def load_prior(path: pathlib.Path = PRIOR_PATH) -> ReflectancePrior:
    """Read the prior (cached: treat its arrays as read-only).

    Args:
        path: a file written by :func:`save_prior`.
    """
    with np.load(path, allow_pickle=False) as file:
        data = {name: file[name] for name in file.files}
    return ReflectancePrior(
        **{name: _decode(data[name], data[f"{name}_scale"]) for name in ("albedo_basis", "normal_detail")},
        albedo_mean=data["albedo_mean"].astype(np.float32),
        albedo_detail=1 + _decode(data["albedo_detail"], data["albedo_detail_scale"]),
        specular_albedo=data["specular_albedo"].astype(np.float32),
        roughness=data["roughness"].astype(np.float32),
        log=True,
        layout=str(data["layout"]),
    )


def save_prior(prior: ReflectancePrior, path: pathlib.Path) -> None:
    """Write the prior; modes and detail as 8-bit steps of 1/127 of each one's largest value."""
    basis, basis_scale = _encode(prior.albedo_basis, axis=(1, 2, 3))
    slopes, slopes_scale = _encode(prior.normal_detail, axis=(0, 1, 2))
    detail, detail_scale = _encode(prior.albedo_detail - 1, axis=(0, 1, 2))
    np.savez_compressed(
        path,
        albedo_mean=prior.albedo_mean.astype(np.float16),
        albedo_basis=basis,
        albedo_basis_scale=basis_scale,
        albedo_detail=detail,
        albedo_detail_scale=detail_scale,
        specular_albedo=prior.specular_albedo.astype(np.float16),
        roughness=prior.roughness.astype(np.float16),
        normal_detail=slopes,
        normal_detail_scale=slopes_scale,
        layout=prior.layout,
    )


def layout_digest(uv: np.ndarray) -> str:
    """Return a short name of a UV layout [Q,4,2]: another one as soon as anything moves by 1/4096 of the map."""
    steps = np.round(np.asarray(uv, np.float64) * 4096).astype(np.int32)
    return hashlib.sha256(steps.tobytes()).hexdigest()[:16]


def _encode(values: np.ndarray, axis: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    scale = np.maximum(np.abs(values).max(axis=axis, keepdims=True), 1e-8) / 127
    return np.round(values / scale).astype(np.int8), scale.astype(np.float32)


def _decode(steps: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return steps.astype(np.float32) * scale
