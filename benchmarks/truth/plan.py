"""Who is photographed, in which tone, through which lens and in which light: a plan that follows from a seed alone.

Tones stand in equal numbers and independent of all else: every block of ten heads holds each tone once, families
rotate over the blocks so that each tone has the same share of them, and lights, yaws and lenses are dealt out so that
their means over light, medium and dark skins agree. Any run of whole blocks is a fair sample of the split.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from .lights import HELD_OUT_STRENGTHS

SPLITS = ("quick", "dev")
TONE_SPLIT = "tone"
"""What the evidence of skin tone is calibrated on: photos without held-out pictures."""
OTHER_PEOPLE = 500
"""Added to the seed for that split: none of its people, skins or lights is in another one."""
TONES = 10
GROUPS = {"light": range(1, 5), "medium": range(5, 8), "dark": range(8, 11)}
YAW_RANGES = ((0.0, 15.0), (15.0, 35.0), (35.0, 60.0))
LENSES = (24.0, 135.0)
DISTANCES = (0.3, 3.0)
FACE_HEIGHT = 0.21
"""Metres from the chin to the hairline, about: what the framing is measured in."""
TURN = 30.0
"""Degrees by which the camera of the second held-out picture is turned."""


@dataclass(frozen=True)
class HeadPlan:
    """One person: what ``heads.make_head`` and ``skin.paint_skin`` need, and what is worn in every photo."""

    name: str
    family: str
    seed: int
    tone: int
    hair: bool
    beard: bool


@dataclass(frozen=True)
class PhotoPlan:
    """One photograph.

    Angles in degrees: ``yaw`` > 0 shows more of the person's left side, ``pitch`` > 0 is a camera above the face,
    ``roll`` > 0 a picture turned clockwise. ``lens`` is the 35 mm equivalent of the whole frame, of which the photo
    is a part ``1 / crop`` high; ``aim`` and ``shift`` move the face in the picture: by turning the camera (metres at
    the face) and by where the photo was cut out of its frame (in parts of the photo). ``noise`` is the sensor's
    deviation at mid-grey in parts of mid-grey; ``metering`` says what the exposure was made for.
    """

    name: str
    head: HeadPlan
    seed: int
    height: int
    width: int
    yaw: float
    pitch: float
    roll: float
    expression: dict[str, float]
    smiling: bool
    lens: float
    crop: float
    distance: float
    aim: tuple[float, float]
    shift: tuple[float, float]
    light_kind: str
    environment: int
    rotation: float
    metering: str
    exposure: float
    white_balance: tuple[float, float]
    jpeg_quality: int
    noise: float
    exif: bool
    glasses: bool
    hand: bool
    held_out: tuple[tuple[str, float], ...] = field(default=())

    @property
    def group(self) -> str:
        """``light``, ``medium`` or ``dark``."""
        return tone_group(self.head.tone)


def tone_group(tone: int) -> str:
    """The group of a Monk tone 1..10."""
    return next(name for name, tones in GROUPS.items() if tone in tones)


def make_plan(split: str, seed: int) -> list[PhotoPlan]:
    """The photographs of a split, in the order in which they are to be made.

    Raises:
        ValueError: an unknown split.
    """
    names = (*SPLITS, TONE_SPLIT)
    if split not in names:
        raise ValueError(f"There is no split {split!r}; there are {', '.join(names)}.")
    generator = np.random.default_rng((seed, names.index(split), 7))
    if split == TONE_SPLIT:
        return _tone_split(seed + OTHER_PEOPLE, generator)
    if split == "quick":
        people = [("ict", 3), ("ict", 9), ("own", 6), ("scan", 5)]
        heads = [_head(family, tone, number, seed, generator) for number, (family, tone) in enumerate(people)]
        takes = [(head, 0) for head in heads] + [(head, 1) for head in heads[:2]]
        return _block(takes, [384, 320, 320, 256, 384, 256], 0, seed, generator)
    sizes = [384] * 20, [768] * 2 + [384] * 16 + [1024] + [384], [384] * 14 + [768] * 2 + [2048] + [384] * 3
    photos: list[PhotoPlan] = []
    for block in range(3):
        heads = _block_of_heads(block, seed, generator)
        takes = [(head, 0) for head in heads] + [(head, 1) for head in heads]
        photos += _block(takes, list(sizes[block]), len(photos), seed, generator)
    return photos


def _tone_split(seed: int, generator: np.random.Generator) -> list[PhotoPlan]:
    """60 photos of 30 heads without held-out pictures.

    Of each tone's six photos four are metered on the face and two on the scene, and their exposures are evenly
    spread, so that how cameras are set says nothing about who is photographed.
    """
    photos: list[PhotoPlan] = []
    for block in range(3):
        heads = _block_of_heads(block, seed, generator)
        takes = [(head, 0) for head in heads] + [(head, 1) for head in heads]
        photos += _block(takes, [384] * 20, len(photos), seed, generator)
    for tone in range(1, TONES + 1):
        places = [place for place, photo in enumerate(photos) if photo.head.tone == tone]
        metering = generator.permutation(["face"] * 4 + ["scene"] * 2)
        stops = generator.permutation((np.arange(6) + generator.uniform(0, 1, 6)) / 6 * 1.4 - 0.7)
        for place, metered, exposure in zip(places, metering, stops, strict=True):
            photos[place] = replace(
                photos[place], metering=str(metered), exposure=round(float(exposure), 2), held_out=()
            )
    return photos


def _block_of_heads(block: int, seed: int, generator: np.random.Generator) -> list[HeadPlan]:
    """Ten heads with a tone each; over three blocks each tone has two heads of ICT-FaceKit and one other."""
    groups = [list(generator.permutation(list(tones))) for tones in GROUPS.values()]
    order = [int(group.pop()) for _ in range(4) for group in groups if group]
    heads = []
    for place, tone in enumerate(order):
        other = "scan" if (block, tone) in ((0, 3), (2, 8)) else "own"
        family = other if tone % 3 == block else "ict"
        heads.append(_head(family, tone, 10 * block + place, seed, generator))
    return heads


def _head(family: str, tone: int, number: int, seed: int, generator: np.random.Generator) -> HeadPlan:
    own_seed = 1000 * seed + number
    bearded = family != "scan" and bool(generator.uniform() < 0.1)
    return HeadPlan(
        f"{family}_{number:02d}_tone{tone}", family, own_seed, tone, bool(generator.uniform() < 0.65), bearded
    )


def _block(
    takes: Sequence[tuple[HeadPlan, int]], heights: list[int], first: int, seed: int, generator: np.random.Generator
) -> list[PhotoPlan]:
    """Deal lights, yaws, lenses and the rest out to a list of (head, take)."""
    count = len(takes)
    groups = np.array([tone_group(head.tone) for head, _ in takes])
    part = count / 20
    kinds = _quota({"hdri": 12, "flash": 2, "sun": 2, "coloured": 2, "window": 2}, part, count)
    kinds = [kinds[i] for i in _fair_order(np.array([kind != "hdri" for kind in kinds], float), groups, generator)]
    ranges = _quota({0: 10, 1: 6, 2: 4}, part, count)
    yaws = np.array([generator.uniform(*YAW_RANGES[i]) for i in ranges])
    yaws = yaws[_fair_order(yaws, groups, generator)] * generator.choice((-1, 1), count)
    lenses = np.exp(np.linspace(*np.log(LENSES), count))
    lenses = lenses[_fair_order(np.log(lenses), groups, generator)]
    glasses, hands = (np.array(_quota({False: 0, True: often}, part, count)) for often in (3, 2))
    if count < 20:  # one hand in a handful of photos would say more about hands than about all else
        hands[:] = False
    glasses, hands = (worn[_fair_order(worn.astype(float), groups, generator)] for worn in (glasses, hands))
    names = list(HELD_OUT_STRENGTHS)
    lights = [names[i % len(names)] for i in generator.permutation(2 * count + 8)]
    photos = []
    for place, (head, take) in enumerate(takes):
        second = next(name for name in lights[count + place :] if name != lights[place])
        own = np.random.default_rng((seed, first + place, 11))
        expression, smiling = _expression(head.family, take, own)
        photos.append(
            PhotoPlan(
                name=f"{first + place:03d}_{head.name}_{take}",
                head=head,
                seed=1000 * seed + first + place,
                height=heights[place],
                width=2 * round(heights[place] * own.choice((0.75, 0.8, 0.8, 1.0)) / 2),
                yaw=round(float(yaws[place]), 2),
                pitch=round(float(own.normal(2, 5)), 2),
                roll=round(float(own.normal(0, 4)), 2),
                expression=expression,
                smiling=smiling,
                light_kind=kinds[place],
                environment=int(own.integers(1 << 16)),
                rotation=round(float(own.uniform(0, 360)), 1),
                glasses=bool(glasses[place]),
                hand=bool(hands[place]),
                held_out=tuple((name, round(float(own.uniform(0, 360)), 1)) for name in (lights[place], second)),
                **_lens(round(float(lenses[place])), own),
                **_camera_habits(own),
            )
        )
    return photos


def _quota(shares: dict, part: float, count: int) -> list:
    """``count`` values in about the given numbers times ``part``, the first kind filling up."""
    rest = [value for value, share in list(shares.items())[1:] for _ in range(max(1, round(share * part)))]
    return [next(iter(shares))] * (count - len(rest)) + rest


def _fair_order(values: np.ndarray, groups: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Of 300 random orders, the one in which the groups' means and deviations of ``values`` agree best."""
    parts = [np.flatnonzero(groups == name) for name in np.unique(groups)]
    best, smallest = np.arange(len(values)), np.inf
    for _ in range(300):
        order = generator.permutation(len(values))
        dealt = [values[order[members]] for members in parts]
        moments = [(part.mean(), part.std()) for part in dealt]
        spread = float(np.ptp(np.array(moments), axis=0).sum())
        if spread < smallest:
            best, smallest = order, spread
    return best


def _lens(lens: int, generator: np.random.Generator) -> dict:
    """Distance, cut and framing for a lens: the face fills 40 to 70 % of the photo's height."""
    share = generator.uniform(0.42, 0.68)
    crop = 1.0 if generator.uniform() < 0.65 else generator.uniform(1.2, 2.2)
    frame_focal = lens / 43.27 * 1.28  # in heights of a 4:5 frame
    distance = float(np.clip(frame_focal * crop * FACE_HEIGHT / share, *DISTANCES))
    shift = generator.uniform(-0.12, 0.12, 2) if crop > 1 else np.zeros(2)
    return {
        "lens": float(lens),
        "crop": round(float(crop), 3),
        "distance": round(distance, 3),
        "aim": tuple(np.round(generator.normal(0, 0.008, 2), 4).tolist()),
        "shift": tuple(np.round(shift, 3).tolist()),
        "exif": bool(crop == 1.0 and generator.uniform() < 0.5),
    }


def _camera_habits(generator: np.random.Generator) -> dict:
    """Exposure, colour, compression and noise."""
    return {
        "metering": str(generator.choice(("face", "scene"), p=(0.65, 0.35))),
        "exposure": round(float(generator.uniform(-0.7, 0.7)), 2),
        "white_balance": tuple(np.round(generator.uniform(0.9, 1.1, 2), 3).tolist()),
        "jpeg_quality": int(generator.integers(70, 96)),
        "noise": round(float(np.exp(generator.uniform(np.log(0.005), np.log(0.05)))), 4),
    }


_OTHER_EXPRESSIONS = (
    {"jawOpen": 0.35},
    {"browDownLeft": 0.7, "browDownRight": 0.7, "eyeSquintLeft": 0.4, "eyeSquintRight": 0.4},
    {"mouthPucker": 0.6},
    {"mouthFrownLeft": 0.6, "mouthFrownRight": 0.6},
)


def _expression(family: str, take: int, generator: np.random.Generator) -> tuple[dict[str, float], bool]:
    """Strengths by ARKit's names and whether the person smiles; a scan cannot move."""
    if family == "scan":
        return {}, False
    if take == 0:
        faint = {"mouthSmileLeft": 0.1, "mouthSmileRight": 0.1, "jawOpen": 0.03, "eyeSquintLeft": 0.2}
        return {name: round(top * float(generator.uniform()), 3) for name, top in faint.items()}, False
    if generator.uniform() < 0.35:
        chosen = _OTHER_EXPRESSIONS[int(generator.integers(len(_OTHER_EXPRESSIONS)))]
        return {name: round(top * float(generator.uniform(0.6, 1)), 3) for name, top in chosen.items()}, False
    smile, opening = generator.uniform(0.5, 0.95), generator.uniform(0, 0.5)
    strengths = {"mouthSmile": smile, "cheekSquint": 0.6 * smile, "eyeSquint": 0.3 * smile, "mouthUpperUp": opening}
    expression = {
        f"{name}{side}": round(float(strength * generator.uniform(0.9, 1.0)), 3)
        for name, strength in strengths.items()
        for side in ("Left", "Right")
    }
    return {**expression, "jawOpen": round(0.5 * float(opening), 3)}, True
