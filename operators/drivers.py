"""Drivers of shape keys."""

from __future__ import annotations

import bpy


def follow_keys(key: bpy.types.ShapeKey, units: tuple[str, ...], expression: str) -> None:
    """Let the value of a key follow other keys of its mesh, called ``a``, ``b`` … in the expression.

    Expressions are kept so simple that Blender works them out without Python: they run where scripts are off.
    """
    driver = key.driver_add("value").driver
    driver.type = "SCRIPTED"
    for letter, unit in zip("abcd", units):
        variable = driver.variables.new()
        variable.name = letter
        target = variable.targets[0]
        target.id_type, target.id = "KEY", key.id_data
        target.data_path = f'key_blocks["{unit}"].value'
    driver.expression = expression
