"""How long each stage of a reconstruction takes: progress and the time that is left come from here.

Seconds of one CPU thread, measured from 1 to 3 photos and from 512 to 2048 texels on the machine of
`docs/benchmarks.md`; another machine is slower or faster by a factor that depends little on the stage. Standard
library only: Blender imports this too.
"""

from __future__ import annotations

from dataclasses import dataclass

from .settings import FitSettings

START = 2.0
"""Seconds until the worker has imported its libraries."""


@dataclass(frozen=True)
class Stage:
    """One stage of a plan.

    Attributes:
        name: as it is reported.
        seconds: it takes on the reference machine.
    """

    name: str
    seconds: float


def plan(settings: FitSettings, photos: int) -> tuple[Stage, ...]:
    """Return the stages of a reconstruction from a number of photos, in order."""
    shadows, joint = settings.appearance, settings.joint
    megatexels = (settings.map_size / 1024) ** 2
    tracing = shadows.shadow_directions * (0.0065 + 3.5e-8 * shadows.shadow_resolution**2)
    light = (
        Stage("Tracing the light", photos * tracing),
        Stage("Estimating light and skin", 0.9 + photos * (0.1 + 0.085 * shadows.rounds)),
    )
    stages = [Stage("Loading the models", 0.3)]
    stages += [Stage(f"Reading photo {number} of {photos}", 0.5) for number in range(1, photos + 1)]
    stages += [Stage("Fitting the shape", 0.5 + 0.2 * photos), *light]
    if joint.shape_steps:
        stages += [Stage("Refining the shape", joint.shape_steps * (0.022 + 0.034 * photos)), *light]
    if joint.code_steps:
        steps = sum(joint.code_steps) + joint.tuning_steps
        stages.append(Stage("Finding the person's skin", steps * (0.115 + 0.025 * photos)))
    stages += [
        Stage("Making the maps", 0.6 + megatexels * (0.9 + 1.05 * photos)),
        Stage("Writing the head", 0.2 + 0.5 * megatexels + 0.1 * photos),
    ]
    return (Stage("Starting", START), *stages)


def expected_seconds(settings: FitSettings, photos: int) -> float:
    """Return the seconds of a whole reconstruction on the reference machine."""
    return sum(stage.seconds for stage in plan(settings, photos))
