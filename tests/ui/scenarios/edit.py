"""An artist changes the head: shape, skin, expression, rig; everything can be taken back."""

from __future__ import annotations

import bpy
import common
import numpy as np


def scenario(stage):
    """Drag sliders and press buttons, and see the head follow."""
    common.name_worker(stage)
    head = common.load_head(stage)
    yield from stage.open_tab()
    yield from stage.open_panel("RELIT_PT_shape")
    before = positions(head)
    yield from stage.fold_list("relit_shape.asymmetry", 3)
    yield from drag_slider(stage, "relit_shape.nose_width", 110)
    yield 0.3
    assert np.abs(positions(head) - before).max() > 5e-4, "the nose has not moved"
    yield from stage.picture("nose")
    yield from stage.key("Z", ctrl=True)
    yield 0.3
    head = common.heads()[0]
    assert np.allclose(positions(head), before, atol=1e-6), "undo must bring the shape back"

    yield from stage.open_panel("RELIT_PT_expression")
    smile = positions(head)
    yield from stage.click("preset='surprised'")
    yield 0.3
    assert np.abs(positions(head) - smile).max() > 5e-3, "the face has not moved"
    yield from stage.picture("surprised")
    yield from stage.click("relit.expression_reset")

    yield from stage.open_panel("RELIT_PT_skin")
    state = stage.part("operators.skin.skin_state").state
    yield from drag_slider(stage, "relit_skin.skin_tone", -50)
    yield from stage.until(lambda: state(head)[1])
    yield from stage.picture("tone_preview")
    yield from stage.until(lambda: not state(head)[1])
    problem, _ = stage.part("operators.skin.skin_state").state(head)
    assert problem is None, problem
    yield from stage.picture("tone")

    yield from stage.open_panel("RELIT_PT_rig")
    yield from stage.click("relit.add_rig")
    yield 0.5
    assert [thing for thing in bpy.data.objects if thing.type == "ARMATURE"]
    yield from stage.picture("rig")


def drag_slider(stage, name: str, pixels: int):
    """Drag a slider to the right."""
    place = yield from stage.find(name)
    assert place is not None, f"no slider {name} in the sidebar"
    yield from stage.drag(place, (place[0] + pixels, place[1]))


def positions(head: bpy.types.Object) -> np.ndarray:
    """Return where the vertices are, shape keys and modifiers included."""
    mesh = head.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    flat = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", flat)
    return flat
