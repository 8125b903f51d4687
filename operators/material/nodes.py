"""A thin hand on node trees: sockets by name, for their order differs between Blender's versions."""

from __future__ import annotations

import bpy

Point = tuple[float, float]


class Tree:
    """A node tree that nodes are added to.

    Args:
        tree: The node tree.
    """

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self.tree = tree

    def add(self, kind: str, location: Point, name: str = "") -> bpy.types.Node:
        """Add a node; a name that others may look it up by also becomes its label."""
        node = self.tree.nodes.new(kind)
        node.location = location
        if name:
            node.name = node.label = name
        return node

    def link(self, source: bpy.types.NodeSocket, target: bpy.types.NodeSocket) -> None:
        """Connect two sockets."""
        self.tree.links.new(source, target)

    def set(self, socket: bpy.types.NodeSocket, value: object) -> None:
        """Connect a socket to another one, or give it a constant."""
        if isinstance(value, bpy.types.NodeSocket):
            self.link(value, socket)
        else:
            socket.default_value = value

    def principled(self, **values: object) -> bpy.types.Node:
        """Add a Principled BSDF with constants or sockets by its sockets' names."""
        shader = self.add("ShaderNodeBsdfPrincipled", (100, 200))
        for name, value in values.items():
            self.set(shader.inputs[name], value)
        return shader

    def image(self, name: str, image: bpy.types.Image, uv_map: str, location: Point) -> bpy.types.Node:
        """Add a picture, read by a UV map; the node is called as the map is."""
        uv = self.add("ShaderNodeUVMap", (location[0] - 250, location[1] - 100))
        uv.uv_map = uv_map
        picture = self.add("ShaderNodeTexImage", location, name)
        picture.image = image
        picture.interpolation = "Cubic"
        self.link(uv.outputs["UV"], picture.inputs["Vector"])
        return picture

    def attribute(self, name: str, location: Point) -> bpy.types.NodeSocket:
        """Add a number that the mesh carries for each vertex and return it."""
        node = self.add("ShaderNodeAttribute", location, name)
        node.attribute_name = name
        return node.outputs["Fac"]

    def math(self, operation: str, *operands: object, location: Point, clamp: bool = False) -> bpy.types.NodeSocket:
        """Add a calculation with numbers or sockets and return its result."""
        node = self.add("ShaderNodeMath", location)
        node.operation, node.use_clamp = operation, clamp
        for socket, value in zip(node.inputs, operands):
            self.set(socket, value)
        return node.outputs[0]

    def mix(self, factor: object, first: object, second: object, location: Point) -> bpy.types.NodeSocket:
        """Blend two numbers, or two colours of four numbers, and return the result."""
        node = self.add("ShaderNodeMix", location)
        coloured = [value for value in (first, second) if _is_colour(value)]
        node.data_type = kind = "RGBA" if coloured else "FLOAT"
        suffix = {"RGBA": "Color", "FLOAT": "Float"}[kind]
        for identifier, value in (("Factor_Float", factor), (f"A_{suffix}", first), (f"B_{suffix}", second)):
            self.set(next(socket for socket in node.inputs if socket.identifier == identifier), value)
        return next(socket for socket in node.outputs if socket.identifier == f"Result_{suffix}")

    def multiply(self, first: object, second: object, location: Point) -> bpy.types.NodeSocket:
        """Multiply two colours and return the result."""
        result = self.mix(1.0, first, second, location)
        result.node.blend_type = "MULTIPLY"
        return result


class MaterialTree(Tree):
    """The emptied node tree of a material.

    Args:
        material: A material with nodes.
    """

    def __init__(self, material: bpy.types.Material) -> None:
        super().__init__(material.node_tree)
        self._material = material
        self.tree.nodes.clear()
        self.output = self.add("ShaderNodeOutputMaterial", (500, 100))

    def surface(self, shader: bpy.types.Node) -> None:
        """Make a shader the material's surface."""
        self.link(shader.outputs[0], self.output.inputs["Surface"])

    def see_through(self) -> None:
        """Let EEVEE draw what lies behind the surface."""
        self._material.surface_render_method = "BLENDED"
        self._material.show_transparent_back = False
        self._material.use_transparent_shadow = True


def enable_nodes(owner: bpy.types.Material | bpy.types.World | bpy.types.Light) -> bpy.types.NodeTree:
    """Return the node tree of a material, world or light; from 5.0 it is always there."""
    if owner.node_tree is None:
        owner.use_nodes = True
    return owner.node_tree


def _is_colour(value: object) -> bool:
    if isinstance(value, bpy.types.NodeSocket):
        return value.type == "RGBA"
    return not isinstance(value, (int, float))
