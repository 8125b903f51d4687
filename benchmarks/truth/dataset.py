"""Makes the truth data set from a seed and reads it again.

One folder a split, ``<cache>/truth/<split>-<seed>-v<VERSION>``; in it ``heads/<head>`` (shape and maps) and
``photos/<photo>``: ``photo.jpg``, which is all that a method may read, ``truth.npz``, ``meta.json``, ``relit/<k>.npz``.
Each of these folders appears by one rename, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.camera import Camera
from core.errors import FitError

from . import lights, photograph, staging
from .heads import TruthHead, make_head
from .plan import HeadPlan, PhotoPlan, make_plan
from .records import HeadRecord, HeldOut, TruthPhoto
from .skin import paint_skin

__all__ = ["HeadRecord", "HeldOut", "TruthPhoto", "build", "folder", "load"]

VERSION = 1
"""Changes whenever the same seed gives other photos."""
SEED = 0
MAP_SIZE = 768
ROOT = Path(__file__).resolve().parents[2]
SCENE = Path(__file__).with_name("scene.py")
DEFAULT_BPY = ROOT / ".environments" / "blender-4.5" / "bin" / "python"


def folder(split: str, cache: Path, seed: int = SEED) -> Path:
    """Where a split lies."""
    return Path(cache) / "truth" / f"{split}-{seed}-v{VERSION}"


def load(split: str, cache: Path, seed: int = SEED) -> list[TruthPhoto]:
    """The photos of a split that have been made, in the plan's order.

    Raises:
        FitError: none has been made.
    """
    base = folder(split, cache, seed) / "photos"
    found = [TruthPhoto(base / plan.name) for plan in make_plan(split, seed) if (base / plan.name).is_dir()]
    if not found:
        raise FitError(f"There is no truth data set in {base.parent}.", f"Make it: python -m benchmarks.truth {split}")
    return found


def build(
    split: str,
    seed: int,
    shared: Path,
    cache: Path,
    bpy: Path | None = None,
    threads: int = 2,
    share: tuple[int, int] = (1, 1),
    report: Callable[[str], None] = print,
) -> Path:
    """Make what is missing of a split and return its folder.

    Args:
        split: ``"quick"`` or ``"dev"``.
        seed: everything follows from it.
        shared: folder of the reference data.
        cache: folder of the benchmarks' files.
        bpy: a Python that has Blender's module; None: ``$RELIT_BPY``, else the one that vendor_install made.
        threads: of Cycles.
        share: (k, n): make every n-th person's photos only, from the k-th on, while other processes make the rest.
        report: gets one line for each photo.

    Raises:
        FitError: no such Python, reference data that is missing, or a picture that could not be rendered.
    """
    base = folder(split, cache, seed)
    plans = make_plan(split, seed)
    people = list(dict.fromkeys(plan.head for plan in plans))[share[0] - 1 :: share[1]]
    plans = [plan for plan in plans if plan.head in people]
    missing = [plan for plan in plans if not (base / "photos" / plan.name).is_dir()]
    if not missing:
        return base
    environments = lights.environments(shared)
    people = list(dict.fromkeys(plan.head for plan in missing))
    start = time.monotonic()
    # Heads are made one after the other beside the renders, which mostly run in Blender's process.
    with ThreadPoolExecutor(1) as maker, Renderer(bpy_python(bpy), base, threads) as renderer:
        heads = {
            person.name: maker.submit(_make_head, person, shared, base / "heads" / person.name) for person in people
        }
        for count, plan in enumerate(missing, 1):
            environment = Path(shared) / "hdri" / f"{environments[plan.environment % len(environments)]}.hdr"
            try:
                costs = make_photo(plan, heads[plan.head.name].result(), base, environment, renderer)
            except BaseException:
                maker.shutdown(wait=False, cancel_futures=True)
                raise
            left = (time.monotonic() - start) / count * (len(missing) - count)
            report(f"[{len(plans) - len(missing) + count}/{len(plans)}] {plan.name}: {costs}; {left / 60:.0f} min left")
    return base


def bpy_python(chosen: Path | None) -> Path:
    """The Python with Blender's module.

    Raises:
        FitError: it does not exist.
    """
    path = Path(chosen or os.environ.get("RELIT_BPY") or DEFAULT_BPY)
    if not path.is_file():
        raise FitError(f"There is no Blender module: {path} does not exist.", "Install it, or name one by --bpy.")
    return path


class Renderer:
    """A process of ``scene.py``, or a script that speaks as it does, that renders one job after the other."""

    def __init__(self, python: Path, log_folder: Path, threads: int, script: Path = SCENE) -> None:
        self._command = [str(python), "-P", str(script), str(threads)]
        self._log_path = Path(log_folder) / f"bpy-{os.getpid()}.log"

    def __enter__(self) -> Renderer:
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        self._log = self._log_path.open("w")
        plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        pipe = subprocess.PIPE
        # In a session of its own an interrupt at the terminal does not reach it: we end it, between two lines.
        self._process = subprocess.Popen(
            self._command, stdin=pipe, stdout=pipe, stderr=self._log, text=True, env=plain, start_new_session=True
        )
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._log.close()
        if kind is None:
            self._log_path.unlink(missing_ok=True)

    def run(self, job: Path) -> str:
        """Render a job file; return what each picture cost.

        Raises:
            FitError: it failed.
        """
        try:
            self._process.stdin.write(f"{job}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the loop below finds no answer and says so
        costs = []
        for line in self._process.stdout:
            word, _, rest = line.strip().partition(" ")
            if word == "@rendered":
                costs.append(rest)
            elif word == "@failed":
                raise FitError(f"Cycles could not render {job.parent.name}: {rest}", f"See {self._log_path}.")
            elif word == "@done":
                return ", ".join(costs) + f" s of processor time, {float(rest):.0f} s in all"
        raise FitError(f"Blender ended while it rendered {job.parent.name}.", f"See {self._log_path}.")


def _make_head(plan: HeadPlan, shared: Path, target: Path) -> TruthHead:
    """Make a head, and its folder where there is none."""
    head = make_head(plan.family, plan.seed, shared)
    if target.is_dir():
        return head
    maps = paint_skin(head, plan.tone, plan.seed, shared, MAP_SIZE)
    with _Appearing(target) as place:
        for name in ("albedo", "eye_albedo"):
            encoded = np.round(255 * photograph.encode_srgb(getattr(maps, name))).astype(np.uint8)
            cv2.imwrite(str(place / f"{name}.png"), encoded[:, :, ::-1])
        for name in ("specular", "roughness"):
            level = np.round(65535 * np.clip(getattr(maps, name), 0, 1)).astype(np.uint16)
            cv2.imwrite(str(place / f"{name}.png"), level)
        np.save(place / "height.npy", maps.height.astype(np.float32))
        shape = {
            name: getattr(head, name)
            for name in ("family", "seed", "vertices", "triangles", "uv", "part", "face", "landmarks_68")
        }
        np.savez_compressed(place / "truth.npz", tone=plan.tone, hair_colour=maps.hair_colour, **shape)
    return head


def make_photo(plan: PhotoPlan, head: TruthHead, base: Path, environment: Path | None, renderer: Renderer) -> str:
    """Render and write one photo's folder; return what it cost."""
    maps = base / "heads" / plan.head.name
    record = HeadRecord(maps)
    posed = head.posed(plan.expression)
    centre = staging.face_centre(head, posed)
    camera, turned = staging.photo_camera(plan, centre), staging.turned_camera(plan, centre)
    light = lights.photo_light(plan.light_kind, environment, plan.rotation, camera.position, plan.seed)
    held_out = [lights.held_out_light(name, rotation) for name, rotation in plan.held_out]
    with tempfile.TemporaryDirectory(prefix="relit-truth-") as scratch:
        work = Path(scratch)
        items, arrays = staging.everything(plan, head, posed, maps, record.hair_colour, record.skin_colour)
        np.savez(work / "meshes.npz", **arrays)
        renders = staging.pictures(plan, camera, turned, light, held_out, work)
        job = work / "job.json"
        job.write_text(json.dumps({"objects": items, "meshes": str(work / "meshes.npz"), "renders": renders}))
        costs = renderer.run(job)
        with np.load(work / "photo.npz") as file:
            linear = file["image"][:, :, :3]
        with np.load(work / "index.npz") as file:
            index = staging.reduce_index(file["index"], staging.mask_scale(plan.height))
        with _Appearing(base / "photos" / plan.name) as place:
            _write_photo(plan, linear, index, record, place)
            _write_truth(plan, camera, posed, index, place)
            _write_meta(plan, light, {item["name"] for item in items}, place)
            _write_held_out([camera, turned], held_out, work, place / "relit")
    return costs


def _write_photo(plan: PhotoPlan, linear: np.ndarray, index: np.ndarray, head: HeadRecord, place: Path) -> None:
    skin = index == staging.SKIN
    if not skin.any():
        raise FitError(f"No skin is in the photo {plan.name}.", "Choose another seed.")
    albedo = float(head.skin_colour @ lights.LUMINANCE)
    factor = photograph.exposure(linear, skin, albedo, plan.metering, plan.exposure)
    generator = np.random.default_rng((plan.seed, 53))
    picture = photograph.develop(linear, factor, plan.white_balance, plan.noise, generator)
    photograph.write_jpeg(place / "photo.jpg", picture, plan.jpeg_quality, plan.lens if plan.exif else None)


def _write_truth(plan: PhotoPlan, camera: Camera, posed: np.ndarray, index: np.ndarray, place: Path) -> None:
    np.savez_compressed(
        place / "truth.npz", head=plan.head.name, posed=posed, object_index=index, **_camera_arrays(camera)
    )


def _write_meta(plan: PhotoPlan, light: dict[str, Any], present: set[str], place: Path) -> None:
    values = {
        "head": plan.head.name,
        "family": plan.head.family,
        "tone": plan.head.tone,
        "group": plan.group,
        "yaw_degrees": plan.yaw,
        "pitch_degrees": plan.pitch,
        "roll_degrees": plan.roll,
        "expression": plan.expression,
        "smiling": plan.smiling,
        "lens_mm": plan.lens,
        "crop": plan.crop,
        "distance_m": plan.distance,
        "light": Path(light["environment"] or "grey").stem,
        "light_details": light,
        "light_kind": plan.light_kind,
        "exposure_stops": plan.exposure,
        "metering": plan.metering,
        "white_balance": plan.white_balance,
        "jpeg_quality": plan.jpeg_quality,
        "noise": plan.noise,
        "size": [plan.width, plan.height],
        "exif": plan.exif,
        "glasses": plan.glasses,
        "hand": plan.hand,
        "hair": plan.head.hair,
        "beard": plan.head.beard,
        "objects": sorted(present),
        "seed": plan.seed,
    }
    (place / "meta.json").write_text(json.dumps(values, indent=1), encoding="utf-8")


def _write_held_out(cameras: list[Camera], held_out: list[dict[str, Any]], work: Path, place: Path) -> None:
    place.mkdir()
    for number, (camera, light, view) in enumerate(zip(cameras, held_out, ("photo", "turned"))):
        with np.load(work / f"relit{number}.npz") as file:
            image = np.minimum(file["image"], np.finfo(np.float16).max).astype(np.float16)
        np.savez_compressed(
            place / f"{number}.npz",
            image=image,
            light=light["environment"],
            rotation_degrees=light["rotation_degrees"],
            strength=light["strength"],
            view=view,
            **_camera_arrays(staging.held_out_camera(camera)),
        )


def _camera_arrays(camera: Camera) -> dict[str, Any]:
    return {field.name: getattr(camera, field.name) for field in dataclasses.fields(camera)}


class _Appearing:
    """A folder that is built beside its place and gets there by one rename, or not at all."""

    def __init__(self, target: Path) -> None:
        self._target, self._place = target, target.with_name(f".{target.name}.part")

    def __enter__(self) -> Path:
        shutil.rmtree(self._place, ignore_errors=True)
        self._place.mkdir(parents=True)
        return self._place

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            os.replace(self._place, self._target)
        else:
            shutil.rmtree(self._place, ignore_errors=True)
