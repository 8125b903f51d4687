"""The whole method on one screen: photos in, a head folder out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from .completion.complete import complete_eyes, complete_maps, estimate_appearance
from .device import choose_device, choose_threads
from .errors import FitError
from .fitting.fit import Fit
from .head import TIMINGS_FILE, new_head_folder
from .joint_fit import fit_reflectance, refine_geometry
from .morphable import MorphableModel, load_model
from .photo_selection import see_photos
from .preview import crop, face_window, shape_over_photo
from .reflectance.generator import GENERATOR_PATH, load_generator
from .reflectance.maps import PriorMaps
from .reflectance.prior import ReflectancePrior, load_prior
from .relight import render_photo
from .result import write_result
from .settings import FitSettings
from .stages import Stages
from .views import View, fit_geometry, look_at, trace_light

EYE_MAP_SIZE = 512


@dataclass(frozen=True)
class Steps:
    """The method's steps. Whoever wants to know what a step is worth hands `fit_head` another in its place.

    ``picture`` draws the last preview; each of the others is the function of its name.
    """

    look_at: Callable = look_at
    fit_geometry: Callable = fit_geometry
    trace_light: Callable = trace_light
    estimate_appearance: Callable = estimate_appearance
    refine_geometry: Callable = refine_geometry
    fit_reflectance: Callable = fit_reflectance
    complete_maps: Callable = complete_maps
    complete_eyes: Callable = complete_eyes
    picture: Callable = render_photo


def fit_head(
    photos: Sequence[Path],
    out: Path,
    settings: FitSettings,
    report: Callable[..., None],
    steps: Steps | None = None,
) -> Path:
    """Reconstruct a head from photos of one person.

    Args:
        photos: one or more image files.
        out: the head folder to make; a head that is there is replaced when the new one is complete.
        settings: the artist's choices.
        report: called with (stage, fraction of the whole, preview file or None); raises `Cancelled`.
        steps: the method's own when None.

    Returns:
        The head folder.

    Raises:
        FitError: for anything a person can cause or cure.
        Cancelled: from ``report``; nothing is left on disk then.
    """
    if not photos:
        raise FitError("No photo was given.", "Add at least one photo of the person.")
    steps = steps or Steps()
    choose_device(settings.device)
    torch.set_num_threads(choose_threads(settings.threads))
    with new_head_folder(out) as folder:
        stages = Stages(report, folder)
        stages.enter("Loading the models", 0.0)
        model, prior = load_model(), load_prior()
        count = len(photos)
        views, left_out = see_photos(
            [Path(path) for path in photos],
            settings.face,
            steps.look_at,
            lambda index: stages.enter(f"Reading photo {index + 1} of {count}", 0.05 + 0.2 * index / count),
        )
        stages.enter("Fitting the shape", 0.25)
        fit, views, warnings = steps.fit_geometry(model, views, settings.geometry)
        stages.show(shape_over_photo(model, views[0]))
        fit, views = _light_and_skin(model, prior, views, fit, settings, steps, stages, 0.3)
        if settings.joint.shape_steps:
            fit, views = _refined_shape(model, prior, views, fit, settings, steps, stages)
        expected = None
        if settings.joint.code_steps:
            fit, expected, missing = _person(model, prior, views, fit, settings, steps, stages)
            warnings = [*warnings, *missing]
        stages.enter("Making the maps", 0.75)
        maps = steps.complete_maps(model, prior, views, fit, settings.map_size, expected)
        eyes = steps.complete_eyes(model, views, fit, EYE_MAP_SIZE, settings.seed)
        stages.enter("Writing the head", 0.85)
        head = write_result(folder, model, views, fit, maps, eyes, settings, [*left_out, *warnings])
        window = face_window(views[0])
        stages.show(crop(steps.picture(head, 0), window))
        timings = json.dumps(stages.finish(), indent=1)
        (folder / TIMINGS_FILE).write_text(timings + "\n", encoding="utf-8")
    report("Done", 1.0)
    return Path(out)


def _light_and_skin(
    model: MorphableModel,
    prior: ReflectancePrior,
    views: Sequence[View],
    fit: Fit,
    settings: FitSettings,
    steps: Steps,
    stages: Stages,
    done: float,
) -> tuple[Fit, list[View]]:
    """Trace the light on posed heads and estimate it, with the prior's coefficients."""
    stages.enter("Tracing the light", done)
    views = [steps.trace_light(model, view, settings.appearance) for view in views]
    stages.enter("Estimating light and skin", done + 0.05)
    appearance = steps.estimate_appearance(model, prior, views, settings.appearance.rounds)
    return replace(fit, lighting=appearance.lighting, albedo=appearance.albedo), views


def _refined_shape(
    model: MorphableModel,
    prior: ReflectancePrior,
    views: Sequence[View],
    fit: Fit,
    settings: FitSettings,
    steps: Steps,
    stages: Stages,
) -> tuple[Fit, list[View]]:
    """Move the shape to where the colours fit, then find light and skin anew."""
    stages.enter("Refining the shape", 0.4)
    on_step = stages.steps(0.4, 0.5, settings.joint.shape_steps)
    fit, views = steps.refine_geometry(model, prior, views, fit, settings.joint, on_step)
    stages.show(shape_over_photo(model, views[0]))
    return _light_and_skin(model, prior, views, fit, settings, steps, stages, 0.5)


def _person(
    model: MorphableModel,
    prior: ReflectancePrior,
    views: Sequence[View],
    fit: Fit,
    settings: FitSettings,
    steps: Steps,
    stages: Stages,
) -> tuple[Fit, PriorMaps | None, list[str]]:
    """Find the person in the generator; without its file the linear prior stays, and a warning says so."""
    if not GENERATOR_PATH.is_file():
        return fit, None, ["The reflectance generator is missing: skin comes from the simpler prior."]
    stages.enter("Finding the person's skin", 0.6)
    joint = settings.joint
    on_step = stages.steps(0.6, 0.75, sum(joint.code_steps) + joint.tuning_steps)
    fit, expected = steps.fit_reflectance(model, prior, load_generator(), views, fit, joint, settings.seed, on_step)
    return fit, expected, []
