"""The whole method on one screen: photos in, a head folder out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from .completion.complete import complete_eyes, complete_maps, enlarge_prior, estimate_appearance
from .device import choose_device, choose_threads
from .durations import plan
from .errors import FitError
from .fitting.fit import Fit
from .fitting.joint_fit import fit_reflectance, refine_geometry, with_likely_code
from .fitting.teeth import TEETH_HEIGHT, teeth_height, with_teeth
from .head import TIMINGS_FILE, new_head_folder
from .photos.photo_selection import see_photos
from .photos.views import Pins, fit_geometry, look_at, pinning, trace_light
from .preview import COARSE_WIDTH, WIDTH, face_over_photo, photographed_face, shape_over_photo
from .reflectance.generator import GENERATOR_PATH, load_generator
from .reflectance.maps import PriorMaps, ReflectanceMaps
from .reflectance.prior import load_prior
from .result import write_result
from .settings import FitSettings
from .shape.morphable import load_model
from .stages import Stages

EYE_MAP_SIZE = 512
COARSE_EYES = 128
"""Texels a side of the eyes in previews."""
TONE_UNCERTAINTY = "tone_uncertainty"
"""Name in `Fit.extra` of the standard deviation of the logarithm of the skin's lightness."""
TONE_IN_DOUBT = 0.5


@dataclass(frozen=True)
class Steps:
    """The method's steps. Whoever wants to know what a step is worth hands `fit_head` another in its place.

    ``picture`` draws the previews of the skin; each of the others is the function of its name.
    """

    look_at: Callable = look_at
    fit_geometry: Callable = fit_geometry
    trace_light: Callable = trace_light
    estimate_appearance: Callable = estimate_appearance
    refine_geometry: Callable = refine_geometry
    fit_reflectance: Callable = fit_reflectance
    complete_maps: Callable = complete_maps
    complete_eyes: Callable = complete_eyes
    picture: Callable = face_over_photo


def fit_head(
    photos: Sequence[Path],
    out: Path,
    settings: FitSettings,
    report: Callable[..., None],
    steps: Steps | None = None,
    faces: Sequence[int | None] = (),
    pins: Sequence[Pins] = (),
) -> Path:
    """Reconstruct a head from photos of one person.

    Args:
        photos: one or more image files.
        out: the head folder to make; a head that is there is replaced when the new one is complete.
        settings: the artist's choices.
        report: called with (stage, fraction of the whole, preview file or None); raises `Cancelled`.
        steps: the method's own when None.
        faces: which face to take of each photo; where that is None or missing, what the settings say.
        pins: for each photo the landmarks that the artist has put in place.

    Returns:
        The head folder.

    Raises:
        FitError: for anything a person can cause or cure.
        Cancelled: from ``report``; nothing is left on disk then.
    """
    if not photos:
        raise FitError("No photo was given.", "Add at least one photo of the person.")
    device = choose_device(settings.device)
    torch.set_num_threads(choose_threads(settings.threads))
    with new_head_folder(out) as folder:
        stages = Stages(report, folder, plan(settings, len(photos)))
        stages.enter("Loading the models")
        # A GPU that nobody asked for is left alone: on the CPU the same photos give the same file everywhere.
        fit = _Reconstruction(settings, steps or Steps(), stages, device if settings.device == "cuda" else "cpu")
        fit.see([Path(path) for path in photos], faces, pins)
        fit.fit_shape()
        fit.estimate_light_and_skin()
        if settings.joint.shape_steps:
            fit.refine_shape()
            fit.estimate_light_and_skin()
        fit.seat_teeth()
        if settings.joint.code_steps:
            fit.find_the_person()
        elif GENERATOR_PATH.is_file():
            fit.guess_the_code()
        fit.write(folder, *fit.make_maps())
        timings = json.dumps(stages.finish(), indent=1)
        (folder / TIMINGS_FILE).write_text(timings + "\n", encoding="utf-8")
    report("Done", 1.0)
    return Path(out)


class _Reconstruction:
    """One head on its way: what was given, and what each stage found.

    Attributes:
        model, prior: of shape and of skin.
        views: the photos that are used, with all that is known of each.
        fit: shape, cameras, light and coefficients so far.
        expected: what the person's skin is expected to look like; the prior's guess when None.
        warnings: for the artist, in plain words.
    """

    def __init__(self, settings: FitSettings, steps: Steps, stages: Stages, device: torch.device | str) -> None:
        self.model, self.prior = load_model(), load_prior()
        self.expected: PriorMaps | None = None
        self.warnings: list[str] = []
        self._settings, self._steps, self._stages, self._device = settings, steps, stages, device

    def see(self, photos: list[Path], faces: Sequence[int | None], pins: Sequence[Pins]) -> None:
        """Read the photos and find the person in them."""
        faces = [*faces, *[None] * len(photos)][: len(photos)]
        self.views, left_out = see_photos(
            photos,
            [self._settings.face if face is None else face for face in faces],
            pinning(self._steps.look_at, {photo: own for photo, own in zip(photos, pins) if own}),
            lambda index: self._stages.enter(f"Reading photo {index + 1} of {len(photos)}"),
        )
        self.warnings += left_out
        self._stages.show(photographed_face(self.views[0]))

    def fit_shape(self) -> None:
        """Find shape, expressions and cameras by the landmarks."""
        self._stages.enter("Fitting the shape")
        self.fit, self.views, notes = self._steps.fit_geometry(self.model, self.views, self._settings.geometry)
        self.warnings += notes
        self._stages.show(shape_over_photo(self.model, self.views[0]))

    def estimate_light_and_skin(self) -> None:
        """Trace the light on posed heads and estimate it, with the prior's coefficients."""
        self._stages.enter("Tracing the light")
        settings = self._settings.appearance
        self.views = [self._steps.trace_light(self.model, view, settings) for view in self.views]
        self._stages.enter("Estimating light and skin")
        found = self._steps.estimate_appearance(self.model, self.prior, self.views, settings.rounds)
        extra = {**self.fit.extra, TONE_UNCERTAINTY: np.float32(found.tone_uncertainty)}
        self.fit = replace(self.fit, lighting=found.lighting, albedo=found.albedo, extra=extra)
        self._show_skin(enlarge_prior(self.prior, self.fit.albedo, COARSE_WIDTH))

    def refine_shape(self) -> None:
        """Move the shape to where the colours fit; light and skin have to be found anew then."""
        self._stages.enter("Refining the shape")
        joint = self._settings.joint
        on_step = self._stages.steps(joint.shape_steps)
        self.fit, self.views = self._steps.refine_geometry(
            self.model, self.prior, self.views, self.fit, joint, on_step, self._device
        )

    def seat_teeth(self) -> None:
        """Move the upper teeth to where the photos show their biting edge."""
        height = teeth_height(self.model, self.views)
        self.fit = replace(self.fit, extra={**self.fit.extra, TEETH_HEIGHT: np.float32(height)})
        self.views = [replace(view, vertices=with_teeth(self.model, view.vertices, height)) for view in self.views]

    def find_the_person(self) -> None:
        """Find the person in the generator; without its file the linear prior stays, and a warning says so."""
        if not GENERATOR_PATH.is_file():
            self.warnings.append("The reflectance generator is missing: skin comes from the simpler prior.")
            return
        self._stages.enter("Finding the person's skin")
        joint, generator = self._settings.joint, load_generator()
        on_step = self._stages.steps(sum(joint.code_steps) + joint.tuning_steps)
        self.fit, self.expected = self._steps.fit_reflectance(
            self.model,
            self.prior,
            generator,
            self.views,
            self.fit,
            joint,
            self._settings.seed,
            on_step,
            self._device,
            self._show_fit,
        )
        self._show_skin(self.expected)

    def guess_the_code(self) -> None:
        """Note which person of the generator the prior's coefficients stand for, so that the skin can be edited."""
        self.fit = with_likely_code(load_generator(), self.fit)

    def make_maps(self) -> tuple[ReflectanceMaps, np.ndarray]:
        """Return the maps of the skin, with what the photos saw on top of what was expected, and the eyes' albedo."""
        self._stages.enter("Making the maps")
        model, fit, views, settings = self.model, self.fit, self.views, self._settings
        maps = self._steps.complete_maps(model, self.prior, views, fit, settings.map_size, self.expected)
        eyes = self._steps.complete_eyes(model, views, fit, EYE_MAP_SIZE, settings.seed)
        self._show_skin(maps, eyes, WIDTH)
        return maps, eyes

    def write(self, folder: Path, maps: ReflectanceMaps, eyes: np.ndarray) -> None:
        """Fill the head folder."""
        self._stages.enter("Writing the head")
        if self.fit.extra[TONE_UNCERTAINTY] > TONE_IN_DOUBT:
            self.warnings.append("How dark the skin is can hardly be told in this light; compare it with the person.")
        write_result(folder, self.model, self.views, self.fit, maps, eyes, self._settings, self.warnings)

    def _show_fit(self, fit: Fit, skin: PriorMaps) -> None:
        """Show what the search for the person has found by now."""
        self.fit = fit
        self._show_skin(skin)

    def _show_skin(
        self, skin: PriorMaps | ReflectanceMaps, eyes: np.ndarray | None = None, width: int = COARSE_WIDTH
    ) -> None:
        """Show the first photo's face with what is known of its skin by now."""
        view = self.views[0]
        if eyes is None:
            eyes = self._steps.complete_eyes(self.model, self.views, self.fit, COARSE_EYES, self._settings.seed)
        self._stages.show(self._steps.picture(self.model, view, self.fit.lighting[0], skin, eyes, width))
