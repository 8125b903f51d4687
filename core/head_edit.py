"""A head that exists with some sliders of its skin moved: no photo is fitted again.

The person's own maps are changed by what the generator's maps change, so that everything the photos showed stays. The
same editor answers one edit on disk and the moves of a slider that an artist watches.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from .camera import Camera
from .errors import FitError
from .head import (
    ARRAYS_FILE,
    FIT_FILE,
    PREVIEW_FILE,
    Head,
    fill_head_folder,
    new_head_folder,
    read_head,
    unpainted,
)
from .mapfiles import (
    encode_png,
    linear_from_srgb,
    normals_from_slopes,
    quantised,
    read_png,
    resized,
    slopes_from_normals,
    srgb_from_linear,
)
from .painting import Paint
from .preview import crop
from .protocol import Edit, Edited, Finished
from .reflectance.directions import LatentDirections, check_size, load_directions
from .reflectance.generator import GeneratedMaps, ReflectanceGenerator, load_generator
from .reflectance.skin_age import LEAST, MOST, aged
from .reflectance.skin_code import CODE, code_of
from .render.relight import render_photo
from .shape import shape_age
from .shape.morphable import load_model
from .shape.shape_age import AGE

EDITS = "edits"
"""Name in `fit.json` of all changes since the photos, units by slider."""
MIRRORED = "mirrored"
"""Name in `fit.json` of whether left and right of the skin have changed places since the photos."""
PREVIEW_MARGIN = 1.6
"""Side of the preview's square, in sizes of the face."""
GLOSS = {"shine": ("specular_albedo", math.log(1.25)), "roughness": ("roughness", math.log(1.15))}
"""Sliders that only multiply a map, with the logarithm of a unit's factor."""
BITS = {"diffuse_albedo": 8, "specular_albedo": 16, "roughness": 16, "normal": 16}


@dataclass(frozen=True, eq=False)
class MapChange:
    """What sliders change at every texel of the UV tile; row 0 is v = 1.

    Attributes:
        log_albedo: [S,S,3] added to the logarithm of the linear diffuse albedo.
        specular, roughness: [S,S] multiplied.
        slopes: [S,S,2] added to the tangent slopes.
    """

    log_albedo: np.ndarray
    specular: np.ndarray
    roughness: np.ndarray
    slopes: np.ndarray


class HeadEditor:
    """One head and all that its sliders need, loaded once.

    Args:
        folder: the head folder; it is only read.
        directions, generator: the shipped ones by default.

    Raises:
        FitError: the folder is no head, or is damaged.
    """

    def __init__(
        self,
        folder: Path,
        directions: LatentDirections | None = None,
        generator: ReflectanceGenerator | None = None,
    ) -> None:
        self.head = read_head(folder)
        self._directions = directions
        self._generator = generator
        self._sized: dict[int, tuple[dict[str, np.ndarray], GeneratedMaps | None]] = {}

    @property
    def code(self) -> np.ndarray:
        """The generator's code [D] of this person.

        Raises:
            FitError: there is none, or it is another generator's.
        """
        return code_of(self.head.folder.name, self.head.fit, self.directions.generator)

    @property
    def directions(self) -> LatentDirections:
        """The sliders."""
        if self._directions is None:
            self._directions = load_directions()
        return self._directions

    @property
    def generator(self) -> ReflectanceGenerator:
        """The generator that they move."""
        if self._generator is None:
            self._generator = load_generator()
        return self._generator

    def maps(
        self,
        changes: Mapping[str, float],
        mirrored: bool = False,
        size: int = 0,
        report: Callable[..., None] = lambda *_: None,
    ) -> dict[str, np.ndarray]:
        """Return the changed maps of the skin, encoded as in a head folder: in [0,1], [S,S] or [S,S,3], row 0 is v = 1.

        Args:
            changes: units by slider, counted from the folder's maps.
            mirrored: whether left and right change places.
            size: side in pixels; 0 for the folder's own.
            report: called with (stage, fraction) before each map; may raise to stop.

        Raises:
            FitError: a slider does not exist or goes too far, the head has no code, or a map is missing or damaged.
        """
        changes = {name: float(value) for name, value in changes.items() if value}
        latent = _latent(changes)
        maps, generated = self._at(size, bool(latent))
        if latent:
            report("Moving the sliders", 0.1)
            change = map_change(self.generator, self.directions, self.code, latent, generated)
            maps = changed_maps(maps, change, report)
        maps = dict(maps)
        if decades := changes.get(AGE):
            check_size(AGE, decades)
            maps = aged(maps, decades, report=report)
        for name, (target, unit) in GLOSS.items():
            if target in maps and (units := changes.get(name)):
                check_size(name, units)
                maps[target] = np.clip(maps[target] * math.exp(unit * units), 0, 1)
        return {name: mirrored_map(name, image) for name, image in maps.items()} if mirrored else maps

    def _at(self, size: int, latent: bool) -> tuple[dict[str, np.ndarray], GeneratedMaps | None]:
        """Return the folder's maps and the generator's maps of the person at a size."""
        if size not in self._sized:
            paths = self.head.maps | {"diffuse_albedo": unpainted(self.head.folder)}
            self._sized[size] = {name: _read(path, size) for name, path in paths.items() if name in BITS}, None
        base, generated = self._sized[size]
        if latent and generated is None:
            generated = generate(self.generator, self.code, size or len(base["diffuse_albedo"]))
            self._sized[size] = base, generated
        return base, generated


def answer(request: Edit, report: Callable[..., None]) -> Edited | Finished:
    """Answer a request of Blender's: a new head folder, or the changed maps as arrays in a folder.

    Raises:
        FitError: as :meth:`HeadEditor.maps`, or the folder for the maps is gone.
    """
    if request.out:
        paint = Paint.read(Path(request.paint), request.paint_shows) if request.paint else Paint()
        out = edit_head(Path(request.head), request.changes, Path(request.out), mirrored=request.mirrored, paint=paint)
        return Finished(request.job, str(out))
    folder = Path(request.head)
    maps = _editor(folder, _stamp(folder)).maps(request.changes, request.mirrored, request.size, report)
    digests = {}
    for name, image in maps.items():
        report("Writing the maps", 0.9)
        pixels = quantised(image, BITS[name])
        digests[name] = hashlib.blake2b(pixels, digest_size=12).hexdigest()
        try:
            np.save(Path(request.maps) / f"{name}.npy", pixels, allow_pickle=False)
            if not request.size:
                (Path(request.maps) / f"{name}.png").write_bytes(encode_png(image, BITS[name]))
        except OSError as error:
            raise FitError(f"The map {name} could not be written to {request.maps}: {error.strerror}.") from error
    return Edited(request.job, request.maps, digests)


def edit_head(
    folder: Path,
    changes: Mapping[str, float],
    out: Path,
    directions: LatentDirections | None = None,
    generator: ReflectanceGenerator | None = None,
    mirrored: bool = False,
    paint: Paint | None = None,
) -> Path:
    """Write a new head folder with some sliders of the skin moved.

    Args:
        folder: the head as it is; it stays, unless it is ``out``.
        changes: units by slider, see `LatentDirections.edited`, :data:`GLOSS` and `shape_age`.
        out: the head folder to make.
        directions, generator: the shipped ones by default.
        mirrored: whether left and right of the skin change places.
        paint: what lies over the changed skin; None for what is in the folder, which changes sides with the skin.

    Raises:
        FitError: the head has no code, a slider does not exist, or files are missing or damaged.
    """
    editor = HeadEditor(folder, directions, generator)
    head = editor.head
    shape = aged_shape(head, changes.get(AGE, 0.0))
    maps = editor.maps(changes, mirrored)
    files: dict[str, bytes | Path] = {path.name: path for path in (*head.maps.values(), *head.photos)}
    files |= {f"{name}.png": encode_png(image, BITS[name]) for name, image in maps.items()}
    files |= (Paint.of(head, mirrored) if paint is None else paint).files(maps["diffuse_albedo"])
    record = dict(head.fit)
    latent = _latent(changes)
    if any(latent.values()):
        record["extra"] = {**head.fit["extra"], CODE: editor.directions.edited(editor.code, latent).tolist()}
    before = head.fit.get(EDITS, {})
    record[EDITS] = {name: before.get(name, 0.0) + changes.get(name, 0.0) for name in {**before, **changes}}
    if mirrored:
        record[MIRRORED] = not head.fit.get(MIRRORED, False)
        if "provenance" in head.maps:
            files["provenance.png"] = encode_png(read_png(head.maps["provenance"])[:, ::-1])
    with np.load(head.folder / ARRAYS_FILE, allow_pickle=False) as archive:
        arrays = dict(archive.items())
    if shape is not None:
        identity, arrays["vertices"] = shape
        arrays["eye_centre"], arrays["eye_radius"] = load_model().eyeballs(arrays["vertices"])
        record["identity"] = identity.tolist()
    with new_head_folder(out) as part:
        fill_head_folder(part, arrays, record, files)
        picture = crop(render_photo(read_head(part), 0), _face_window(head))
        (part / PREVIEW_FILE).write_bytes(encode_png(picture / np.float32(255)))
    return Path(out)


def aged_shape(head: Head, decades: float) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the identity coefficients [K] and the vertices [V,3] of a head some decades older; None for no change.

    Raises:
        FitError: its coefficients are not of this shape model.
    """
    if not decades:
        return None
    check_size(AGE, decades)
    model, identity = load_model(), head.fit.get("identity")
    ours = head.fit.get("versions", {}).get("shape_model") == model.version
    if not (identity and ours and len(head.vertices) == len(model.mean)):
        raise FitError(
            f"The shape of {head.folder.name} cannot be aged: it was made with another shape model.",
            "Reconstruct the head again with this version.",
        )
    older = shape_age.aged(identity, decades)
    step = model.coarse_vertices(older) - model.coarse_vertices(identity)
    return older, (head.vertices + model.subdivide(step)).astype(np.float32)


@torch.no_grad()
def generate(generator: ReflectanceGenerator, code: np.ndarray, size: int) -> GeneratedMaps:
    """Return the maps of a code [D] at a size, or at the largest that the generator has below it."""
    codes = torch.from_numpy(code[None]).to(generator.w_average)
    return generator.synthesis(codes, min(generator.config.size, size))


def map_change(
    generator: ReflectanceGenerator,
    directions: LatentDirections,
    code: np.ndarray,
    changes: Mapping[str, float],
    before: GeneratedMaps,
) -> MapChange:
    """Return how the maps of a code [D] change with some sliders, given those of the code itself."""
    edited = directions.edited(code, changes)
    after = before
    if not np.array_equal(edited, code):
        after = generate(generator, edited, before.log_albedo.shape[-1])
    log_albedo, slopes = (_last(getattr(after, name) - getattr(before, name)) for name in ("log_albedo", "slopes"))
    specular, roughness = (
        _last(getattr(after, name).clamp(min=1e-3) / getattr(before, name).clamp(min=1e-3))[..., 0]
        for name in ("specular", "roughness")
    )
    green = float(after.albedo[:, 1].mean())
    for name, layer in directions.layers.items():
        if amount := changes.get(name, 0.0):
            log_albedo = log_albedo + amount * resized(layer.on(green), len(log_albedo))
            slopes = slopes + amount * resized(layer.slopes, len(slopes))
    return MapChange(log_albedo, specular, roughness, slopes)


def changed_maps(
    maps: Mapping[str, np.ndarray], change: MapChange, report: Callable[..., None] = lambda *_: None
) -> dict[str, np.ndarray]:
    """Return a head's encoded maps with a change applied; ``report`` as in :meth:`HeadEditor.maps`."""
    result = dict(maps)
    report("Changing the colour", 0.2)
    albedo = linear_from_srgb(maps["diffuse_albedo"])
    albedo = np.clip(albedo * np.exp(resized(change.log_albedo, len(albedo))), LEAST, MOST)
    result["diffuse_albedo"] = srgb_from_linear(albedo)
    for name, factor in (("specular_albedo", change.specular), ("roughness", change.roughness)):
        if name in maps:
            report("Changing the gloss", 0.5)
            result[name] = np.clip(maps[name] * resized(factor, len(maps[name])), 0, 1)
    if "normal" in maps:
        report("Changing the relief", 0.7)
        slopes = slopes_from_normals(maps["normal"])
        result["normal"] = normals_from_slopes(slopes + resized(change.slopes, len(slopes)))
    return result


def mirrored_map(name: str, image: np.ndarray) -> np.ndarray:
    """Return a map with left and right exchanged: the UV layout is symmetric about u = 0.5."""
    image = image[:, ::-1]
    if name == "normal":
        image = np.concatenate([1 - image[..., :1], image[..., 1:]], -1)
    return np.ascontiguousarray(image)


@functools.lru_cache(maxsize=2)
def _editor(folder: Path, stamp: tuple[int, ...]) -> HeadEditor:
    return HeadEditor(folder)


def _stamp(folder: Path) -> tuple[int, ...]:
    """Return numbers that change when the head's files do; none where they are missing."""
    try:
        return tuple((folder / name).stat().st_mtime_ns for name in (FIT_FILE, "diffuse_albedo.png"))
    except OSError:
        return ()


def _latent(changes: Mapping[str, float]) -> dict[str, float]:
    """Return the changes of sliders that `LatentDirections` has, or that do not exist."""
    return {name: value for name, value in changes.items() if name not in GLOSS and name != AGE}


def _read(path: Path, size: int) -> np.ndarray:
    image = read_png(path)
    if size and size < len(image):
        image = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    return image


def _face_window(head: Head) -> tuple[int, int, int]:
    """Return the square around the face in the first photo as (left, top, side) in its pixels."""
    width, height = (int(side) for side in head.image_size[0])
    camera = Camera(head.focal_px[0], head.principal_px[0], width, height, head.camera_from_world[0])
    pixels, _ = camera.project(head.posed_vertices(0)[head.regions["face"]])
    low, high = pixels.min(0), pixels.max(0)
    side = round(PREVIEW_MARGIN * float((high - low).max()))
    left, top = (low + high) / 2 - side / 2
    return int(left), int(top), side


def _last(image: torch.Tensor) -> np.ndarray:
    return image[0].permute(1, 2, 0).cpu().numpy()
