"""The 52 units of ARKit in an artist's words, and whole expressions made of them. Standard library only."""

from __future__ import annotations

GROUPS: dict[str, tuple[tuple[str, str], ...]] = {
    "Brows": (
        ("Inner Brows Up", "browInnerUp"),
        ("Outer Brow Up", "browOuterUp*"),
        ("Brow Down", "browDown*"),
    ),
    "Eyes": (
        ("Blink", "eyeBlink*"),
        ("Squint", "eyeSquint*"),
        ("Wide", "eyeWide*"),
        ("Look Up", "eyeLookUp*"),
        ("Look Down", "eyeLookDown*"),
        ("Look In", "eyeLookIn*"),
        ("Look Out", "eyeLookOut*"),
    ),
    "Cheeks and Nose": (
        ("Cheek Puff", "cheekPuff"),
        ("Cheek Raise", "cheekSquint*"),
        ("Nose Sneer", "noseSneer*"),
    ),
    "Mouth": (
        ("Smile", "mouthSmile*"),
        ("Frown", "mouthFrown*"),
        ("Dimple", "mouthDimple*"),
        ("Stretch", "mouthStretch*"),
        ("Press", "mouthPress*"),
        ("Upper Lip Up", "mouthUpperUp*"),
        ("Lower Lip Down", "mouthLowerDown*"),
        ("Mouth Aside", "mouth*"),
        ("Funnel", "mouthFunnel"),
        ("Pucker, Kiss", "mouthPucker"),
        ("Roll Upper Lip In", "mouthRollUpper"),
        ("Roll Lower Lip In", "mouthRollLower"),
        ("Shrug Upper Lip", "mouthShrugUpper"),
        ("Shrug Lower Lip", "mouthShrugLower"),
        ("Close over Open Jaw", "mouthClose"),
    ),
    "Jaw and Tongue": (
        ("Jaw Open", "jawOpen"),
        ("Jaw Forward", "jawForward"),
        ("Jaw Aside", "jaw*"),
        ("Tongue Out", "tongueOut"),
    ),
}
"""Label and unit by heading; a star stands for ``Left`` and ``Right``."""

PRESETS: dict[str, tuple[str, dict[str, float]]] = {
    "smile": (
        "Smile",
        {"mouthSmile*": 0.6, "mouthDimple*": 0.15, "cheekSquint*": 0.35, "eyeSquint*": 0.2},
    ),
    "big_smile": (
        "Big Smile",
        {
            "mouthSmile*": 0.85, "mouthUpperUp*": 0.45, "mouthLowerDown*": 0.25, "jawOpen": 0.18,
            "cheekSquint*": 0.6, "eyeSquint*": 0.35, "browOuterUp*": 0.1,
        },
    ),
    "laugh": (
        "Laugh",
        {
            "mouthSmile*": 0.8, "mouthUpperUp*": 0.4, "mouthLowerDown*": 0.3, "jawOpen": 0.5,
            "cheekSquint*": 0.7, "eyeSquint*": 0.6, "browInnerUp": 0.15,
        },
    ),
    "sad": (
        "Sad",
        {
            "mouthFrown*": 0.65, "mouthShrugLower": 0.35, "mouthPress*": 0.15, "browInnerUp": 0.8,
            "eyeLookDown*": 0.25, "eyeSquint*": 0.15,
        },
    ),
    "angry": (
        "Angry",
        {
            "browDown*": 0.9, "eyeSquint*": 0.3, "eyeWide*": 0.15, "noseSneer*": 0.35, "mouthPress*": 0.45,
            "mouthFrown*": 0.3, "mouthRollUpper": 0.15, "mouthRollLower": 0.2,
        },
    ),
    "surprised": (
        "Surprised",
        {"browInnerUp": 0.8, "browOuterUp*": 0.8, "eyeWide*": 0.7, "jawOpen": 0.4, "mouthFunnel": 0.25},
    ),
    "disgusted": (
        "Disgusted",
        {
            "noseSneer*": 0.8, "mouthUpperUp*": 0.5, "browDown*": 0.5, "eyeSquint*": 0.5, "cheekSquint*": 0.4,
            "mouthFrown*": 0.35, "mouthShrugLower": 0.3,
        },
    ),
    "afraid": (
        "Afraid",
        {
            "browInnerUp": 0.9, "browOuterUp*": 0.3, "browDown*": 0.25, "eyeWide*": 0.75, "mouthStretch*": 0.6,
            "jawOpen": 0.2, "mouthLowerDown*": 0.25,
        },
    ),
    "contempt": (
        "Contempt",
        {"mouthSmileLeft": 0.4, "mouthDimpleLeft": 0.5, "mouthPress*": 0.2, "eyeSquint*": 0.2, "browDownRight": 0.3},
    ),
    "kiss": ("Kiss", {"mouthPucker": 0.95, "mouthFunnel": 0.1, "eyeBlink*": 0.1, "eyeSquint*": 0.2}),
    "blow": ("Blow", {"cheekPuff": 0.7, "mouthPucker": 0.5}),
    "blink": ("Eyes Closed", {"eyeBlink*": 1.0}),
    "wink": ("Wink", {"eyeBlinkLeft": 1.0, "cheekSquintLeft": 0.5, "mouthSmileLeft": 0.4, "mouthDimpleLeft": 0.2}),
    "sleepy": ("Sleepy", {"eyeBlink*": 0.5, "eyeLookDown*": 0.2, "browInnerUp": 0.2, "mouthFrown*": 0.1}),
    "shout": (
        "Shout",
        {
            "jawOpen": 0.8, "mouthFunnel": 0.15, "mouthUpperUp*": 0.5, "mouthLowerDown*": 0.6, "browDown*": 0.7,
            "noseSneer*": 0.4, "eyeSquint*": 0.35,
        },
    ),
    "tongue": ("Tongue Out", {"jawOpen": 0.35, "tongueOut": 0.9, "mouthSmile*": 0.25}),
}  # fmt: skip
"""Label and strengths by name; what is not named is 0."""


def sides(unit: str) -> tuple[str, ...]:
    """Return the units that a name with a star stands for: left, then right."""
    return (unit.replace("*", "Left"), unit.replace("*", "Right")) if "*" in unit else (unit,)


def preset(name: str) -> dict[str, float]:
    """Return the strengths of a preset by unit."""
    return {unit: strength for names, strength in PRESETS[name][1].items() for unit in sides(names)}


def mirrored(unit: str) -> str:
    """Return the unit of the other side; a unit of both sides is its own."""
    for here, there in (("Left", "Right"), ("Right", "Left")):
        if unit.endswith(here):
            return unit.removesuffix(here) + there
    return unit


UNITS = tuple(unit for group in GROUPS.values() for _, names in group for unit in sides(names))
"""The 52 units, as the lists above have them."""
