"""An artist puts landmarks where they belong; a head follows while they move, before there is any reconstruction."""

from __future__ import annotations

import time

import bpy
import common
import numpy as np

NOSE_TIP = 4
PIXELS = 30
STEPS = 24


def scenario(stage):
    """The photo beside the view, zoomed to the face; the tip of the nose is dragged aside and put back."""
    stage.area().spaces.active.shading.type = "SOLID"
    common.name_worker(stage)
    common.set_photos(common.photo(stage))
    bpy.ops.ed.undo_push(message="Photos")
    look, pins = stage.part("operators.photos.look"), stage.part("operators.photos.pins")
    photo = bpy.context.scene.relit.photos[0]
    yield from stage.open_tab()
    yield from stage.until(lambda: look.findings(photo) is not None)
    yield from stage.picture("photo")
    yield from stage.click("relit.show_landmarks")
    yield 0.5
    editor = stage.area("IMAGE_EDITOR")
    region = stage.region("WINDOW", editor)
    with bpy.context.temp_override(window=stage.window, area=editor, region=region):
        bpy.ops.relit.pin_landmarks()
    found = look.findings(photo)
    photo_overlay = stage.part("operators.photos.photo_overlay")
    frame = photo_overlay.Frame
    low, high = found.points.min(axis=0), found.points.max(axis=0)
    corners = frame(region, found.size).to_region(np.stack([low - 15, high + 15]))
    with bpy.context.temp_override(window=stage.window, area=editor, region=region):
        (left, right), (bottom, top) = sorted(corners[:, 0].astype(int)), sorted(corners[:, 1].astype(int))
        bpy.ops.image.view_zoom_border(xmin=left, xmax=right, ymin=bottom, ymax=top, wait_for_input=False)
    yield 0.5
    yield from stage.picture("landmarks")
    seconds = {name: [] for name in ("move", "evaluation", "lines")}
    pins.Drag.move = timed(pins.Drag.move, seconds["move"])
    photo_overlay._draw_photo = timed(photo_overlay._draw_photo, seconds["lines"])
    bpy.app.handlers.depsgraph_update_pre.append(lambda *_: seconds["evaluation"].append(-time.perf_counter()))
    bpy.app.handlers.depsgraph_update_post.append(lambda *_: seconds["evaluation"].append(time.perf_counter()))
    place = frame(region, found.size).to_region(found.points[NOSE_TIP])[0] + (region.x, region.y)
    yield from stage.drag(tuple(place), (place[0] + PIXELS, place[1]), steps=3)  # builds the head
    for values in seconds.values():
        values.clear()
    begin = time.perf_counter()
    yield from stage.drag((place[0] + PIXELS, place[1]), (place[0] - PIXELS, place[1]), steps=STEPS)
    stage.notes["drag_ms"] = round(1000 * (time.perf_counter() - begin) / STEPS)
    assert seconds["move"], "the second drag took hold of the pin"
    parts = {**seconds, "evaluation": np.array(seconds["evaluation"][: 2 * STEPS]).reshape(-1, 2).sum(1)}
    stage.notes["pin_ms"] = {name: round(1000 * float(np.median(values)), 1) for name, values in parts.items()}
    stage.notes["drag_drawing_ms"] = round(1000 * float(np.median([drawing() for _ in range(8)])))
    photo = bpy.context.scene.relit.photos[0]
    assert len(photo.pins) == 1, "the landmark is pinned"
    yield from stage.picture("dragged")
    yield from stage.key("Z", ctrl=True)
    yield from stage.key("Z", ctrl=True)
    yield 0.3
    assert not bpy.context.scene.relit.photos[0].pins, "undo takes the pin back"


def timed(function, seconds):
    """Return a function that notes how long it took."""

    def noted(*arguments):
        start = time.perf_counter()
        function(*arguments)
        seconds.append(time.perf_counter() - start)

    return noted


def drawing() -> float:
    """Return the seconds that drawing the window takes after a mesh has changed."""
    for mesh in bpy.data.meshes:
        mesh.update()
    start = time.perf_counter()
    bpy.ops.wm.redraw_timer(type="DRAW_WIN_SWAP", iterations=1)
    return time.perf_counter() - start
