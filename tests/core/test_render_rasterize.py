"""The rasteriser against an obvious twin, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from core.errors import FitError  # noqa: E402
from core.render import rasterize as module  # noqa: E402
from core.render.rasterize import rasterize  # noqa: E402


def rasterize_reference(points_px, triangles, height, width, cull_back_faces=False):
    """Every triangle, every pixel, in plain loops over scalars of the points' own precision."""
    points = points_px.numpy()
    number = points.dtype.type
    nearest = np.zeros((height, width), np.float32)
    ids = np.full((height, width), -1, np.int64)
    for index, corners in enumerate(triangles.tolist()):
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = points[corners]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if not min(az, bz, cz) > 1e-4 or not np.isfinite(area) or area == 0 or (cull_back_faces and area > 0):
            continue
        for row in range(height):
            for column in range(width):
                x, y = number(column + 0.5), number(row + 0.5)
                a = (bx - x) * (cy - y) - (cx - x) * (by - y)
                b = (cx - x) * (ay - y) - (ax - x) * (cy - y)
                c = (ax - x) * (by - y) - (bx - x) * (ay - y)
                inside = (a >= 0 and b >= 0 and c >= 0) or (a <= 0 and b <= 0 and c <= 0)
                if not inside or a + b + c == 0:
                    continue
                inverse = number(1) / np.array([az, bz, cz])
                nearness = np.float32((a * inverse[0] + b * inverse[1] + c * inverse[2]) / (a + b + c))
                if nearness > nearest[row, column]:
                    nearest[row, column], ids[row, column] = nearness, index
    return torch.from_numpy(ids)


def random_soup(seed: int, count: int, size: float, extent: float, dtype):
    """`count` separate triangles of about `size` pixels around a picture of side `extent`."""
    random = np.random.default_rng(seed)
    centre = random.uniform(-0.2 * extent, 1.2 * extent, (count, 1, 2))
    xy = centre + random.normal(0, size, (count, 3, 2))
    depth = random.uniform(0.5, 2.0, (count, 3, 1))
    points = np.concatenate([xy, depth], -1).reshape(-1, 3)
    return torch.tensor(points, dtype=dtype), torch.arange(3 * count).view(-1, 3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("cull", [False, True])
@pytest.mark.parametrize("size", [0.4, 4.0, 300.0])
def test_equals_the_twin(size, cull, dtype):
    points, triangles = random_soup(int(size), 40, size, 20, dtype)
    expected = rasterize_reference(points, triangles, 17, 23, cull)
    assert (expected >= 0).any()
    assert torch.equal(rasterize(points, triangles, 17, 23, cull_back_faces=cull), expected)


def test_equals_the_twin_in_small_batches(monkeypatch):
    points, triangles = random_soup(3, 30, 30.0, 20, torch.float32)
    expected = rasterize_reference(points, triangles, 20, 16)
    monkeypatch.setattr(module, "CANDIDATES_AT_ONCE", 37)
    assert torch.equal(rasterize(points, triangles, 20, 16), expected)


def test_a_fan_has_no_cracks():
    random = np.random.default_rng(0)
    rim = np.sort(random.uniform(0, 2 * np.pi, 400))
    outer = np.stack([32.03 + 60 * np.cos(rim), 31.9 + 60 * np.sin(rim)], 1)
    points = np.concatenate([[[31.7, 32.2]], outer])
    points = torch.tensor(np.concatenate([points, np.ones((401, 1))], 1), dtype=torch.float32)
    ring = torch.arange(400)
    triangles = torch.stack([torch.zeros(400, dtype=torch.long), ring + 1, (ring + 1) % 400 + 1], 1)
    assert (rasterize(points, triangles, 64, 64) >= 0).all()


def test_ties_go_to_the_lowest_id():
    points = torch.tensor([[0.0, 0, 1], [8, 0, 1], [0, 8, 1]])
    same = torch.tensor([[0, 1, 2], [1, 2, 0], [2, 1, 0]])
    found = rasterize(points, same, 8, 8)
    assert set(found.unique().tolist()) == {-1, 0}


def test_triangles_at_or_behind_the_camera_or_not_finite_are_dropped():
    points = torch.tensor(
        [
            [0.0, 0, 1],
            [8, 0, 1],
            [0, 8, 1],
            [0, 8, -1],
            [8, 8, 0.0],
            [float("nan"), 0, 1],
            [float("inf"), 0, 1],
        ]
    )
    bad = torch.tensor([[0, 1, 3], [0, 1, 4], [0, 1, 5], [0, 1, 6], [0, 0, 1]])
    assert (rasterize(points, bad, 8, 8) == -1).all()
    mixed = torch.cat([bad, torch.tensor([[0, 1, 2]])])
    assert set(rasterize(points, mixed, 8, 8).unique().tolist()) == {-1, 5}


def test_a_huge_triangle_fills_a_large_picture_in_bounded_memory():
    points = torch.tensor([[-1e6, -1e6, 1], [3e6, -1e6, 1], [-1e6, 3e6, 1]])
    assert (rasterize(points, torch.tensor([[0, 1, 2]]), 2000, 2300) == 0).all()


def test_unusable_back_ends_are_named():
    points, triangles = random_soup(0, 2, 4.0, 8, torch.float32)
    with pytest.raises(FitError, match="pytorch3d rasterises on CUDA only"):
        rasterize(points, triangles, 8, 8, backend="pytorch3d")
    with pytest.raises(FitError, match="no rasteriser called 'magic'"):
        rasterize(points, triangles, 8, 8, backend="magic")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("backend", ["torch", "auto"])
def test_cuda_equals_the_processor(backend):
    points, triangles = random_soup(5, 300, 6.0, 60, torch.float32)
    expected = rasterize(points, triangles, 64, 48)
    found = rasterize(points.cuda(), triangles.cuda(), 64, 48, backend=backend).cpu()
    assert (found == expected).float().mean() > (0.999 if backend == "torch" else 0.99)
