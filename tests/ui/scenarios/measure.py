"""Measures how long the panels take to draw, and how long the view takes to follow a slider.

``python -m benchmarks interface`` plays this and writes the table. ``--set only=skin`` measures the sliders of skin
alone.
"""

from __future__ import annotations

import functools
import time
from collections import defaultdict

import bpy
import common

DRAWS = 12
MOVES = 12


def scenario(stage):
    """Draw times of all panels, with a head; then the sliders."""
    stage.area().spaces.active.shading.type = "SOLID"
    common.load_head(stage)
    stage.area().spaces.active.shading.type = "SOLID"
    common.name_worker(stage)
    common.set_photos(common.photo(stage))
    yield from stage.open_tab()
    head = bpy.context.view_layer.objects.active
    if stage.arguments.get("only") != "skin":
        yield 2.0
        yield from panels(stage)
        stage.notes["redraw_ms"] = summary([redraw() for _ in range(DRAWS)])
        stage.notes["shape_ms"] = sliders(head.relit_shape, ("character", "asymmetry", "nose_width", "jaw_width"))
    yield from skin(stage, head)


def panels(stage):
    """Unfold every panel and let it be drawn again and again."""
    seconds = watch_draws()
    for panel in common.head_panels():
        yield from stage.open_panel(panel)
        for _ in range(DRAWS):
            stage.area().tag_redraw()
            yield 0.02
    yield from stage.picture("panels")
    stage.notes["panels_ms"] = {name: summary(values) for name, values in sorted(seconds.items())}


def watch_draws() -> dict[str, list[float]]:
    """Note the seconds of every draw of a panel of ours."""
    seconds = defaultdict(list)
    for name in dir(bpy.types):
        if name.startswith("RELIT_PT_"):
            kind = getattr(bpy.types, name)
            kind.draw = timed(kind.draw, seconds[name])
    return seconds


def timed(draw, seconds: list[float]):
    """Return a draw function that notes how long it took."""

    @functools.wraps(draw)
    def drawn(self, context):
        start = time.perf_counter()
        draw(self, context)
        seconds.append(time.perf_counter() - start)

    return drawn


def redraw() -> float:
    """Draw the window once and return the seconds."""
    start = time.perf_counter()
    bpy.ops.wm.redraw_timer(type="DRAW_WIN_SWAP", iterations=1)
    return time.perf_counter() - start


def sliders(group, names) -> dict[str, dict[str, float]]:
    """Move sliders and return the milliseconds until mesh and picture have followed."""
    updates, pictures = [], []
    for name in names:
        for step in range(MOVES):
            start = time.perf_counter()
            setattr(group, name, 1.0 - step / MOVES)
            bpy.context.view_layer.update()
            updates.append(time.perf_counter() - start)
            redraw()
            pictures.append(time.perf_counter() - start)
    return {"mesh": summary(updates), "picture": summary(pictures)}


def skin(stage, head):
    """Move a slider of skin, and wait until the material shows the small maps, then the full ones."""
    live = stage.part("operators.skin.skin_live")
    previews, taken = [], []
    show = live.skin_maps.show_previews

    def shown(*arguments):
        show(*arguments)
        taken.append(time.perf_counter())

    live.skin_maps.show_previews = shown
    for step in range(1, MOVES + 1):
        taken.clear()
        start = time.perf_counter()
        head.relit_skin.skin_tone = 0.1 * step
        yield lambda: taken or live.skin_of(head).problem
        assert taken, live.skin_of(head).problem
        previews.append(taken[0] - start)
    start = time.perf_counter()
    yield lambda: not live.skin_of(head).working
    stage.notes["skin_ms"] = {"preview": summary(previews[1:])}
    stage.notes["skin_first_s"] = round(previews[0], 2)
    stage.notes["skin_full_s"] = round(time.perf_counter() - start, 2)


def summary(seconds: list[float]) -> dict[str, float]:
    """Return the median and the 95th percentile in milliseconds."""
    ordered = sorted(seconds)
    at = lambda part: round(1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))], 2)  # noqa: E731
    return {"p50": at(0.5), "p95": at(0.95), "n": len(ordered)} if ordered else {}
