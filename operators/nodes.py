"""A thin hand on a material's node tree."""

from __future__ import annotations

import bpy

Point = tuple[float, float]


class Tree:
    """The emptied node tree of a material.

    Args:
        material: A material with nodes.
    """

    def __init__(self, material: bpy.types.Material) -> None:
        self._material = material
        self._tree = material.node_tree
        self._tree.nodes.clear()
        self._output = self.add("ShaderNodeOutputMaterial", (500, 100))

    def add(self, kind: str, location: Point) -> bpy.types.Node:
        """Add a node."""
        node = self._tree.nodes.new(kind)
        node.location = location
        return node

    def link(self, source: bpy.types.NodeSocket, target: bpy.types.NodeSocket) -> None:
        """Connect two sockets."""
        self._tree.links.new(source, target)

    def principled(self, **values: object) -> bpy.types.Node:
        """Add a Principled BSDF with constants by the sockets' names."""
        shader = self.add("ShaderNodeBsdfPrincipled", (100, 200))
        for name, value in values.items():
            shader.inputs[name].default_value = value
        return shader

    def image(self, image: bpy.types.Image, uv_map: str, location: Point) -> bpy.types.Node:
        """Add a picture, read by a UV map."""
        uv = self.add("ShaderNodeUVMap", (location[0] - 250, location[1] - 100))
        uv.uv_map = uv_map
        picture = self.add("ShaderNodeTexImage", location)
        picture.image = image
        picture.interpolation = "Cubic"
        self.link(uv.outputs["UV"], picture.inputs["Vector"])
        return picture

    def math(self, operation: str, first: object, second: object, location: Point) -> bpy.types.NodeSocket:
        """Add a calculation with two numbers or sockets and return its result."""
        node = self.add("ShaderNodeMath", location)
        node.operation = operation
        for socket, value in zip(node.inputs, (first, second)):
            if isinstance(value, bpy.types.NodeSocket):
                self.link(value, socket)
            else:
                socket.default_value = value
        return node.outputs[0]

    def surface(self, shader: bpy.types.Node) -> None:
        """Make a shader the material's surface."""
        self.link(shader.outputs[0], self._output.inputs["Surface"])

    def see_through(self) -> None:
        """Let EEVEE draw what lies behind the surface."""
        self._material.surface_render_method = "BLENDED"
        self._material.show_transparent_back = False
        self._material.use_transparent_shadow = True
