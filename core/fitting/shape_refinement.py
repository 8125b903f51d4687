"""Shape, expression and camera from colours: what landmarks leave open is moved to where shading and features fit.

Each texel of the face looks itself up in the photo, at the place to which the moving head carries it, and is compared
with what its albedo should look like there, with its moving normal, in the light that was found; the light follows.
In UV space a step costs half of a drawn picture's. Colours of neighbours err together (the light model, shadows, hair),
so a whole face counts as few independent texels, and the residual's own size is its standard deviation: a photo that
the model explains badly moves nothing by shouting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..completion.atlas import Atlas
from ..completion.complete import BLACK, TYPICAL_ALBEDO
from ..completion.unwrap import unwrap
from ..photos.views import SKIN_ROUGHNESS, SKIN_SPECULAR, View, hidden_share
from ..render.interpolate import interpolate, vertex_normals
from ..render.lighting import cosine_transfer, glossy
from ..render.projection import project
from ..render.shading import specular_reflectance
from ..shape.morphable import MorphableModel
from .appearance import BANDS, LEAST_SHADING, LIGHT_RIDGE
from .losses import robust_mean
from .shape_posterior import Posed, ShapePosterior

INDEPENDENT_TEXELS = 50.0
"""How many texels' worth of evidence on the shape a whole face holds."""
LEAST_NOISE = 0.08
"""Standard deviation of a texel's logarithm that even the best photo has."""
STEP = 0.08
"""Of Adam, in standard deviations of what the landmarks leave open."""
LIGHT_STEP = 0.01
MARGIN = 0.15
"""Share of the face's extent around it that is kept of the photo."""
PIXELS_PER_TEXEL = 1.5


@dataclass(frozen=True, eq=False)
class MovingTexels:
    """One photo's texels, as functions of the head and its light.

    Attributes:
        log_photo: [1, 3, h, w] logarithm of linear light around the face, shrunk to the texels' size.
        corner, scale: [2] pixel of the photo at its left top, and its pixels per pixel of the photo.
        weight: [N] confidence.
        corners, barycentric: [N, 3] where the texels lie on the mesh.
        triangles: [T, 3] of the mesh.
        shadow: [N, 25] diffuse transfer that the head takes from itself, held.
        hidden: [N, 1] share of the sky that it hides.
    """

    log_photo: Tensor
    corner: Tensor
    scale: Tensor
    weight: Tensor
    corners: Tensor
    barycentric: Tensor
    triangles: Tensor
    shadow: Tensor
    hidden: Tensor

    @classmethod
    def of_view(cls, atlas: Atlas, model: MorphableModel, view: View, device: torch.device | str) -> MovingTexels:
        """The texels of an atlas; those that the photo does not show weigh nothing."""
        confidence = unwrap(atlas, model, view.vertices, view.camera, view.photo.linear, view.skin).confidence
        small, corner, scale = _shrunk(model, view, atlas.size)
        vertices = torch.from_numpy(view.vertices)
        triangles = torch.from_numpy(model.triangles).long()
        unshadowed = cosine_transfer(vertex_normals(vertices, triangles), 4).numpy()
        own = (
            np.log(np.maximum(small, BLACK)).transpose(2, 0, 1)[None],
            corner,
            scale,
            confidence,
            atlas.corners.astype(np.int64),
            atlas.weights,
            triangles.numpy(),
            atlas.interpolate(view.transfer - unshadowed),
            atlas.interpolate(hidden_share(view.transfer)[:, None]),
        )
        tensors = (torch.from_numpy(np.ascontiguousarray(value)).to(device) for value in own)
        return cls(*(value.float() if value.is_floating_point() else value for value in tensors))

    def kept(self, rows: Tensor) -> MovingTexels:
        """Only some of the texels."""
        per_texel = {name: getattr(self, name)[rows] for name in _PER_TEXEL}
        return MovingTexels(**{**self.__dict__, **per_texel})

    def residual(self, posed: Posed, log_albedo: Tensor, light: Tensor) -> Tensor:
        """Logarithm [N, 3] of what the photo shows over what it should show.

        Args:
            posed: the head and the camera.
            log_albedo: [N, 3].
            light: [25, 3].
        """
        normals = vertex_normals(posed.vertices, self.triangles)
        values = interpolate(torch.cat([posed.vertices, normals], 1), self.corners, self.barycentric)
        position, normal = values[:, :3], functional.normalize(values[:, 3:], dim=1)
        transfer = cosine_transfer(normal, 4) + self.shadow
        shading = (transfer @ light / (1 - TYPICAL_ALBEDO * self.hidden)).clamp(min=LEAST_SHADING)
        gloss = (self._gloss(position, normal, posed) @ light).clamp(min=0)
        expected = torch.log(log_albedo.exp() * shading + gloss)
        return self._seen(posed, position) - expected

    def _seen(self, posed: Posed, position: Tensor) -> Tensor:
        pixels = project(position, posed.camera)[:, :2]
        size = torch.tensor(self.log_photo.shape[:1:-1], dtype=pixels.dtype, device=pixels.device)
        grid = 2 * (pixels - self.corner) * self.scale / size - 1
        seen = functional.grid_sample(self.log_photo, grid[None, None], padding_mode="border", align_corners=False)
        return seen[0, :, 0].t()

    def _gloss(self, position: Tensor, normal: Tensor, posed: Posed) -> Tensor:
        """[N, 25] specular transfer towards the camera, as `views.gloss_response` has it."""
        towards = functional.normalize(posed.camera.position - position, dim=1)
        facing = (normal * towards).sum(1).clamp(min=0.05)
        mirror = functional.normalize(2 * facing[:, None] * normal - towards, dim=1)
        roughness = torch.full_like(facing, SKIN_ROUGHNESS)
        reflectance = specular_reflectance(facing, roughness, torch.full_like(facing, SKIN_SPECULAR))
        response = glossy(mirror, roughness, torch.eye(25).to(mirror))
        return response * (reflectance[:, None] * (1 - self.hidden))


_PER_TEXEL = ("weight", "corners", "barycentric", "shadow", "hidden")


def refine_shape(
    posterior: ShapePosterior,
    texels: Sequence[MovingTexels],
    log_albedo: Tensor,
    lighting: Sequence[Tensor],
    steps: int,
    on_step: Callable[[int], None] | None = None,
) -> tuple[Tensor, list[Tensor]]:
    """Find the whitened unknowns [U] that explain the colours best at the landmarks' price.

    Args:
        posterior: the head as a function of its unknowns.
        texels: one per photo.
        log_albedo: [N, 3] expected, held.
        lighting: [25, 3] per photo, where the light starts.
        steps: of Adam.
        on_step: called with each step's number; may raise to stop.

    Returns:
        The unknowns and each photo's light.
    """
    seen = [torch.nonzero(one.weight > 0.05).squeeze(1) for one in texels]
    texels = [one.kept(rows) for one, rows in zip(texels, seen, strict=True)]
    whitened = torch.zeros(posterior.unknowns, device=log_albedo.device, requires_grad=True)
    lights = [light.clone().requires_grad_() for light in lighting]
    ridge = log_albedo.new_tensor(LIGHT_RIDGE[BANDS])[:, None]
    brightness = max(float(light[0].mean()) for light in lighting)
    optimiser = torch.optim.Adam(
        [{"params": [whitened], "lr": STEP}, {"params": lights, "lr": LIGHT_STEP * brightness}]
    )
    noise = [0.0] * len(texels)
    for step in range(steps):
        if on_step is not None:
            on_step(step)
        cost = 0.5 * whitened.square().sum()
        for photo, posed in enumerate(posterior.posed(whitened)):
            residual = texels[photo].residual(posed, log_albedo[seen[photo]], lights[photo])
            weight = texels[photo].weight
            if step == 0:
                noise[photo] = _root_mean_square(residual.detach(), weight)
            moved = (lights[photo] - lighting[photo]) / (brightness * noise[photo])
            cost = cost + INDEPENDENT_TEXELS * robust_mean(residual / noise[photo], weight)
            cost = cost + 0.5 * INDEPENDENT_TEXELS * (ridge * moved.square()).sum()
        optimiser.zero_grad()
        cost.backward()
        optimiser.step()
    return whitened.detach(), [light.detach() for light in lights]


def _root_mean_square(residual: Tensor, weight: Tensor) -> float:
    squared = (weight * residual.square().mean(1)).sum() / weight.sum().clamp(min=1e-6)
    return max(float(squared.sqrt()), LEAST_NOISE)


def _shrunk(model: MorphableModel, view: View, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The photo around the face, as large as a map of ``size`` texels shows it; its left top pixel; its scale."""
    pixels, _ = view.camera.project(view.vertices[model.regions["face"]])
    border = MARGIN * np.ptp(pixels, axis=0)
    whole = np.array([view.photo.width, view.photo.height])
    low = np.clip(np.floor(pixels.min(0) - border), 0, whole - 2).astype(int)
    high = np.clip(np.ceil(pixels.max(0) + border), low + 2, whole).astype(int)
    cut = view.photo.linear[low[1] : high[1], low[0] : high[0]]
    factor = min(1.0, PIXELS_PER_TEXEL * size / max(cut.shape[:2]))
    shape = tuple(max(2, round(side * factor)) for side in cut.shape[1::-1])
    small = cv2.resize(cut, shape, interpolation=cv2.INTER_AREA)
    return small, low.astype(np.float32), np.array(shape, np.float32) / (high - low)
