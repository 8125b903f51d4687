"""Drivers: values that follow shape keys or bones.

Expressions are kept so simple that Blender works them out without Python: they run where scripts are off.
"""

from __future__ import annotations

import bpy


def follow_keys(
    curve: bpy.types.FCurve, keys: bpy.types.Key, units: tuple[str, ...], expression: str, number: str = ""
) -> None:
    """Let a driven value follow shape keys, called ``a``, ``b`` in the expression.

    Args:
        curve: what ``driver_add`` gave.
        keys: the mesh's keys.
        units: names of keys.
        expression: of the letters.
        number: a custom property of the keys, called ``c``; empty for none.
    """
    paths = {letter: f'key_blocks["{unit}"].value' for letter, unit in zip("ab", units)}
    if number:
        paths["c"] = f'["{number}"]'
    for letter, path in paths.items():
        variable = curve.driver.variables.new()
        variable.name = letter
        target = variable.targets[0]
        target.id_type, target.id, target.data_path = "KEY", keys, path
    curve.driver.expression = expression


def follow_bones(
    curve: bpy.types.FCurve, rig: bpy.types.Object, channels: tuple[tuple[str, str], ...], expression: str
) -> None:
    """Let a driven value follow bones (name, channel), in their own space, called ``a``, ``b`` ... ."""
    for letter, (bone, channel) in zip("abcd", channels):
        variable = curve.driver.variables.new()
        variable.name, variable.type = letter, "TRANSFORMS"
        target = variable.targets[0]
        target.id, target.bone_target = rig, bone
        target.transform_type, target.transform_space, target.rotation_mode = channel, "LOCAL_SPACE", "XYZ"
    curve.driver.expression = expression
