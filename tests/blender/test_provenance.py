"""Where the skin comes from: kept with the mesh, summed up in shares, shown as an overlay, usable as a mask."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest


@pytest.fixture
def provenance(part):
    return part("operators.skin.provenance")


def set_all(head: bpy.types.Object, provenance, mirrored: np.ndarray, invented: np.ndarray) -> None:
    for name, values in ((provenance.MIRRORED, mirrored), (provenance.INVENTED, invented)):
        head.data.attributes[name].data.foreach_set("value", values.astype(np.float32))


def values(image: bpy.types.Image) -> np.ndarray:
    pixels = np.empty(4 * image.size[0] * image.size[1], np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(image.size[1], image.size[0], 4)


def test_the_mesh_knows_the_maps_values(head, provenance, part, head_folder: Path) -> None:
    known = provenance.known(head.data)
    assert known.shape == (len(head.data.vertices), 3) and known.min() >= 0 and known.max() <= 1
    for name in (provenance.MIRRORED, provenance.INVENTED):
        head.data.attributes.remove(head.data.attributes[name])
    image = bpy.data.images.new("halves", 64, 64)
    pixels = np.zeros((64, 64, 4), np.float32)
    pixels[:32, :, 1] = pixels[32:, :, 2] = 1  # mirrored below v = 0.5, invented above
    image.pixels.foreach_set(pixels.ravel())
    provenance.remember(head, part("core.head").read_head(head_folder), image)
    quads, uv = provenance.skin_look.skin_quads(head)
    known = provenance.known(head.data)
    for inside, expected in ((uv[..., 1].max(1) < 0.45, (0, 1, 0)), (uv[..., 1].min(1) > 0.55, (0, 0, 1))):
        right = np.isclose(known[quads[inside]], expected).all(-1)
        assert right.mean() > 0.97, "but for vertices on a seam"


def test_shares_are_those_of_the_area(head, provenance) -> None:
    left = np.array([vertex.co.x > 0 for vertex in head.data.vertices], float)
    set_all(head, provenance, left, np.zeros_like(left))
    for region in ("face", "skin"):
        observed, mirrored, invented = provenance.shares(head, region)
        assert observed == pytest.approx(0.5, abs=0.05) and mirrored == pytest.approx(0.5, abs=0.05) and invented == 0
    head.data.attributes.remove(head.data.attributes[provenance.MIRRORED])
    assert provenance.shares(head, "face") is None and not bpy.ops.relit.provenance_mask.poll()


def test_the_overlay_has_the_skins_triangles_in_their_colours(head, provenance, part) -> None:
    overlay = part("operators.skin.provenance_overlay")
    count = len(head.data.vertices)
    set_all(head, provenance, np.zeros(count), np.ones(count))
    drawn = head.evaluated_get(bpy.context.evaluated_depsgraph_get())
    places, colours, corners = overlay.triangles(drawn.data)
    skin = sum(polygon.material_index == 0 for polygon in head.data.polygons)
    assert len(corners) == 2 * skin and np.allclose(colours, overlay.COLOURS[2])
    rest = np.empty(3 * count, np.float32)
    drawn.data.vertices.foreach_get("co", rest)
    assert np.linalg.norm(places - rest.reshape(-1, 3), axis=1).max() < 0.0004, "as posed, just above the skin"


def test_switching_the_overlay_leaves_the_file_alone(head) -> None:
    def state() -> tuple[list[str], int, int]:
        return [item.name for item in head.data.materials], len(bpy.data.materials), len(bpy.data.images)

    before = state()
    view = bpy.context.window_manager.relit_provenance
    view.show, view.opacity = True, 0.3
    view.show = False
    assert before == (
        [material.name for material in head.data.materials],
        len(bpy.data.materials),
        len(bpy.data.images),
    )


@pytest.mark.parametrize(("parts", "channels"), [("INVENTED", (2,)), ("NOT_SEEN", (1, 2))])
def test_the_mask_is_white_where_to_paint(head, parts: str, channels: tuple[int, ...]) -> None:
    for _ in range(2):
        assert bpy.ops.relit.provenance_mask(parts=parts) == {"FINISHED"}
    masks = [image for image in bpy.data.images if "mask" in image.name]
    assert [image.name for image in masks] == ["sample provenance mask"]
    source = values(head.data.materials[0].node_tree.nodes["provenance"].image)
    expected = np.clip(sum(source[..., channel] for channel in channels), 0, 1)
    assert np.abs(values(masks[0])[..., 0] - expected).max() < 0.01
    settings = bpy.context.scene.tool_settings.image_paint
    assert settings.use_stencil_layer and settings.invert_stencil and settings.stencil_image == masks[0]
    assert head.data.uv_layer_stencil.name == "UVMap"


def test_the_vertex_group_holds_what_was_invented(head, provenance) -> None:
    left = np.array([vertex.co.x > 0 for vertex in head.data.vertices], float)
    set_all(head, provenance, np.zeros_like(left), left)
    assert bpy.ops.relit.provenance_mask(target="GROUP") == {"FINISHED"}
    group = head.vertex_groups["invented"].index
    inside = np.array([any(g.group == group for g in vertex.groups) for vertex in head.data.vertices])
    assert (inside == (left > 0)).all()


def test_the_panel_gives_shares_and_a_legend(head, draw) -> None:
    seen = draw("RELIT_PT_provenance")
    assert "% of the face" in seen.text and "Mirrored" in seen.text
    assert seen.operators.count("relit.provenance_mask") == 3 and "show" in seen.properties


def test_shares_are_measured_once_for_all_draws(head, part, monkeypatch) -> None:
    provenance = part("operators.skin.provenance")
    first = provenance.shares(head, "face")
    monkeypatch.setattr(provenance, "_measured_shares", None)
    assert first is not None and provenance.shares(head, "face") == first
