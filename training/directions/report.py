"""What each slider of skin does, in figures and in pictures: people that training has not seen, five steps each."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import torch

from core.camera import Camera
from core.mapfiles import srgb_from_linear
from core.reflectance.directions import LAYERS, SKIN_TONE, LatentDirections
from core.reflectance.generator import GeneratedMaps, ReflectanceGenerator
from core.reflectance.prior import load_prior
from core.render.occlusion import radiance_transfer, self_shadow
from core.render.relight import TEETH, orbit_camera
from core.render.scene import RenderMesh, render_head, tonemap
from core.render.shading import Subsurface
from core.shape.morphable import load_model
from training.dataset.items import ReflectanceItems
from training.generator.data import TrainingMaps
from training.generator.inversion import invert, own_tones, prior_coefficients

from .measures import A_STAR, MEASURES, STEP, Measures

CHANGES = (-2.0, -1.0, 0.0, 1.0, 2.0)
ONLY_MORE = (0.0, 0.5, 1.0, 1.5, 2.0)
PEOPLE = 8
INVERSION_STEPS = {64: 25, 128: 15}
CELL = 300


def changes_of(name: str) -> tuple[float, ...]:
    """Return the five positions at which a slider is shown."""
    return ONLY_MORE if name in LAYERS else CHANGES


def held_out_codes(generator: ReflectanceGenerator, items: ReflectanceItems) -> np.ndarray:
    """Return codes [N,D] of validation people, found by inversion of their maps."""
    people = TrainingMaps(items, "validation")
    samples = own_tones(people)[:PEOPLE]
    size = max(INVERSION_STEPS)
    wanted, trust = people.maps(samples, size), people.trust(samples, size)
    start = prior_coefficients(load_prior(), wanted[:, :3], trust)
    return invert(generator, wanted, trust, INVERSION_STEPS, start).numpy()


def spread_tones(directions: LatentDirections, codes: np.ndarray) -> np.ndarray:
    """Return codes [N,D] of the same people with tones spread so that two units to either side are skin tones."""
    last = len(directions.tone_curve) - 1
    wanted = np.linspace(-CHANGES[0], last - CHANGES[-1], len(codes))
    result = []
    for code, step in zip(codes, wanted):
        while abs(step - directions.tone_step(code)) > 1e-3:
            away = step - directions.tone_step(code)
            code = directions.edited(code, {SKIN_TONE: float(np.clip(away, -1, 1))})
        result.append(code)
    return np.array(result)


@torch.no_grad()
def edited_maps(
    generator: ReflectanceGenerator, directions: LatentDirections, code: np.ndarray, name: str, change: float
) -> GeneratedMaps:
    """Return the maps of a code with one slider moved."""
    changed = torch.from_numpy(directions.edited(code, {name: change}))[None]
    maps = generator.synthesis(changed.to(generator.w_average), generator.config.size)
    if name not in LAYERS:
        return maps
    layer = directions.layers[name]
    log_albedo, slopes = (
        torch.from_numpy((change * image).transpose(2, 0, 1)).to(maps.slopes)
        for image in (layer.on(float(maps.albedo[:, 1].mean())), layer.slopes)
    )
    return GeneratedMaps(maps.log_albedo + log_albedo, maps.specular, maps.roughness, maps.slopes + slopes)


def measure_sliders(
    generator: ReflectanceGenerator, directions: LatentDirections, codes: np.ndarray, measures: Measures
) -> dict[str, np.ndarray]:
    """Return, per slider, the measures [people, 5, K] at its five positions."""
    return {
        name: np.array(
            [
                [measures.of(edited_maps(generator, directions, code, name, change))[0] for change in changes_of(name)]
                for code in codes
            ]
        )
        for name in directions.sliders
    }


def summarised(found: dict[str, np.ndarray]) -> dict[str, dict]:
    """Return, per slider, what one unit does to each measure.

    ``own`` is the mean change of what it names per unit, with its spread and range over people; ``monotone`` how many
    people's five values increase; ``others`` the mean absolute change of each other measure, in percent of what that
    measure's own slider would have done.
    """
    rows = {}
    slopes = {
        name: (values[:, -1] - values[:, 0]) / (changes_of(name)[-1] - changes_of(name)[0])
        for name, values in found.items()
    }
    own = {name: abs(slope[:, MEASURES.index(name)].mean()) for name, slope in slopes.items()}
    for name, values in found.items():
        kind, slope = MEASURES.index(name), slopes[name]
        rising = (np.diff(values[:, :, kind], axis=1) > 0).all(1)
        others = {
            other: round(100 * float(np.abs(slope[:, number]).mean() / own[other]), 1)
            for number, other in enumerate(MEASURES)
            if other != name and other in found
        }
        rows[name] = {
            "own": round(float(slope[:, kind].mean()), 3),
            "spread": round(float(slope[:, kind].std()), 3),
            "range": np.round([slope[:, kind].min(), slope[:, kind].max()], 2).tolist(),
            "a*": round(float(slope[:, MEASURES.index(A_STAR)].mean()), 3),
            "steps": np.round(values[:, :, kind].mean(0), 3).tolist(),
            "monotone": f"{int(rising.sum())} of {len(rising)}",
            "others": others,
        }
    return rows


class HeadPicture:
    """Draws maps on the mean head, lit from the side."""

    def __init__(self, size: int = CELL) -> None:
        model = load_model()
        self.mesh, self.vertices = RenderMesh.of_model(model), torch.from_numpy(model.mean)
        whole = orbit_camera(SimpleNamespace(vertices=model.mean, regions=model.regions), "front", 3 * size // 2)
        self.camera: Camera = whole.cropped(size // 4, size // 4, size, size)
        transfer = radiance_transfer(self.vertices, self.mesh.triangles)
        self.shadow = self_shadow(transfer, self.vertices, self.mesh.triangles)
        self.light = torch.zeros(25, 3)
        self.light[0], self.light[1], self.light[2], self.light[3] = 3.4, 0.5, 1.0, 0.9

    @torch.no_grad()
    def draw(self, maps: GeneratedMaps) -> np.ndarray:
        """Return a picture [size,size,3] uint8 sRGB."""
        slopes = maps.slopes[0]
        normal = torch.nn.functional.normalize(torch.cat([slopes, torch.ones_like(slopes[:1])]), dim=0)
        skin = {
            "diffuse": maps.albedo[0],
            "specular": maps.specular[0],
            "roughness": maps.roughness[0],
            "normal": normal,
        }
        return tonemap(
            render_head(
                self.vertices,
                self.mesh,
                self.camera,
                skin,
                self.light,
                part_maps={"teeth": {"diffuse": torch.tensor(TEETH)}},
                self_shadow=self.shadow,
                subsurface=Subsurface(),
                edges=False,
            ).image
        )


def strip(
    generator: ReflectanceGenerator, directions: LatentDirections, codes: np.ndarray, name: str, head: HeadPicture
) -> np.ndarray:
    """Return a picture of one slider: two rows a person, maps and head, in its five positions."""
    rows = []
    for code in codes:
        maps = [edited_maps(generator, directions, code, name, change) for change in changes_of(name)]
        tiles = [np.round(255 * srgb_from_linear(m.albedo[0].permute(1, 2, 0).numpy())).astype(np.uint8) for m in maps]
        rows.append(np.hstack([cv2.resize(tile, (CELL, CELL), interpolation=cv2.INTER_AREA) for tile in tiles]))
        rows.append(np.hstack([head.draw(m) for m in maps]))
    return np.vstack(rows)


def write_report(
    generator: ReflectanceGenerator,
    directions: LatentDirections,
    items: ReflectanceItems,
    measures: Measures,
    folder: Path,
    more: dict,
) -> None:
    """Write ``figures.json``, with ``more`` in it, a strip per slider, and ``heads.jpg`` with one person's heads."""
    folder.mkdir(parents=True, exist_ok=True)
    codes = spread_tones(directions, held_out_codes(generator, items))
    report = summarised(measure_sliders(generator, directions, codes, measures))
    reader = {"correlation": round(measures.reader.correlation, 3), "people": measures.reader.people}
    report |= more | {"masculinity's reader": reader, "units": measures.units | {SKIN_TONE: STEP}}
    (folder / "figures.json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))
    shown = codes[[1, -2]]
    head = HeadPicture()
    heads = []
    for name in directions.sliders:
        picture = np.ascontiguousarray(strip(generator, directions, shown, name, head)[..., ::-1])
        cv2.imwrite(str(folder / f"{name}.png"), picture)
        row = cv2.resize(picture[CELL : 2 * CELL], None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
        heads.append(cv2.putText(row, name, (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA))
    cv2.imwrite(str(folder / "heads.jpg"), np.vstack(heads), [cv2.IMWRITE_JPEG_QUALITY, 85])
