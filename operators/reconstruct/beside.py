"""Where a head that comes into the scene stands: beside those that are there."""

from __future__ import annotations

import bpy
from mathutils import Matrix

from ..head.active_head import is_head
from .load_head import Loaded

STEP = 0.35
"""Metres from one head to the next."""
TOO_CLOSE = 0.25


def stand_beside(loaded: Loaded, scene: bpy.types.Scene) -> None:
    """Move a loaded head with its cameras to the next place at the person's left where no head of ours stands."""
    taken = [other.matrix_world.translation for other in scene.objects if is_head(other) and other != loaded.object]
    place = loaded.object.matrix_world.translation.copy()
    while any((place - other).length < TOO_CLOSE for other in taken):
        place.x += STEP
    shift = Matrix.Translation(place - loaded.object.matrix_world.translation)
    for made in loaded.collection.all_objects:
        if made.parent is None:
            made.matrix_world = shift @ made.matrix_world
