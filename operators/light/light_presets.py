"""What the light presets are made of: lamps around the head, and the world behind them.

Places are metres from the head's origin (between the eyes) in Blender's axes: the person's left, behind, up.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

AIM = (0.0, -0.03, -0.03)
"""Where lamps look: the middle of the face."""


class Lamp(NamedTuple):
    """One lamp.

    Attributes:
        name: Name of the light.
        place: Where it stands.
        size: Width and height in metres; one number is a disc. A sun's is its angle in radians.
        power: Watts; a sun's is its strength.
        colour: Linear RGB.
        kind: ``"AREA"`` or ``"SUN"``.
    """

    name: str
    place: tuple[float, float, float]
    size: tuple[float, ...]
    power: float
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    kind: str = "AREA"


class Preset(NamedTuple):
    """A light.

    Attributes:
        label, description: What the artist reads.
        lamps: Its lamps.
        world: Linear colour of the surroundings, the name of one of Blender's environments, or
            ``"chosen"`` (the artist's choice) or ``"photo"`` (the light of a photo).
        level: Strength of the world.
    """

    label: str
    description: str
    lamps: tuple[Lamp, ...] = ()
    world: tuple[float, float, float] | str = (0.02, 0.02, 0.02)
    level: float = 1.0


def _ring(count: int = 12, radius: float = 0.14, away: float = 0.75) -> tuple[Lamp, ...]:
    angles = np.arange(count) * 2 * np.pi / count
    return tuple(
        Lamp(f"Ring {number + 1}", (radius * float(np.cos(a)), -away, radius * float(np.sin(a)) - 0.03), (0.06,), 0.5)
        for number, a in enumerate(angles)
    )


PRESETS = {
    "STUDIO": Preset(
        "Studio",
        "Three softboxes: a key from the side, a fill against it, a rim from behind",
        (
            Lamp("Key", (0.75, -0.95, 0.55), (0.6, 0.6), 16.0, (1.0, 0.96, 0.91)),
            Lamp("Fill", (-1.0, -0.9, 0.05), (1.0, 1.0), 4.5, (0.90, 0.95, 1.0)),
            Lamp("Rim", (-0.65, 0.95, 0.55), (0.25, 0.8), 12.0),
        ),
    ),
    "WINDOW": Preset(
        "Window",
        "A large window at one side, and the room that throws a little of it back",
        (
            Lamp("Window", (1.35, -0.35, 0.25), (1.0, 1.5), 28.0, (0.93, 0.97, 1.0)),
            Lamp("Room", (-1.6, -0.5, 0.0), (2.0, 2.0), 2.5, (1.0, 0.90, 0.78)),
        ),
        (0.03, 0.03, 0.034),
    ),
    "SUNSET": Preset(
        "Sunset",
        "A low, warm sun from the side under an evening sky",
        (
            Lamp("Sun", (-0.9, -0.55, 0.22), (0.03,), 3.6, (1.0, 0.50, 0.20), "SUN"),
            Lamp("Sky", (0.9, -0.5, 1.0), (2.5, 2.5), 9.0, (0.42, 0.56, 1.0)),
        ),
        (0.045, 0.055, 0.10),
    ),
    "RING": Preset(
        "Ring Flash",
        "A ring of lamps about the lens, and a ring in the eyes",
        _ring(),
        (0.03, 0.03, 0.03),
    ),
    "ENVIRONMENT": Preset("Environment", "One of the environments that come with Blender", (), "chosen"),
    "PHOTO": Preset("Photo", "The light of the photo itself, as the reconstruction estimated it", (), "photo"),
}
ENVIRONMENTS = ("studio", "interior", "city", "courtyard", "forest", "sunrise", "sunset", "night")
"""Pictures that every supported Blender brings along."""
