"""Lamps around the head and the world behind it, of one preset at a time.

The lamps hang on an empty that follows the head's place and size but not its turns, so a head that turns its face
turns it through the light. Everything made here lies in the collection *Relit Light* and bears a mark; what the
artist puts there is left alone.
"""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

from ...core.errors import FitError
from ...core.head import read_head
from ...core.render import photo_light
from ..head.mesh import BLENDER_FROM_CORE
from ..material.nodes import Tree, enable_nodes
from ..material.relief_maps import pixels
from .light_presets import AIM, PRESETS, Lamp

NAME = "Relit Light"
MARK = "relit_light"
"""Custom property of everything of ours; on lamps: watts, and linear colour, at strength 1."""
COLOUR_MARK = "relit_light_colour"
PHOTO_PICTURE = (96, 48)
SMALL = 128
"""Columns of an environment picture among which bright places are sought."""
FAINTEST = 1e-4
"""EEVEE's light threshold: at its own 0.01, lamps of a few watts end before they reach the face."""
SUN_LINE = 20.0
"""Metres of the line that viewports draw from a sun of scale 1."""
ENVIRONMENT_DISTANCE = 1.5
"""Metres from the head at which an environment's suns are drawn; they shine from infinity."""


def apply(scene: bpy.types.Scene, head_object: bpy.types.Object, name: str) -> None:
    """Replace the preset's light that is on by another; strength, rotation and warmth stay as they are.

    Raises:
        FitError: The photo's light was asked for and the head folder is gone.
    """
    preset, choice = PRESETS[name], scene.relit_light
    picture = _world_picture(scene, head_object, name)  # may fail: before anything is changed
    _remove_lamps(scene)
    collection = _collection(scene)
    anchor = _anchor(collection, head_object)
    eevee_suns, limit = _suns(picture)
    for lamp in preset.lamps:
        collection.objects.link(_lamp(lamp, anchor))
    for number, sun in enumerate(eevee_suns, 1):
        collection.objects.link(_eevee_sun(sun, number, anchor))
    if scene.world is None or MARK not in scene.world:
        choice.former_world = scene.world
    before, scene.world = scene.world, _world(preset.world, picture, limit)
    _remove_world(before)
    if not choice.preset:
        choice.former_threshold = scene.eevee.light_threshold
    scene.eevee.light_threshold = min(scene.eevee.light_threshold, FAINTEST)
    choice.preset = name
    adjust(scene)


def remove(scene: bpy.types.Scene) -> None:
    """Take the preset's light away and give the scene its own world back."""
    _remove_lamps(scene)
    collection = _collection(scene)
    if not collection.all_objects:
        bpy.data.collections.remove(collection)
    choice, shown = scene.relit_light, scene.world
    if shown is not None and MARK in shown:  # else the artist has chosen another one meanwhile
        scene.world = choice.former_world
    if np.isclose(scene.eevee.light_threshold, FAINTEST):
        scene.eevee.light_threshold = choice.former_threshold
    choice.former_world, choice.preset = None, ""
    for world in [world for world in bpy.data.worlds if MARK in world and not world.users]:
        _remove_world(world)


def adjust(scene: bpy.types.Scene) -> None:
    """Set strength, rotation and warmth by the scene's sliders."""
    choice, anchor = scene.relit_light, anchor_of(scene)
    if anchor is None:
        return
    warm = warmth_colour(choice.warmth)
    head_object = anchor.constraints[0].target
    scale = float(np.mean(np.abs(head_object.matrix_world.to_scale()))) if head_object else 1.0
    anchor.rotation_euler[2] = choice.rotation
    for lamp in lamps_of(scene):
        spread = scale**2 if lamp.data.type == "AREA" else 1.0  # the same watts from further away are less light
        lamp.data.energy = lamp[MARK] * choice.strength * spread
        lamp.data.color = np.array(lamp[COLOUR_MARK]) * warm
    if scene.world is not None and MARK in scene.world:
        nodes = scene.world.node_tree.nodes
        for node in nodes:
            if node.type == "BACKGROUND":
                node.inputs["Strength"].default_value = choice.strength
        nodes["Warmth"].outputs[0].default_value = (*warm.tolist(), 1.0)
        if "Mapping" in nodes:
            nodes["Mapping"].inputs["Rotation"].default_value[2] = -choice.rotation


def rebuild_world(scene: bpy.types.Scene) -> None:
    """Follow the choice of environment or photo while such a preset is on."""
    anchor, name = anchor_of(scene), scene.relit_light.preset
    if anchor is not None and name in {"ENVIRONMENT", "PHOTO"} and anchor.constraints[0].target is not None:
        apply(scene, anchor.constraints[0].target, name)


def warmth_colour(warmth: float) -> np.ndarray:
    """Return what light [3] of a warmth in [-1, 1] is multiplied by; its luminance stays."""
    colour = np.exp(np.array([0.55, 0.0, -0.8]) * warmth)
    return colour / (colour @ (0.2126, 0.7152, 0.0722))


def anchor_of(scene: bpy.types.Scene) -> bpy.types.Object | None:
    """Return the empty that the lamps hang on, None where no preset is on."""
    return next((item for item in scene.objects if item.type == "EMPTY" and MARK in item), None)


def lamps_of(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """Return the preset's lamps."""
    return [item for item in scene.objects if item.type == "LIGHT" and MARK in item]


def environment_path(name: str) -> Path:
    """Return one of the environments that come with Blender."""
    return Path(bpy.utils.system_resource("DATAFILES", path="studiolights/world"), f"{name}.exr")


def photo_picture(head_object: bpy.types.Object, photo: int) -> bpy.types.Image:
    """Return a new packed environment picture with the light of a photo, counted from 0.

    Raises:
        FitError: The head folder is gone, or has no such photo.
    """
    lighting = read_head(Path(bpy.path.abspath(head_object.relit.folder))).fit.get("lighting", [])
    if not 0 <= photo < len(lighting):
        raise FitError(f"The head has no light of photo {photo + 1}.", f"Choose a photo from 1 to {len(lighting)}.")
    directions, weights = photo_light.equirectangular(*PHOTO_PICTURE)
    shape = directions.shape
    core_directions = directions.reshape(-1, 3) @ BLENDER_FROM_CORE
    pixels = np.ones((*shape[:2], 4), np.float32)
    pixels[..., :3] = photo_light.environment(lighting[photo], core_directions, weights.ravel()).reshape(shape)
    name = f"{head_object.name} Light of Photo {photo + 1}"
    image = bpy.data.images.new(name, *PHOTO_PICTURE, alpha=False, float_buffer=True)
    image.colorspace_settings.name = "Linear Rec.709"
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    image[MARK] = 1
    return image


def _world_picture(scene: bpy.types.Scene, head_object: bpy.types.Object, name: str) -> bpy.types.Image | None:
    wanted, choice = PRESETS[name].world, scene.relit_light
    if wanted == "photo":
        return photo_picture(head_object, choice.photo - 1)
    if wanted == "chosen":
        image = bpy.data.images.load(str(environment_path(choice.environment)))
        image.colorspace_settings.name = "Linear Rec.709"
        image.pack()
        image[MARK] = 1
        return image
    return None


def _collection(scene: bpy.types.Scene) -> bpy.types.Collection:
    """Return the scene's collection of ours, made where there is none."""
    collection = next((child for child in scene.collection.children_recursive if MARK in child), None)
    if collection is None:
        collection = bpy.data.collections.new(NAME)
        collection[MARK] = 1
        scene.collection.children.link(collection)
    return collection


def _anchor(collection: bpy.types.Collection, head_object: bpy.types.Object) -> bpy.types.Object:
    anchor = bpy.data.objects.new(NAME, None)
    anchor.empty_display_type, anchor.empty_display_size = "CIRCLE", 0.2
    anchor[MARK] = 1.0
    anchor.hide_viewport = True  # else dashed lines run from it to every lamp
    collection.objects.link(anchor)
    for kind in ("COPY_LOCATION", "COPY_SCALE"):
        anchor.constraints.new(kind).target = head_object
    return anchor


def _lamp(lamp: Lamp, anchor: bpy.types.Object) -> bpy.types.Object:
    data = bpy.data.lights.new(lamp.name, lamp.kind)
    if lamp.kind == "SUN":
        data.angle = lamp.size[0]
    else:
        data.shape = "RECTANGLE" if len(lamp.size) == 2 else "DISK"
        data.size = lamp.size[0]
        if len(lamp.size) == 2:
            data.size_y = lamp.size[1]
    light = bpy.data.objects.new(lamp.name, data)
    # Viewports draw a line to where a lamp shines, tens of metres long: it ends half way, before the face.
    way = (Vector(AIM) - Vector(lamp.place)).length
    data.cutoff_distance = way / 2
    if lamp.kind == "SUN":
        light.scale = (way / 2 / SUN_LINE,) * 3
    light[MARK], light[COLOUR_MARK] = lamp.power, lamp.colour
    light.parent = anchor
    light.location = lamp.place
    light.rotation_euler = (Vector(AIM) - Vector(lamp.place)).to_track_quat("-Z", "Y").to_euler()
    return light


def _suns(picture: bpy.types.Image | None) -> tuple[list[photo_light.Sun], float]:
    """Return the bright places of an environment picture and the luminance that stays in the world."""
    if picture is None:
        return [], 0.0
    values = pixels(picture)[..., :3].astype(np.float64)
    step = max(1, picture.size[0] // SMALL)
    rows, columns = values.shape[0] // step, values.shape[1] // step
    small = values[: rows * step, : columns * step].reshape(rows, step, columns, step, 3).mean((1, 3))
    directions, weights = photo_light.equirectangular(columns, rows)
    return photo_light.suns(small.reshape(-1, 3), directions.reshape(-1, 3), weights.ravel())


def _eevee_sun(sun: photo_light.Sun, number: int, anchor: bpy.types.Object) -> bpy.types.Object:
    """A lamp that EEVEE shines and Cycles, which sees it in the environment already, does not."""
    power = float(sun.irradiance.max())
    place = tuple((sun.direction * ENVIRONMENT_DISTANCE).tolist())
    lamp = Lamp(f"EEVEE Sun {number}", place, (sun.angle,), power, tuple((sun.irradiance / power).tolist()), "SUN")
    light = _lamp(lamp, anchor)
    light.rotation_euler = (-Vector(place)).to_track_quat("-Z", "Y").to_euler()
    lightless = enable_nodes(light.data)  # Cycles takes a lamp's light from its nodes, EEVEE does not know them
    lightless.nodes.clear()
    emission, output = (lightless.nodes.new(f"ShaderNode{kind}") for kind in ("Emission", "OutputLight"))
    emission.inputs["Strength"].default_value = 0.0
    lightless.links.new(emission.outputs[0], output.inputs["Surface"])
    return light


def _world(wanted: tuple[float, float, float] | str, picture: bpy.types.Image | None, limit: float) -> bpy.types.World:
    world = bpy.data.worlds.new(NAME)
    world[MARK] = 1
    world.sun_threshold = 0.0  # EEVEE would make one hard sun of all softboxes and windows together
    tree = Tree(enable_nodes(world))
    tree.tree.nodes.clear()
    warmth = tree.add("ShaderNodeRGB", (-200, -250), "Warmth")
    colour: object = (*wanted, 1.0) if not isinstance(wanted, str) else None
    if picture is not None:
        place = tree.add("ShaderNodeTexCoord", (-800, 0))
        mapping = tree.add("ShaderNodeMapping", (-600, 0), "Mapping")
        texture = tree.add("ShaderNodeTexEnvironment", (-400, 0), "Environment")
        texture.image = picture
        tree.link(place.outputs["Generated"], mapping.inputs["Vector"])
        tree.link(mapping.outputs["Vector"], texture.inputs["Vector"])
        colour = texture.outputs["Color"]
    warm = tree.multiply(colour, warmth.outputs[0], (0, 0))
    _output(tree, warm, "CYCLES" if picture is not None else "ALL", "Background", 0)
    if picture is not None:
        grey = tree.add("ShaderNodeRGBToBW", (-100, -500))
        tree.link(colour, grey.inputs[0])
        share = tree.math("DIVIDE", limit, grey.outputs[0], location=(0, -500))
        share = tree.math("MINIMUM", share, 1.0, location=(100, -500))
        _output(tree, tree.mix(share, (0.0, 0.0, 0.0, 1.0), warm, (150, -350)), "EEVEE", "EEVEE Background", -350)
    return world


def _output(tree: Tree, colour: bpy.types.NodeSocket, engine: str, name: str, row: float) -> None:
    """Let an engine see a colour all around."""
    background = tree.add("ShaderNodeBackground", (400, row), name)
    output = tree.add("ShaderNodeOutputWorld", (600, row))
    output.target = engine
    tree.link(colour, background.inputs["Color"])
    tree.link(background.outputs["Background"], output.inputs["Surface"])


def _remove_lamps(scene: bpy.types.Scene) -> None:
    for item in [item for item in scene.objects if MARK in item]:
        data = item.data
        bpy.data.objects.remove(item)
        if data is not None and not data.users:
            bpy.data.lights.remove(data)


def _remove_world(world: bpy.types.World | None) -> None:
    """Remove a world of ours that no scene uses, with its picture."""
    if world is None or MARK not in world or any(scene.world == world for scene in bpy.data.scenes):
        return
    node = world.node_tree.nodes.get("Environment")
    picture = node.image if node is not None else None
    bpy.data.worlds.remove(world)
    if picture is not None and MARK in picture and not picture.users:
        bpy.data.images.remove(picture)
