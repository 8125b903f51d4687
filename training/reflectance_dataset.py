"""Makes the reflectance data set that the generator is trained on: see ``docs/reflectance_dataset.md``.

    python -m training.reflectance_dataset --shared ../shared --size 512 --sheet sheet.png --pack items.zip

1. People: studio photos (CC BY 4.0), de-lit all together and completed, painted CC0 skins, and two head scans
   (`training.albedo.people`, `training.albedo.scans`).
2. Each at two other skin tones, so that ten steps of tone are about equally frequent (`training.skin.tone`).
3. Gloss and relief (`training.skin.surface`), and on a third of the other tones freckles, moles, stubble,
   wrinkles, redness or make-up (`training.skin.layers`), with labels (`training.dataset.labels`).
4. People of nearly one tone exchange frequency bands and regions (`training.dataset.mixing`).

It goes on where it was stopped. The first run unwraps 122 photos, about a second of one core each, into the cache.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
import zlib
from pathlib import Path

import cv2
import numpy as np
import torch

from core.completion.atlas import bleed, build_atlas
from core.reflectance.prior import layout_digest
from core.reflectance.tone import individual_typology_angle
from core.shape.morphable import load_model
from training.albedo.coarse import CACHE, RESOLUTION
from training.albedo.people import Person, coarse_people, not_for_training, people_at
from training.dataset.items import (
    CHANNELS,
    VERSION,
    ReflectanceItems,
    decode_diffuse,
    encode_diffuse,
    encode_slopes,
    load,
    map_side,
    pack,
)
from training.dataset.labels import measured_labels
from training.dataset.mixing import Mixture, mixed, plan_mixtures, region_mask
from training.dataset.sheet import contact_sheet
from training.dataset.tones import PLAIN_SKIN, ToneMatcher, Variant, balance, plan_variants
from training.skin.layers import LAYERS
from training.skin.prior import skin_statistics
from training.skin.surface import LIMITS, Canvas, Skin, crease_height, make_canvas, make_skin, slopes_of
from training.skin.tone import BioSkin, mean_colours

__all__ = ["ReflectanceItems", "load", "main", "pack"]

SEED = 4
LAYER_SHARE, SECOND_LAYER = 0.36, 0.35
"""How many of the other tones wear a layer, and how many of those a second one."""
LEAST_STRENGTH = 0.25
MIXTURES = 96
SEX_BOUND = {"stubble": {"male"}, "makeup": {"female"}}


def draw_layers(sex: str | None, rng: np.random.Generator) -> dict[str, float]:
    """Return the layers that an item wears and their strengths in [0.25, 1]; mostly none."""
    if rng.random() > LAYER_SHARE:
        return {}
    allowed = [name for name in LAYERS if sex is None or sex in SEX_BOUND.get(name, {sex})]
    chosen = rng.choice(allowed, 2 if rng.random() < SECOND_LAYER else 1, replace=False)
    return {
        str(name): round(float(rng.uniform(LEAST_STRENGTH, 1)), 3) for name in sorted(chosen, key=list(LAYERS).index)
    }


def render(canvas: Canvas, person: Person, variant: Variant, matcher: ToneMatcher, seed: int = SEED) -> Skin:
    """Return the maps of one item."""
    rng = np.random.default_rng([seed, zlib.crc32(person.name.encode()), variant.index])
    tone_weight = canvas.share("cheeks", "forehead")
    log_albedo = person.log_albedo
    if variant.angle is not None:
        log_albedo = matcher.retone(log_albedo, variant.angle, tone_weight)
    oil = float(rng.normal()) if person.oil is None else person.oil
    if variant.index:
        # The same person on another day.
        oil = 0.7 * oil + 0.7 * float(rng.normal())
    pores = float(np.clip(person.texture, 0.75, 1.4))
    height = crease_height(canvas, person.log_albedo, person.seen)
    skin = make_skin(canvas, log_albedo.copy(), height, oil, pores, rng, person.gloss)
    if variant.index:
        for name, strength in draw_layers(person.sex, rng).items():
            LAYERS[name](canvas, skin, strength, rng)
    skin.specular = np.clip(skin.specular, *LIMITS["specular"])
    skin.roughness = np.clip(skin.roughness, *LIMITS["roughness"])
    return skin


class Writer:
    """A data set in the making: arrays that are filled row by row, and how far that went.

    Args:
        folder: to write into.
        variants: what will be written, in order.
        facts: size, seed and so on; other facts than last time start afresh.
        mixtures: how many mixed items follow.
    """

    def __init__(self, folder: Path, canvas: Canvas, variants: list[Variant], facts: dict, mixtures: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.canvas, self.facts = folder, canvas, facts
        self.plan = [[variant.name, variant.index, variant.angle] for variant in variants]
        state = self._state()
        self.items: list[dict] = state["items"] if state else []
        size, mode = canvas.atlas.size, "r+" if state else "w+"
        self.arrays = {}
        for name, channels in CHANNELS.items():
            side = map_side(name, size)
            shape = (len(variants) + mixtures, side, side) + ((channels,) if name != "seen" else ())
            path = folder / f"{name}.npy"
            self.arrays[name] = np.lib.format.open_memmap(path, mode, np.uint8, shape if mode == "w+" else None)
        np.save(folder / "covered.npy", canvas.atlas.covered)
        self.covered = canvas.atlas.covered

    def _state(self) -> dict | None:
        path = self.folder / "unfinished.json"
        state = json.loads(path.read_text()) if path.is_file() else None
        matching = state and state["facts"] == self.facts and state["plan"] == json.loads(json.dumps(self.plan))
        return state if matching else None

    def add(self, person: Person, skin: Skin) -> None:
        """Write the next item."""
        atlas, row = self.canvas.atlas, len(self.items)
        slopes = slopes_of(self.canvas, skin.height, skin.pores)

        def image(values: np.ndarray) -> np.ndarray:
            return bleed(atlas.image(values), self.covered)

        self.arrays["diffuse"][row] = encode_diffuse(image(skin.log_albedo))
        gloss = np.stack([skin.specular, skin.roughness], 1)
        self.arrays["gloss"][row] = np.round(255 * np.clip(image(gloss), 0, 1)).astype(np.uint8)
        self.arrays["slopes"][row] = encode_slopes(image(slopes))
        small = (map_side("seen", atlas.size),) * 2
        seen = cv2.resize(atlas.image(person.seen), small, interpolation=cv2.INTER_AREA)
        self.arrays["seen"][row] = np.round(255 * np.clip(seen, 0, 1)).astype(np.uint8)
        tone_weight = self.canvas.share("cheeks", "forehead")
        tone = float(individual_typology_angle(mean_colours(skin.log_albedo[None], tone_weight))[0])
        labels = measured_labels(self.canvas, skin)
        labels |= {name: skin.layers.get(name, 0.0) for name in ("moles", "wrinkles", "makeup")}
        self.items.append(
            {
                "name": person.name,
                "source": person.source,
                "licence": person.licence,
                "split": person.split,
                "variant": self.plan[row][1],
                "tone": round(tone, 2),
                "age": None if skin.layers.get("wrinkles") else person.age,
                "sex": person.sex,
                "labels": labels,
                "layers": skin.layers,
                "weight": 1.0,
            }
        )

    def mix(self, mixture: Mixture) -> None:
        """Write the next item as a mixture of two that are there."""
        row, pair = len(self.items), (mixture.first, mixture.second)
        mask = None if mixture.kind == "bands" else region_mask(self.canvas, mixture.kind)
        for name, array in self.arrays.items():
            if name == "seen":
                array[row] = np.minimum(*(array[one] for one in pair))
                continue
            first, second = (decode_diffuse(array[one]) if name == "diffuse" else array[one] for one in pair)
            image = bleed(mixed(first, second, mixture.kind, mask), self.covered)
            array[row] = encode_diffuse(image) if name == "diffuse" else np.round(np.clip(image, 0, 255))
        one, other = (self.items[row] for row in pair)
        facts = {"name": f"{one['name']} + {other['name']}", "mixed": [one["name"], other["name"], mixture.kind]}
        nothing = {"age": None, "labels": {}, "layers": {}, "variant": 0}
        self.items.append(one | facts | nothing | {"split": "mixed"})

    def save(self) -> None:
        """Write down how far it went."""
        for array in self.arrays.values():
            array.flush()
        state = {"facts": self.facts, "plan": self.plan, "items": self.items}
        part = self.folder / "unfinished.part"
        part.write_text(json.dumps(state))
        part.replace(self.folder / "unfinished.json")

    def finish(self) -> None:
        """Write ``items.json``."""
        balance(self.items)
        for array in self.arrays.values():
            array.flush()
        (self.folder / "items.json").write_text(json.dumps(self.facts | {"items": self.items}, indent=1))
        (self.folder / "unfinished.json").unlink(missing_ok=True)


def make(folder: Path, shared: Path, cache: Path, size: int) -> None:
    """Make or finish the data set; it takes the place of ``folder`` when it is whole."""
    model = load_model()
    statistics = skin_statistics(model, shared / "scans")
    canvas = make_canvas(model, build_atlas(model, size), statistics)
    begun = time.monotonic()
    coarse = coarse_people(model, shared, cache)
    print(f"{len(coarse.names)} people de-lit and completed in {time.monotonic() - begun:.0f} s", flush=True)
    small = make_canvas(model, build_atlas(model, RESOLUTION), statistics)
    tones = mean_colours(coarse.log_albedo, small.share("cheeks", "forehead"))
    variants = plan_variants(coarse.names, individual_typology_angle(tones), not_for_training(coarse.names), SEED)
    measured = np.array([name.startswith("london") for name in coarse.names])
    skins = coarse.log_albedo[:, small.share("cheeks", "forehead") > PLAIN_SKIN]
    matcher = ToneMatcher(BioSkin(shared / "bioskin" / "BioSkinRGB.pt"), tones, measured, skins)
    command = f"python -m training.reflectance_dataset --size {size}"
    facts = {"version": VERSION, "size": size, "seed": SEED, "layout": layout_digest(model.uv), "command": command}
    unfinished = folder.with_suffix(".unfinished")
    writer = Writer(unfinished, canvas, variants, facts, MIXTURES)
    remaining = variants[len(writer.items) :]
    people = people_at(model, canvas, coarse, list(dict.fromkeys(variant.name for variant in remaining)), shared, cache)
    person, started = None, time.monotonic()
    for count, variant in enumerate(remaining, 1):
        if person is None or person.name != variant.name:
            person = next(people)
        writer.add(person, render(canvas, person, variant, matcher))
        if count % 15 == 0 or count == len(remaining):
            writer.save()
            left = (time.monotonic() - started) / count * (len(remaining) - count)
            print(f"{len(writer.items)}/{len(variants)} items, about {left:.0f} s left", flush=True)
    balance(writer.items)
    for mixture in plan_mixtures(writer.items, MIXTURES, SEED):
        writer.mix(mixture)
    writer.finish()
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    print(f"{folder}: {len(writer.items)} items in {time.monotonic() - begun:.0f} s")


def ensure(cache: Path, shared: Path, size: int) -> ReflectanceItems:
    """Return the data set in the cache; it is made first where it is missing or unfinished."""
    folder = cache / f"reflectance-{size}-v{VERSION}"
    if not (folder / "items.json").is_file():
        make(folder, shared, cache, size)
    return load(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="skins, photos and scans")
    parser.add_argument("--size", type=int, default=512, help="width and height of the maps")
    parser.add_argument("--cache", type=Path, default=CACHE, help="unwrapped photos, and where the data set goes")
    parser.add_argument("--pack", type=Path, help="write the data set as one file too")
    parser.add_argument("--slope-size", type=int, help="width and height of the slopes in that file")
    parser.add_argument("--sheet", type=Path, help="write a contact sheet, a PNG picture")
    parser.add_argument("--again", action="store_true", help="make it anew where it is finished")
    options = parser.parse_args()
    torch.set_num_threads(1)
    folder = options.cache / f"reflectance-{options.size}-v{VERSION}"
    if options.again or not (folder / "items.json").is_file():
        make(folder, options.shared, options.cache, options.size)
    if options.sheet:
        cv2.imwrite(str(options.sheet), contact_sheet(load(folder))[..., ::-1])
    if options.pack:
        pack(folder, options.pack, options.slope_size)


if __name__ == "__main__":
    main()
