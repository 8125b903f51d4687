"""The texels of the skin's UV tile: which triangle each lies in, and where.

An atlas is built once per topology and map size; the photo is unwrapped through it, and every per-vertex
quantity (position, normal, light transfer) becomes an image by :meth:`Atlas.interpolate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import torch

from ..render.interpolate import barycentric
from ..render.rasterize import rasterize
from ..shape.morphable import MorphableModel


@dataclass(frozen=True)
class Atlas:
    """Texels covered by one part of the mesh, as a flat list.

    Attributes:
        size: width and height of the map in texels.
        texels: [N] flat index (row * size + column) of each covered texel; row 0 is v = 1.
        corners: [N,3] vertex indices of the triangle that covers the texel's centre.
        weights: [N,3] barycentric weights of those vertices.
        triangle: [N] index into ``model.triangles``.
    """

    size: int
    texels: np.ndarray
    corners: np.ndarray
    weights: np.ndarray
    triangle: np.ndarray

    def interpolate(self, attributes: np.ndarray) -> np.ndarray:
        """Return per-vertex ``attributes`` [V,C] at the texels, [N,C] float32."""
        attributes = np.asarray(attributes, np.float32)
        result = attributes[self.corners[:, 0]] * self.weights[:, :1]
        for corner in (1, 2):
            result += attributes[self.corners[:, corner]] * self.weights[:, corner : corner + 1]
        return result

    def image(self, values: np.ndarray, fill: float = 0.0) -> np.ndarray:
        """Scatter texel ``values`` [N] or [N,C] into a [size,size(,C)] float32 image."""
        shape = (self.size * self.size, *values.shape[1:])
        flat = np.full(shape, fill, np.float32)
        flat[self.texels] = values
        return flat.reshape(self.size, self.size, *values.shape[1:])

    def gather(self, image: np.ndarray) -> np.ndarray:
        """Return the texels [N(,C)] of a [size,size(,C)] image, the inverse of :meth:`image`."""
        return image.reshape(self.size * self.size, *image.shape[2:])[self.texels]

    @property
    def covered(self) -> np.ndarray:
        """[size,size] bool: texels inside a chart."""
        mask = np.zeros(self.size * self.size, bool)
        mask[self.texels] = True
        return mask.reshape(self.size, self.size)


@lru_cache(maxsize=6)
def build_atlas(model: MorphableModel, size: int, part: str = "skin") -> Atlas:
    """Rasterise the UV layout of ``part`` at ``size`` texels."""
    chosen = np.flatnonzero(model.triangle_part == model.part_names.index(part))
    uv = model.triangle_uv[chosen].reshape(-1, 2)
    points = np.stack([uv[:, 0] * size, (1 - uv[:, 1]) * size, np.ones(len(uv))], 1).astype(np.float32)
    triangles = torch.arange(len(uv)).view(-1, 3)
    points = torch.from_numpy(points)
    triangle_id = rasterize(points, triangles, size, size)
    texels, weights = barycentric(points, triangles, triangle_id)
    inside = triangle_id.view(-1)[texels].numpy()
    triangle = chosen[inside]
    return Atlas(size, texels.numpy(), model.triangles[triangle], weights.numpy().astype(np.float32), triangle)


def bleed(image: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """Carry the charts' colours into the empty texels around them, so that no seam shows when filtered.

    Args:
        image: [H,W] or [H,W,C] float32.
        covered: [H,W] bool, texels that hold a value.
    """
    return pull_push(image, covered.astype(np.float32))


def pull_push(image: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Fill where ``weight`` is 0 by a smooth membrane from the weighted texels (Gortler et al. 1996).

    Args:
        image: [H,W] or [H,W,C] float32.
        weight: [H,W] in [0,1]; 1 keeps the image's value, 0 takes the membrane's.
    """
    flat = image.ndim == 2
    image = image[..., None] if flat else image
    levels = [(image * weight[..., None], weight)]
    while min(levels[-1][1].shape) > 1:
        colour, amount = levels[-1]
        shape = ((colour.shape[1] + 1) // 2, (colour.shape[0] + 1) // 2)
        colour = cv2.resize(colour, shape, interpolation=cv2.INTER_AREA).reshape(shape[1], shape[0], -1)
        amount = cv2.resize(amount, shape, interpolation=cv2.INTER_AREA)
        # A parent counts as known as soon as a quarter of it is: the membrane must not fade to black.
        gain = np.minimum(1 / np.maximum(amount, 1e-8), 4)
        levels.append((colour * gain[..., None], amount * gain))
    colour, amount = levels[-1]
    result = colour / np.maximum(amount, 1e-8)[..., None]
    for colour, amount in reversed(levels[:-1]):
        result = cv2.resize(result, colour.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        result = result.reshape(colour.shape)
        result = colour + (1 - amount)[..., None] * result
    return result[..., 0] if flat else result
