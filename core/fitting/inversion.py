"""From a photo to the generator's code: which reflectance, in which light, explains what the photo shows.

The code is found by descent through the generator (Adam), the light of each photo in closed form between its steps, as
both halves of the problem are cheap apart (alternate descent, as in AlbedoGAN, arXiv 2304.12483). Colours are compared
as logarithms at the texels that the photo shows, coarse maps first; the person and the features are compared in the
picture that the face recogniser sees (GANFIT, arXiv 1902.05978), drawn in the photo's pose.

Skin tone and exposure can stand in for each other, and descent would drift along that valley. Both were settled by
evidence outside the skin (`skin_tone`); here they are held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..completion.atlas import Atlas
from ..reflectance.generator import ReflectanceGenerator
from .appearance import (
    INDEPENDENT_TEXELS,
    LEAST_SHADING,
    LIGHT_TOLERANCE,
    TEXEL_NOISE,
    TexelEvidence,
    log_albedo_seen,
    robust_weight,
    solve_light,
)
from .likeness import Likeness
from .losses import robust_mean

CODE_STEP = 0.05
"""Of Adam, in standard deviations of a code's numbers over people."""
LIGHT_EVERY = 8
"""Steps between two solutions of the light."""
TONE_SPREAD = 0.01
"""Standard deviation of the mean logarithm of the albedo around the tone that was settled before."""
LEAST_SCALE = 1e-3
NEAREST_STEPS = 30
NEAREST_PRIOR = 0.1
"""Price of an unusual code against the squared difference of the maps, when the code of a given map is sought."""
IDENTITY_WEIGHT = 200.0
CONTENT_WEIGHT = 200.0


@dataclass(frozen=True, eq=False)
class Level:
    """All photos at the texels of one map size.

    Attributes:
        atlas: of that size.
        evidence: one per photo.
        log_albedo: [1, 3, S, S] logarithm of the albedo that was believed before; its tone is held.
    """

    atlas: Atlas
    evidence: tuple[TexelEvidence, ...]
    log_albedo: Tensor


@dataclass(frozen=True, eq=False)
class Inversion:
    """Attributes: ``code`` [D] of the generator; ``lighting``, one [25,3] per photo; ``losses``, each step's cost."""

    code: Tensor
    lighting: tuple[np.ndarray, ...]
    losses: tuple[float, ...]


def invert(
    generator: ReflectanceGenerator,
    levels: Sequence[Level],
    steps: Sequence[int],
    code: Tensor,
    lighting: Sequence[np.ndarray],
    likeness: Likeness | None = None,
    on_step: Callable[[int], None] | None = None,
    on_level: Callable[[Tensor, Sequence[np.ndarray]], None] | None = None,
) -> Inversion:
    """Find the code whose maps explain all photos.

    Args:
        generator: frozen.
        levels: the photos at growing map sizes.
        steps: of Adam at each level.
        code: [D] where to start.
        lighting: one [25,3] per photo, where to start.
        likeness: compares the drawn person with the photos', at the last level; not at all when None.
        on_step: called with the number of each step; may raise to stop.
        on_level: called after each level but the last with the code and the photos' light so far.
    """
    scale = generator.w_scale.clamp(min=LEAST_SCALE)
    moved = torch.zeros_like(code, requires_grad=True)
    optimiser = torch.optim.Adam([moved], lr=CODE_STEP)
    lights = [np.asarray(light, np.float64) for light in lighting]
    losses: list[float] = []
    for number, (level, count) in enumerate(zip(levels, steps, strict=True)):
        texels = LevelTexels(level, code.device)
        tone = texels.tone(level.log_albedo)
        for step in range(count):
            if on_step is not None:
                on_step(len(losses))
            w = code + moved * scale
            maps = generator.synthesis(w[None], level.atlas.size)
            at_texels = texels.gather(maps.log_albedo)
            if step % LIGHT_EVERY == 0:
                lights = texels.relight(at_texels.detach(), lights)
            cost = INDEPENDENT_TEXELS * texels.mismatch(at_texels)
            cost = cost + 0.5 * ((w - generator.w_average) / scale).square().sum()
            cost = cost + 0.5 * ((texels.tone(maps.log_albedo) - tone) / TONE_SPREAD).square().sum()
            if likeness is not None and number == len(levels) - 1:
                identity, content = likeness.compare(maps, lights)
                cost = cost + IDENTITY_WEIGHT * identity + CONTENT_WEIGHT * content
            optimiser.zero_grad()
            cost.backward()
            optimiser.step()
            losses.append(float(cost.detach()))
        if on_level is not None and number < len(levels) - 1:
            on_level((code + moved * scale).detach(), [light.astype(np.float32) for light in lights])
    found = tuple(light.astype(np.float32) for light in lights)
    return Inversion((code + moved * scale).detach(), found, tuple(losses))


def nearest_code(generator: ReflectanceGenerator, log_albedo: Tensor, coefficients: np.ndarray) -> Tensor:
    """The code [D] whose albedo comes nearest to a map of the linear prior.

    Args:
        generator: frozen.
        log_albedo: [1, 3, S, S] at a size of the generator's.
        coefficients: the prior's, of that map; where the generator puts them is a start, if it is nearer than the mean.
    """
    size = log_albedo.shape[-1]

    def difference(code: Tensor) -> Tensor:
        return (generator.synthesis(code[None], size).log_albedo - log_albedo).square().mean()

    with torch.no_grad():
        start = min(
            (generator.code_from_prior(coefficients), generator.w_average), key=lambda code: float(difference(code))
        )
    scale = generator.w_scale.clamp(min=LEAST_SCALE)
    moved = torch.zeros_like(start, requires_grad=True)
    optimiser = torch.optim.Adam([moved], lr=2 * CODE_STEP)
    for _ in range(NEAREST_STEPS):
        code = start + moved * scale
        unusual = ((code - generator.w_average) / scale).square().mean()
        cost = difference(code) / TEXEL_NOISE**2 + NEAREST_PRIOR * unusual
        optimiser.zero_grad()
        cost.backward()
        optimiser.step()
    return (start + moved * scale).detach()


class LevelTexels:
    """One level on the device: what each photo shows of each texel in the light that was found last."""

    def __init__(self, level: Level, device: torch.device | str) -> None:
        self._evidence = level.evidence
        self._device = device
        self._size = level.atlas.size
        share = np.clip(sum(photo.weight for photo in level.evidence), 0, 1)
        self._rows = np.flatnonzero(share > 0.02)
        self._texels = torch.from_numpy(level.atlas.texels[self._rows]).to(device)
        self._share = self._tensor(share[self._rows])
        self._seen: list[tuple[Tensor, Tensor]] = []

    def gather(self, image: Tensor) -> Tensor:
        """[N, C] values of a map [1, C, S, S] at the texels."""
        return image.flatten(2)[0].index_select(1, self._texels).t()

    def tone(self, log_albedo: Tensor) -> Tensor:
        """[3] mean of a map [1, 3, S, S] over what the photos show."""
        values = self.gather(log_albedo)
        return (values * self._share[:, None]).sum(0) / self._share.sum().clamp(min=1e-6)

    def relight(self, log_albedo: Tensor, lights: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Each photo's light [25, 3] for an albedo [N, 3]; what the photos show of it is computed anew."""
        albedo = np.exp(log_albedo.double().cpu().numpy())
        solved = []
        self._seen = []
        for photo, light in zip(self._evidence, lights, strict=True):
            here = TexelEvidence(*(getattr(photo, name)[self._rows] for name in _PER_TEXEL))
            fair = robust_weight(here, albedo, None)
            found = solve_light(here, albedo, robust_weight(here, albedo, light, LIGHT_TOLERANCE))
            # Robust weights prefer lit skin to beards and shade, and would brighten the light round by round.
            light = found * np.exp(_exposure(here, light, fair) - _exposure(here, found, fair))
            solved.append(light)
            self._seen.append((self._tensor(log_albedo_seen(here, light)), self._tensor(fair)))
        return solved

    def mismatch(self, log_albedo: Tensor) -> Tensor:
        """Robust mean square of the photos' logarithms around an albedo [N, 3], in standard deviations."""
        costs = [robust_mean((seen - log_albedo) / TEXEL_NOISE, weight) for seen, weight in self._seen]
        return torch.stack(costs).sum()

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(self._device)


def _exposure(photo: TexelEvidence, light: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Mean logarithm [3] of the light on what a photo shows."""
    shading = np.log(np.maximum(photo.transfer @ light, LEAST_SHADING))
    return np.average(shading, axis=0, weights=weight + 1e-9)


_PER_TEXEL = ("colour", "weight", "transfer", "gloss")
