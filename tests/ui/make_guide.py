"""Makes the pictures of docs/user_guide.md from what the scenarios saw.

    python tests/ui/make_guide.py PICTURES      # a folder in which each scenario has left a folder of its pictures
                                                # (RELIT_UI_PICTURES=PICTURES python -m pytest tests/ui)

Needs Pillow. Every picture stays below 100 kB.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "images" / "guide"
VIEW = (0, 28, 1052, 722)  # the 3D view with its sidebar
SIDEBAR = (714, 82, 1052, 722)
LIMIT = 100_000
PICTURES = {
    "first_sight": ("newcomer", "first_sight", (714, 82, 1052, 560)),
    "photo": ("newcomer", "photo", SIDEBAR),
    "progress": ("newcomer", "progress", SIDEBAR),
    "head": ("newcomer", "head", VIEW),
    "sunset": ("newcomer", "sunset", VIEW),
    "nose": ("edit", "nose", VIEW),
    "tone": ("edit", "tone", VIEW),
    "surprised": ("edit", "surprised", VIEW),
    "rig": ("edit", "rig", VIEW),
    "provenance": ("show", "provenance", VIEW),
    "compare": ("show", "compared", VIEW),
    "pins": ("pins", "dragged", (0, 28, 526, 722)),
}


def main() -> int:
    """Crop and shrink what is there; say what is missing."""
    folder, missing = Path(sys.argv[1]), []
    GUIDE.mkdir(parents=True, exist_ok=True)
    for name, (scenario, picture, box) in PICTURES.items():
        found = sorted((folder / scenario).glob(f"*_{picture}.png"))
        if not found:
            missing.append(f"{scenario}: {picture}")
            continue
        image = Image.open(found[-1]).convert("RGB").crop(box)
        target = GUIDE / f"{name}.jpg"
        for quality in range(88, 40, -6):
            image.save(target, quality=quality, optimize=True, progressive=True)
            if target.stat().st_size < LIMIT:
                break
        print(f"{target}  {target.stat().st_size // 1000} kB")
    if missing:
        print("missing:", "; ".join(missing), file=sys.stderr)
    return bool(missing)


if __name__ == "__main__":
    raise SystemExit(main())
