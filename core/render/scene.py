"""A head, its camera and its light to a picture; differentiable in all of them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .antialias import edge_gradient
from .interpolate import (
    barycentric,
    corner_groups,
    interpolate,
    interpolate_corners,
    tangent_to_world,
    tangents,
    uv_handedness,
    vertex_normals,
)
from .lighting import Lights, cosine_transfer
from .materials import MaterialMaps, sample_material
from .occlusion import open_directions
from .projection import CameraLike, TorchCamera, project
from .rasterize import rasterize
from .shading import Subsurface, harmonic_light, shade
from .texture import uv_per_pixel

HIDDEN_PARTS = ("cornea", "lashes")
"""Kinds of parts that are not drawn and cast no shadow: transparent or finer than pixels."""

GAP_PIXELS = 4.0  # depth steps between neighbours above this many pixel widths separate two surfaces


@dataclass(frozen=True, eq=False)
class RenderMesh:
    """What stays the same for every shape of one topology.

    Attributes:
        triangles: [T, 3] int64, only those that are drawn.
        triangle_uv: [T, 3, 2] of the corners.
        triangle_part: [T] index into `part_names`.
        part_names: names of the parts.
        source: [T] the number of each triangle among those the mesh was built from.
        groups: [T, 3] see `interpolate.corner_groups`.
        handedness: [T] see `interpolate.uv_handedness`.
    """

    triangles: Tensor
    triangle_uv: Tensor
    triangle_part: Tensor
    part_names: tuple[str, ...]
    source: Tensor
    groups: Tensor
    handedness: Tensor

    @classmethod
    def build(
        cls,
        triangles: Tensor | np.ndarray,
        triangle_uv: Tensor | np.ndarray,
        triangle_part: Tensor | np.ndarray | None = None,
        part_names: tuple[str, ...] = ("skin",),
        hidden: tuple[str, ...] = HIDDEN_PARTS,
        device: torch.device | str = "cpu",
    ) -> RenderMesh:
        """From arrays [T, 3], [T, 3, 2], [T]; parts whose name starts with one of `hidden` are left out."""
        triangles = torch.as_tensor(triangles, device=device).long()
        triangle_uv = torch.as_tensor(triangle_uv, device=device)
        if triangle_part is None:
            triangle_part = torch.zeros(len(triangles), dtype=torch.long)
        part = torch.as_tensor(triangle_part, device=device).long()
        drawn = torch.tensor([not name.startswith(hidden) for name in part_names], device=device)
        source = drawn[part].nonzero().squeeze(1)
        triangles, triangle_uv, part = triangles[source], triangle_uv[source], part[source]
        groups, handedness = corner_groups(triangles, triangle_uv), uv_handedness(triangle_uv)
        return cls(triangles, triangle_uv, part, tuple(part_names), source, groups, handedness)

    @classmethod
    @functools.lru_cache(maxsize=2)
    def of_model(cls, model, device: torch.device | str = "cpu") -> RenderMesh:
        """The mesh of a `core.shape.morphable.MorphableModel` (cached: building it takes half as long as a preview)."""
        return cls.build(
            model.triangles, model.triangle_uv, model.triangle_part, tuple(model.part_names), device=device
        )


@dataclass(frozen=True, eq=False)
class RenderResult:
    """A picture and what is known of its pixels.

    Attributes:
        image: [H, W, 3] linear radiance over the background.
        mask: [H, W] 1 where the head is; carries silhouette gradients like the image.
        depth: [H, W] metres along the optical axis, inf where nothing is; no gradient.
        triangle_id: [H, W] into the `RenderMesh`, -1 where nothing is.
        pixels: [N] flat indices of the covered pixels.
        barycentric: [N, 3].
        uv: [N, 2].
        diffuse_albedo: [N, 3] as sampled.
        normal: [N, 3] unit, world, after the normal map.
    """

    image: Tensor
    mask: Tensor
    depth: Tensor
    triangle_id: Tensor
    pixels: Tensor
    barycentric: Tensor
    uv: Tensor
    diffuse_albedo: Tensor
    normal: Tensor


def render_head(
    vertices: Tensor,
    mesh: RenderMesh,
    camera: CameraLike,
    maps: MaterialMaps,
    sh: Tensor,
    lights: Lights | None = None,
    background: Tensor | None = None,
    *,
    part_maps: Mapping[str, MaterialMaps] | None = None,
    self_shadow: Tensor | None = None,
    subsurface: Subsurface | None = None,
    edges: bool = True,
) -> RenderResult:
    """Draws a head. Gradients flow to everything that is a tensor.

    Args:
        vertices: [V, 3] in the head frame, metres.
        mesh: its triangles.
        camera: `core.camera.Camera` or `TorchCamera`.
        maps: of the skin, see `materials.CHANNELS`.
        sh: [B, 3] radiance from around the head.
        lights: directional lights on top of it; their visibility, if any, is per vertex.
        background: [H, W, 3]; black if missing.
        part_maps: of other parts, by name ("eye_left") or kind ("eye").
        self_shadow: [V, B] from `occlusion.self_shadow`, held fixed.
        subsurface: None for plain Lambertian skin.
        edges: let silhouettes have gradients.
    """
    camera = TorchCamera.of(camera, vertices)
    height, width = camera.height, camera.width
    points_px = project(vertices, camera)
    triangle_id = rasterize(points_px, mesh.triangles, height, width, cull_back_faces=True)
    pixels, weights = barycentric(points_px, mesh.triangles, triangle_id)
    triangle = triangle_id.flatten().index_select(0, pixels)
    corners = mesh.triangles.index_select(0, triangle)

    normals = vertex_normals(vertices, mesh.triangles)
    carried = [normals, vertices, points_px[:, 2:].detach()]
    if self_shadow is not None:
        # Light first, pixels second: three channels to interpolate and not one for each coefficient.
        carried += [self_shadow @ harmonic_light(sh, lights), 1 + self_shadow[:, :1] * (4 * torch.pi) ** 0.5]
        with torch.no_grad():
            transfer = self_shadow[:, :4] + cosine_transfer(normals, 1)
            carried.append(open_directions(transfer, normals))
    values = interpolate(torch.cat(carried, 1), corners, weights)
    normal = functional.normalize(values[:, :3], dim=1, eps=1e-12)
    view = functional.normalize(camera.position - values[:, 3:6], dim=1)
    shadow, occlusion, open_direction = None, None, None
    if self_shadow is not None:
        shadow, occlusion = values[:, 7:10], values[:, 10].clamp(0, 1)
        open_direction = functional.normalize(values[:, 11:14], dim=1, eps=1e-12)

    if lights is not None and lights.visibility is not None:
        lights = lights._replace(visibility=interpolate(lights.visibility, corners, weights))

    triangle_uv = mesh.triangle_uv.to(vertices)
    uv = interpolate_corners(triangle_uv, triangle, weights)
    material = sample_material(
        mesh.part_names,
        mesh.triangle_part.index_select(0, triangle),
        uv,
        uv_per_pixel(points_px, mesh.triangles, triangle_uv).index_select(0, triangle),
        maps,
        part_maps or {},
    )
    mapped = normal
    if any("normal" in some for some in (maps, *(part_maps or {}).values())):
        tangent = tangents(vertices, mesh.triangles, triangle_uv, mesh.groups)
        tangent = interpolate(tangent, mesh.groups.index_select(0, triangle), weights)
        handedness = mesh.handedness.index_select(0, triangle)
        mapped = tangent_to_world(material.normal, normal, tangent, handedness)
    # Light that enters the skin forgets the finest relief.
    blurred = mapped if subsurface is None else torch.lerp(mapped, normal, subsurface.weight)
    colour = shade(
        functional.normalize(blurred, dim=1, eps=1e-12),
        mapped,
        view,
        material.diffuse,
        material.specular,
        material.roughness,
        occlusion,
        sh,
        lights,
        shadow,
        subsurface,
        open_direction,
    )

    depth = torch.full((height * width,), torch.inf, dtype=vertices.dtype, device=vertices.device)
    depth = depth.index_copy(0, pixels, values[:, 6].detach()).view(height, width)
    picture = _compose(colour, pixels, height, width, background)
    if edges:
        gap = depth * (GAP_PIXELS / camera.focal_px.detach())
        picture = edge_gradient(picture, points_px, mesh.triangles, triangle_id, pixels, weights, depth, gap)
    return RenderResult(
        picture[..., :3], picture[..., 3], depth, triangle_id, pixels, weights, uv, material.diffuse, mapped
    )


def _compose(colour: Tensor, pixels: Tensor, height: int, width: int, background: Tensor | None) -> Tensor:
    """[H, W, 4]: colours [N, 3] over the background, and coverage."""
    if background is None:
        base = colour.new_zeros(height * width, 4)
    else:
        base = functional.pad(background.to(colour).reshape(height * width, 3), (0, 1))
    covered = functional.pad(colour, (0, 1), value=1.0)
    return base.index_copy(0, pixels, covered).view(height, width, 4)


def clay(vertices: Tensor, mesh: RenderMesh, camera: CameraLike) -> Tensor:
    """The bare shape in grey clay, [H, W, 3] linear, antialiased, lit from the upper left of the camera."""
    with torch.no_grad():
        view = TorchCamera.of(camera, vertices)
        double = TorchCamera(
            view.focal_px * 2, view.principal_px * 2, view.camera_from_world, view.width * 2, view.height * 2
        )
        key = functional.normalize(vertices.new_tensor([[-0.6, -0.7, -0.9], [0.9, 0.1, -0.5]]), dim=1)
        lights = Lights(key @ view.camera_from_world[:3, :3], vertices.new_tensor([[2.2] * 3, [0.45] * 3]))
        sh = vertices.new_zeros(25, 3)
        sh[0] = 0.25 * (4 * torch.pi) ** 0.5
        maps = {
            "diffuse": vertices.new_tensor([0.55] * 3),
            "specular": vertices.new_tensor([0.4]),
            "roughness": vertices.new_tensor([0.55]),
        }
        kinds = dict.fromkeys(mesh.part_names, maps)
        background = vertices.new_full((double.height, double.width, 3), 0.05)
        result = render_head(vertices, mesh, double, maps, sh, lights, background, part_maps=kinds, edges=False)
        return functional.avg_pool2d(result.image.permute(2, 0, 1), 2).permute(1, 2, 0)


def tonemap(image: Tensor, exposure: float = 1.0) -> np.ndarray:
    """Linear radiance [H, W, 3] as uint8 sRGB: scaled, clipped and encoded, nothing else."""
    linear = (image.detach() * exposure).clamp(0, 1)
    encoded = torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp(min=1e-6) ** (1 / 2.4) - 0.055)
    return (encoded * 255).round().to(torch.uint8).cpu().numpy()
