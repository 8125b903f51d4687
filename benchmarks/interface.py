"""How long an artist waits for the interface: import, register, panels, sliders, pins; in a real Blender window."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from types import ModuleType

TESTS = Path(__file__).resolve().parents[1] / "tests" / "ui"
SCENARIOS = ("measure", "pins")
ENABLE = """
import json, sys, time
import addon_utils, bpy
def seconds(work):
    start = time.perf_counter()
    work()
    return round(1000 * (time.perf_counter() - start), 1)
name = "bl_ext.user_default.relit"
addon_utils.disable(name)
for loaded in [module for module in sys.modules if module.startswith(name)]:
    del sys.modules[loaded]
first = seconds(lambda: addon_utils.enable(name))
off = seconds(lambda: addon_utils.disable(name))
again = seconds(lambda: addon_utils.enable(name))
print("MEASURED " + json.dumps({"import and register": first, "unregister": off, "register": again}))
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--out", type=Path, required=True, help="folder for the table, the pictures and the logs")


def run(options: argparse.Namespace) -> int:
    """Measure, print the table and write it to ``interface.md``."""
    window = _window()
    with tempfile.TemporaryDirectory(prefix="relit-interface-") as folder:
        try:
            blender = window.Blender.find(Path(folder, "profile"))
            blender.install(blender.build(Path(folder, "relit.zip")))
            printed = blender.run([*blender.command, "-b", "--offline-mode", "--python-expr", ENABLE]).stdout
            sitter = window.demo_photo(Path(folder))
            sitter = sitter, window.demo_head(sitter, Path(folder))
            with blender.screen():
                outcomes = {
                    name: blender.play(TESTS / "scenarios" / f"{name}.py", options.out / name, *sitter)
                    for name in SCENARIOS
                }
        except window.NoBlender as error:
            print(error, file=sys.stderr)
            return 2
    start = json.loads(next(line for line in printed.splitlines() if line.startswith("MEASURED ")).partition(" ")[2])
    notes = {name: value for outcome in outcomes.values() for name, value in outcome.notes.items()}
    table = markdown(start, notes)
    (options.out / "interface.md").write_text(table, encoding="utf-8")
    print(table)
    failures = [f"{name}: {outcome.failure}" for name, outcome in outcomes.items() if outcome.failure]
    print("\n".join(failures), file=sys.stderr)
    return int(bool(failures))


def markdown(start: dict[str, float], notes: dict[str, object]) -> str:
    """Return the table; times in milliseconds."""
    rows = [(f"add-on: {what}", value, "") for what, value in start.items()]
    panels = {name: times for name, times in notes.get("panels_ms", {}).items() if times}
    rows += [(f"draw {name.removeprefix('RELIT_PT_')}", times["p50"], times["p95"]) for name, times in panels.items()]
    for name, times in (
        ("shape slider, until the mesh has moved", notes.get("shape_ms", {}).get("mesh")),
        ("shape slider, until the window is drawn", notes.get("shape_ms", {}).get("picture")),
        ("drawing the window alone", notes.get("redraw_ms")),
        ("skin slider, until the preview maps are there", notes.get("skin_ms", {}).get("preview")),
    ):
        if times:
            rows.append((name, times["p50"], times["p95"]))
    if "skin_full_s" in notes:
        rows.append(("skin, until the full size has followed", round(1000 * notes["skin_full_s"]), ""))
    if "pin_ms" in notes:
        own = notes["pin_ms"]
        rows += [
            ("pin drag: solver and mesh", own["move"], ""),
            ("pin drag: Blender evaluates the head", own["evaluation"], ""),
            ("pin drag: lines over the photo", own["lines"], ""),
            ("pin drag: from picture to picture", notes["drag_ms"], ""),
            ("drawing that window alone", notes["drag_drawing_ms"], ""),
        ]
    lines = ["| | p50, ms | p95, ms |", "|---|---|---|", *(f"| {a} | {b} | {c} |" for a, b, c in rows)]
    return "\n".join(lines) + "\n"


def _window() -> ModuleType:
    specification = importlib.util.spec_from_file_location("relit_ui_window", TESTS / "window.py")
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module
