"""A camera that sees the head as the photo shows it, with the photo as its background."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix

from ...core.head import Head
from .mesh import BLENDER_FROM_CORE

SENSOR_MM = 36.0
NEAREST = 0.01  # metres; Blender's default would do, but a head may be photographed from close by
PHOTO_MARK = "relit_photo"
"""Custom property of a camera: the number of its photo, counted from 1."""
OPENCV_FROM_BLENDER_CAMERA = np.diag([1.0, -1.0, -1.0])
"""Blender's cameras look along -Z with Y up, OpenCV's along +Z with Y down."""


def build_camera(head: Head, photo: int, name: str, image: bpy.types.Image | None) -> bpy.types.Object:
    """Return a new camera object, in no collection yet, with the lens and pose of a photo.

    Args:
        head: The head.
        photo: Index of the photo.
        name: Name of the object.
        image: The photo, for the background.
    """
    data = bpy.data.cameras.new(name)
    width, height = (int(size) for size in head.image_size[photo])
    principal_x, principal_y = (float(value) for value in head.principal_px[photo])
    data.sensor_fit = "HORIZONTAL"  # lens and shifts below are in units of the width, whatever is rendered
    data.sensor_width = SENSOR_MM
    data.lens = float(head.focal_px[photo]) * SENSOR_MM / width
    data.shift_x = (width / 2 - principal_x) / width
    data.shift_y = (principal_y - height / 2) / width
    data.clip_start = NEAREST
    data.display_size = 0.1
    if image is not None:
        data.show_background_images = True
        background = data.background_images.new()
        background.image = image
        background.frame_method = "FIT"
        background.alpha = 1.0
    camera = bpy.data.objects.new(name, data)
    camera[PHOTO_MARK] = photo + 1
    camera.matrix_world = Matrix(blender_pose(head.camera_from_world[photo]).tolist())
    return camera


def photo_camera(head_object: bpy.types.Object, number: int) -> bpy.types.Object | None:
    """Return the camera of one of a head's photos, counted from 1; None where there is none."""
    for collection in head_object.users_collection:
        for other in collection.objects:
            if other.type == "CAMERA" and other.get(PHOTO_MARK) == number:
                return other
    return None


def show_whole_photo(camera: bpy.types.Object, scene: bpy.types.Scene) -> None:
    """Let the photo lie on the head whatever the scene's picture is like: all of the photo is in the frame.

    Lens and pose stay; which side of the frame they are measured by changes, as the background's does.
    """
    data, render = camera.data, scene.render
    width, height = data.background_images[0].image.size
    frame = render.resolution_x * render.pixel_aspect_x / (render.resolution_y * render.pixel_aspect_y)
    wanted = "VERTICAL" if frame > width / height else "HORIZONTAL"
    if data.sensor_fit == wanted:
        return
    share = width / height if wanted == "VERTICAL" else height / width
    data.sensor_fit = wanted
    data.sensor_width, data.sensor_height = SENSOR_MM, SENSOR_MM * height / width
    data.shift_x, data.shift_y = data.shift_x * share, data.shift_y * share


def blender_pose(camera_from_world: np.ndarray) -> np.ndarray:
    """Return the [4, 4] matrix of a Blender camera object for a pose of the core (OpenCV axes)."""
    rotation = np.asarray(camera_from_world, np.float64)[:3, :3]
    translation = np.asarray(camera_from_world, np.float64)[:3, 3]
    pose = np.eye(4)
    pose[:3, :3] = BLENDER_FROM_CORE @ rotation.T @ OPENCV_FROM_BLENDER_CAMERA
    pose[:3, 3] = BLENDER_FROM_CORE @ (-rotation.T @ translation)
    return pose


def frame_like_photo(scene: bpy.types.Scene, camera: bpy.types.Object, head: Head, photo: int) -> None:
    """Make the scene render what the photo shows: its camera and its size in pixels."""
    scene.camera = camera
    scene.render.resolution_x, scene.render.resolution_y = (int(size) for size in head.image_size[photo])
    scene.render.resolution_percentage = 100
    scene.render.pixel_aspect_x = scene.render.pixel_aspect_y = 1.0
