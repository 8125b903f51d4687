"""Which head the artist means."""

from __future__ import annotations

import bpy

from ...translations import said


def is_head(candidate: bpy.types.Object | None) -> bool:
    """Whether an object is a head of ours."""
    return candidate is not None and candidate.type == "MESH" and bool(candidate.relit.folder)


def active_head(context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the head the artist means, or None.

    That is the active object, a head among its parents or children (a rig, a camera of the head's collection), or
    else the only head of the scene.
    """
    active = context.view_layer.objects.active if context.view_layer else None
    if is_head(active):
        return active
    if active is not None:
        relatives = [active.parent, *active.children]
        relatives += [other for collection in active.users_collection for other in collection.objects]
        family = [other for other in dict.fromkeys(relatives) if is_head(other)]
        if len(family) == 1:
            return family[0]
    heads = [other for other in context.scene.objects if is_head(other)]
    return heads[0] if len(heads) == 1 else None


def require_head(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """Poll for operators on a head in Object Mode; sets the sentence that the grey button shows."""
    if active_head(context) is None:
        cls.poll_message_set("Select a head that Relit made or loaded first.")
        return False
    if context.mode != "OBJECT":
        cls.poll_message_set("Switch to Object Mode first.")
        return False
    return True


def require_own_head(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """Poll for operators that change a head's mesh or materials: what is linked from another file stays as it is.

    Blender lets scripts change linked data, and forgets it with the next load.
    """
    if not require_head(cls, context):
        return False
    head_object = active_head(context)
    linked = [part for part in (head_object.data, *head_object.data.materials) if part and not part.is_editable]
    if linked or not head_object.is_editable:
        cls.poll_message_set(
            said(f"{head_object.name} belongs to another file. Make it local first (Object > Relations).")
        )
        return False
    return True
