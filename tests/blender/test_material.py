"""The skin group and the materials around it: shared, named, documented, alike on every version."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest


@pytest.fixture
def look(part):
    return part("operators.material.skin_look")


def group_of(look, head: bpy.types.Object) -> bpy.types.Node:
    return look.skin_material(head).node_tree.nodes["relit_skin"]


def values(image: bpy.types.Image) -> np.ndarray:
    pixels = np.empty(4 * image.size[0] * image.size[1], np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(image.size[1], image.size[0], 4)


def test_two_heads_share_one_group(part, look, head_folder: Path) -> None:
    load = part("operators.reconstruct.load_head").load
    groups = [group_of(look, load(head_folder, bpy.context.scene).object).node_tree for _ in range(2)]
    assert groups[0] == groups[1] and groups[0].name == part("operators.material.skin_group").NAME
    assert len(bpy.data.node_groups) == 1


def test_every_input_of_the_group_is_named_and_explained(head, look) -> None:
    items = group_of(look, head).node_tree.interface.items_tree
    inputs = [item for item in items if item.item_type == "SOCKET" and item.in_out == "INPUT"]
    assert 10 <= len(inputs) <= 16
    assert all(len(item.description) > 20 for item in inputs)


def test_the_groups_shader_is_one_principled_bsdf_fed_by_its_inputs(head, look) -> None:
    nodes = group_of(look, head).node_tree.nodes
    shaders = [node for node in nodes if node.type == "BSDF_PRINCIPLED"]
    assert len(shaders) == 1
    fed = {socket.name for socket in shaders[0].inputs if socket.is_linked}
    assert fed >= {"Base Color", "Roughness", "Specular IOR Level", "Normal", "Subsurface Radius"}
    assert shaders[0].inputs["IOR"].default_value == pytest.approx(1.4)


def test_image_nodes_are_called_as_their_maps(head) -> None:
    names = {"diffuse_albedo", "specular_albedo", "roughness", "normal", "cavity", "eye_albedo", "lashes", "provenance"}
    found = {
        node.name: node.image
        for item in head.data.materials
        for node in item.node_tree.nodes
        if node.type == "TEX_IMAGE"
    }
    assert set(found) == names and all(image.size[0] for image in found.values())


def test_skin_scatters_at_a_skins_scale_and_dark_skin_less(head, look) -> None:
    node = group_of(look, head)
    scatter = {}
    for name, colour in (("light", (0.6, 0.4, 0.3)), ("dark", (0.06, 0.035, 0.025))):
        look.set_subsurface(node, np.array(colour))
        inputs = node.inputs
        scatter[name] = inputs["Subsurface Scale"].default_value * np.array(inputs["Subsurface Radius"].default_value)
        assert 0.001 < scatter[name][0] < 0.005 and scatter[name][0] > scatter[name][1] > scatter[name][2]
    assert (scatter["dark"] < 0.7 * scatter["light"]).all()


def test_update_follows_the_diffuse_map(head, look) -> None:
    image = look.map_image(look.skin_material(head), "diffuse_albedo")
    scale = group_of(look, head).inputs["Subsurface Scale"]
    before = scale.default_value
    image.pixels.foreach_set(np.full(4 * image.size[0] * image.size[1], 0.1, np.float32))
    count = len(bpy.data.images)
    assert bpy.ops.relit.update_skin() == {"FINISHED"}
    assert scale.default_value < 0.8 * before
    assert len(bpy.data.images) == count, "the former cavity map is gone"


def test_the_mesh_knows_folds_wet_rims_and_biting_edges(head) -> None:
    numbers = {}
    for name in ("relit_cavity", "relit_wet", "relit_edge"):
        read = np.empty(len(head.data.vertices), np.float32)
        head.data.attributes[name].data.foreach_get("value", read)
        assert read.min() >= 0 and read.max() <= 1
        numbers[name] = read
    rims = {head.vertex_groups[name].index for name in ("lids", "eye_socket")}
    on_rim = np.array([any(g.group in rims for g in vertex.groups) for vertex in head.data.vertices])
    assert numbers["relit_wet"][on_rim].max() > 0.8 and not numbers["relit_wet"][~on_rim].any()
    assert 0.02 < (numbers["relit_cavity"] < 0.5).mean() < 0.4
    assert numbers["relit_edge"].max() == 1


def test_displacement_comes_and_goes(head, look) -> None:
    material, node = look.skin_material(head), group_of(look, head)
    output = next(node for node in material.node_tree.nodes if node.type == "OUTPUT_MATERIAL")
    images = len(bpy.data.images)
    assert bpy.ops.relit.displacement() == {"FINISHED"}
    assert output.inputs["Displacement"].is_linked and not node.inputs["Normal"].is_linked
    assert 1e-6 < node.inputs["Displacement Scale"].default_value < 0.003
    assert head.modifiers["Relit Displacement"].render_levels == 2
    relief = values(material.node_tree.nodes["displacement"].image)[..., 0]
    assert relief.min() >= 0 and relief.max() <= 1 and relief.std() > 0.01
    assert bpy.ops.relit.displacement() == {"FINISHED"}
    assert not output.inputs["Displacement"].is_linked and node.inputs["Normal"].is_linked
    assert not head.modifiers and len(bpy.data.images) == images and material.displacement_method == "BUMP"


def test_the_panel_shows_the_groups_inputs(head, look, draw) -> None:
    seen = draw("RELIT_PT_material")
    assert seen.operators == ["relit.displacement"] and len(seen.properties) == 5
    assert draw("RELIT_PT_scattering").operators == ["relit.update_skin"]
    head.data.materials[0] = bpy.data.materials.new("own")
    assert "another material" in " ".join(draw("RELIT_PT_material").text.split())
    assert not bpy.ops.relit.update_skin.poll() and not bpy.types.RELIT_PT_scattering.poll(bpy.context)
