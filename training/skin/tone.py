"""Moves an albedo to another skin tone through the BioSkin net (Aliaga et al. 2022/2023, MIT).

The net maps linear RGB reflectance to five skin properties (melanin, haemoglobin, thickness, blood
oxygenation, melanin type ratio) and back.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from core.reflectance.tone import individual_typology_angle

MELANIN, HAEMOGLOBIN = 0, 1
DARKEST = 1e-3
"""Albedo below this is noise of the photo; logarithms start here."""
BLACK_HAIR = 8e-3
"""Nothing on a head is made darker than this."""


class BioSkin:
    """The RGB pair of the BioSkin nets: reflectance -> properties -> reflectance, all in [0, 1].

    The weights expect blue, green, red; found by the round trip: 0.001-0.018 mean error that way on real
    skins, 0.2 the other way round. This class speaks red, green, blue.
    """

    def __init__(self, path: Path) -> None:
        state = torch.load(path, map_location="cpu", weights_only=True)
        self._layers = {name.removeprefix("module."): value.float() for name, value in state.items()}

    def _run(self, values: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
        x = torch.as_tensor(np.ascontiguousarray(values), dtype=torch.float32)
        for name in names:
            x = torch.nn.functional.linear(x, self._layers[f"{name}.weight"], self._layers[f"{name}.bias"])
            x = torch.sigmoid(x) if name == names[-1] else torch.tanh(x)
        return x.numpy()

    def properties(self, albedo: np.ndarray) -> np.ndarray:
        """Return the five skin properties [N,5] of linear albedo [N,3]."""
        return self._run(albedo[:, ::-1], ("l3", "l3_1", "l3_2", "l4"))

    def albedo(self, properties: np.ndarray) -> np.ndarray:
        """Return linear albedo [N,3] of skin properties [N,5]."""
        return self._run(properties, ("l1", "l1_1", "l1_2", "l2"))[:, ::-1]


class ToneChanger:
    """Moves people along the curve on which skin properties lie from light to dark people.

    Only a person's average colour goes through the nets. Texels follow by a linear map of their logarithmic
    difference to it: nets applied texel by texel amplify the noise of a photo and shading that is not
        pigment.

    Args:
        net: the BioSkin pair.
        mean_albedo: [P,3] average skin colours of a set of people of all tones; how the other properties
            go along with melanin is their regression line.
    """

    def __init__(self, net: BioSkin, mean_albedo: np.ndarray) -> None:
        self._net = net
        properties = net.properties(mean_albedo.astype(np.float32))
        centred = properties - properties.mean(0)
        self._direction = centred.T @ centred[:, MELANIN] / (centred[:, MELANIN] ** 2).sum()

    def retone(self, log_albedo: np.ndarray, skin: np.ndarray, angle: float, tone_weight: np.ndarray) -> np.ndarray:
        """Return the log albedo [N,3] of the same person at another skin tone.

        Args:
            log_albedo: [N,3] natural logarithm of linear albedo.
            skin: [N] in [0,1]; texels that are not skin (hair, brows) do not get lighter with it. They do get
                darker, or a dark person would have fair brows.
            angle: individual typology angle to reach, degrees; the nearest one where out of reach.
            tone_weight: [N] where the tone is measured.
        """
        mean = np.log(np.average(np.exp(log_albedo), axis=0, weights=tone_weight))
        own = self._net.properties(np.exp(mean)[None].astype(np.float32))[0]
        lighter, darker = -0.9, 0.9
        for _ in range(20):
            middle = (lighter + darker) / 2
            shift = self._log_albedo(own, middle) - self._log_albedo(own, 0)
            if individual_typology_angle(np.exp(mean + shift)) > angle:
                lighter = middle
            else:
                darker = middle
        shift = self._log_albedo(own, middle) - self._log_albedo(own, 0)
        moved = mean + shift + (log_albedo - mean) @ self._transport(own, middle).T
        share = np.ones_like(skin) if shift.mean() < 0 else skin
        moved = log_albedo + share[:, None] * (moved - log_albedo)
        return np.maximum(moved, np.minimum(log_albedo, np.log(BLACK_HAIR))).astype(np.float32)

    def _log_albedo(self, own: np.ndarray, step: float) -> np.ndarray:
        properties = np.clip(own + step * self._direction, 0, 1)[None].astype(np.float32)
        return np.log(np.maximum(self._net.albedo(properties)[0], DARKEST)).astype(np.float64)

    def _transport(self, own: np.ndarray, step: float) -> np.ndarray:
        """Return the matrix [3,3] that carries a texel's logarithmic difference to the new tone.

        Lightness differences keep their size: the same added absorption multiplies light and dark skin alike.
        Colour differences are mostly blood, which shows as much less under more melanin as the net says.
        """
        blood = self._blood(own, step) / self._blood(own, 0)
        grey = np.full((3, 3), 1 / 3)
        return grey + np.clip(blood, 0.4, 1.3) * (np.eye(3) - grey)

    def _blood(self, own: np.ndarray, step: float) -> float:
        """Return how strongly a small change of haemoglobin colours the skin."""
        nudge = 0.05 * np.eye(5)[HAEMOGLOBIN]
        change = self._log_albedo(own + nudge, step) - self._log_albedo(own - nudge, step)
        return float(np.linalg.norm(change - change.mean()))


def skin_share(log_albedo: np.ndarray, tone_weight: np.ndarray) -> np.ndarray:
    """Return in [0,1] how far each texel [N] is skin and not hair: hair is darker and bluer than its
    person's skin.

    Blue falls faster than red where skin gets darker (melanin, blood); hair and shadow darken all alike.
    """
    typical = np.average(log_albedo, axis=0, weights=tone_weight)
    ratio = log_albedo - typical
    darker, bluer = -ratio[:, 0], ratio[:, 2] - ratio[:, 0]
    hair = np.clip((darker - 0.45) / 0.5, 0, 1) * np.clip((bluer + 0.35 + 0.3 * darker) / 0.3, 0, 1)
    return (1 - hair).astype(np.float32)


def mean_colours(log_albedo: np.ndarray, tone_weight: np.ndarray) -> np.ndarray:
    """Return the mean linear albedo [P,3] of each person of ``log_albedo`` [P,N,3]."""
    return np.einsum("pnc,n->pc", np.exp(log_albedo), tone_weight / tone_weight.sum())
