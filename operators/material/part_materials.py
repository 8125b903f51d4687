"""Materials of everything that is not skin: eyes, the film before them, lashes, and what is in the mouth."""

from __future__ import annotations

from collections.abc import Mapping

import bpy

from ..head.mesh import UV_NAME
from . import surface
from .lashes import UV_NAME as LASH_UV_NAME
from .nodes import MaterialTree

Images = Mapping[str, bpy.types.Image]
Colour = tuple[float, float, float, float]
Radius = tuple[float, float, float]

TEAR_IOR = 1.336
CORNEA_IOR = 1.376
SPIT_IOR = 1.34
TOOTH_NECK: Colour = (0.74, 0.61, 0.44, 1.0)
TOOTH_BODY: Colour = (0.87, 0.80, 0.69, 1.0)
TOOTH_EDGE: Colour = (0.80, 0.77, 0.72, 1.0)
GUMS: Colour = (0.42, 0.13, 0.12, 1.0)
TONGUE: Colour = (0.44, 0.16, 0.14, 1.0)
BLACK: Colour = (0.0, 0.0, 0.0, 1.0)


def build(kind: str, tree: MaterialTree, images: Images) -> None:
    """Fill the material of a kind of part; an unknown kind looks like gums."""
    builders = {"eye": _eye, "cornea": _cornea, "lashes": _lashes, "teeth": _teeth, "tongue": _tongue}
    builders.get(kind, _gums)(tree, images)


def _eye(tree: MaterialTree, images: Images) -> None:
    """White and iris; the white is wet where no cornea lies before it, and its film is not quite even."""
    colour: object = (0.70, 0.66, 0.64, 1.0)
    if "eye_albedo" in images:
        colour = tree.image("eye_albedo", images["eye_albedo"], UV_NAME, (-700, 300)).outputs["Color"]
    bare = tree.attribute(surface.EDGE, (-500, -100))
    shader = tree.principled(
        **{
            "Base Color": colour,
            "Roughness": 0.4,
            "Specular IOR Level": 0.15,
            "Coat Weight": bare,
            "Coat Roughness": 0.05,
            "Coat IOR": TEAR_IOR,
            "Coat Normal": _uneven(tree, scale=900.0, depth=0.00004),
            "Subsurface Weight": tree.math("MULTIPLY", bare, 0.5, location=(-300, -200)),
            "Subsurface Radius": (1.0, 0.55, 0.4),
            "Subsurface Scale": 0.0025,
        }
    )
    tree.surface(shader)


def _cornea(tree: MaterialTree, images: Images) -> None:
    """A film that reflects and lets everything else through, unbent, its shadow too.

    Refraction would be truer, but needs ray tracing in EEVEE and light paths that Cycles finds hard.
    """
    clear = tree.add("ShaderNodeBsdfTransparent", (0, 100))
    gloss = tree.add("ShaderNodeBsdfGlossy", (0, -50))
    gloss.inputs["Roughness"].default_value = 0.03
    fresnel = tree.add("ShaderNodeFresnel", (-400, 300))
    fresnel.inputs["IOR"].default_value = CORNEA_IOR
    path = tree.add("ShaderNodeLightPath", (-600, 100))
    front = tree.add("ShaderNodeNewGeometry", (-600, -200))
    seen = tree.math("SUBTRACT", 1.0, path.outputs["Is Shadow Ray"], location=(-400, 100))
    outer = tree.math("SUBTRACT", 1.0, front.outputs["Backfacing"], location=(-400, -100))
    outer_seen = tree.math("MULTIPLY", seen, outer, location=(-200, 0))
    factor = tree.math("MULTIPLY", outer_seen, fresnel.outputs[0], location=(-200, 200))
    mix = tree.add("ShaderNodeMixShader", (200, 100))
    tree.link(factor, mix.inputs[0])
    tree.link(clear.outputs[0], mix.inputs[1])
    tree.link(gloss.outputs[0], mix.inputs[2])
    tree.surface(mix)
    tree.see_through()


def _lashes(tree: MaterialTree, images: Images) -> None:
    shader = tree.principled(**{"Base Color": (0.012, 0.008, 0.006, 1.0), "Roughness": 0.45, "Specular IOR Level": 0.3})
    if "lashes" in images:
        picture = tree.image("lashes", images["lashes"], LASH_UV_NAME, (-700, 0))
        tree.link(picture.outputs["Color"], shader.inputs["Alpha"])
    tree.surface(shader)


def _teeth(tree: MaterialTree, images: Images) -> None:
    """Yellow at the neck, white in the middle, glassy at the edge, and wet."""
    edge = tree.attribute(surface.EDGE, (-1100, 300))
    upper = tree.math("MULTIPLY_ADD", edge, 3.5, -2.5, location=(-900, 100), clamp=True)
    lower = tree.math("MULTIPLY", edge, 2.2, location=(-900, 400), clamp=True)
    colour = tree.mix(lower, TOOTH_NECK, TOOTH_BODY, (-700, 400))
    colour = tree.mix(upper, colour, TOOTH_EDGE, (-500, 300))
    _moist(tree, colour, roughness=0.25, depth=0.0004, radius=(1.0, 0.9, 0.8))  # thin: red would leak


def _gums(tree: MaterialTree, images: Images) -> None:
    _moist(tree, GUMS, roughness=0.4, depth=0.004)


def _tongue(tree: MaterialTree, images: Images) -> None:
    shader = _moist(tree, TONGUE, roughness=0.45, depth=0.004)
    tree.link(_uneven(tree, scale=1400.0, depth=0.0003), shader.inputs["Normal"])


def _moist(
    tree: MaterialTree, colour: object, roughness: float, depth: float, radius: Radius = (1.0, 0.5, 0.35)
) -> bpy.types.Node:
    """What is inside the mouth, under a film of spit, darker the deeper it lies.

    Light goes ``depth`` metres deep; red, green and blue by ``radius`` of that.
    """
    lit = tree.mix(tree.attribute(surface.CAVITY, (-500, 0)), BLACK, colour, (-200, 200))
    shader = tree.principled(
        **{
            "Base Color": lit,
            "Roughness": roughness,
            "Specular IOR Level": 0.4,
            "IOR": 1.4,
            "Coat Weight": 0.7,
            "Coat Roughness": 0.08,
            "Coat IOR": SPIT_IOR,
            "Subsurface Weight": 0.6,
            "Subsurface Radius": radius,
            "Subsurface Scale": depth,
        }
    )
    tree.surface(shader)
    return shader


def _uneven(tree: MaterialTree, scale: float, depth: float) -> bpy.types.NodeSocket:
    """Return a normal of a surface with lumps: ``scale`` a metre, ``depth`` in metres."""
    place = tree.add("ShaderNodeTexCoord", (-900, -500))
    noise = tree.add("ShaderNodeTexNoise", (-700, -500))
    noise.inputs["Scale"].default_value = scale
    noise.inputs["Detail"].default_value = 2.0
    bump = tree.add("ShaderNodeBump", (-400, -500))
    bump.inputs["Distance"].default_value = depth
    tree.link(place.outputs["Object"], noise.inputs["Vector"])
    tree.link(noise.outputs[0], bump.inputs["Height"])
    return bump.outputs["Normal"]
