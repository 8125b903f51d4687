"""Blender with the add-on from this checkout, in a throw-away profile; and a head folder to load."""

from __future__ import annotations

import json
import os
import struct
import sys
import tempfile
import zlib
from pathlib import Path
from types import SimpleNamespace

import pytest

os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(prefix="relit-blender-")  # before bpy is imported
bpy = pytest.importorskip("bpy", reason="the bpy module is not installed here")

import numpy as np  # noqa: E402

from core.camera import FACING_CAMERA  # noqa: E402
from core.head import write_head  # noqa: E402
from core.shape.morphable import load_model  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "relit_checkout"
PHOTO_SIZE = (240, 320)
MAP_SIZE = 64


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("blender")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keep the exit status for the end."""
    session.config.stash[_STATUS] = int(exitstatus)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End at once: Blender's own exit handlers may crash or hang outside of Blender."""
    if _STATUS in config.stash:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[_STATUS])


_STATUS = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def addon(tmp_path_factory: pytest.TempPathFactory):
    """The add-on under its own name, from a repository that links to this checkout."""
    import addon_utils

    folder = tmp_path_factory.mktemp("repository")
    (folder / "relit").symlink_to(ROOT, target_is_directory=True)
    bpy.context.preferences.extensions.repos.new(
        name="Relit checkout", module=REPOSITORY, custom_directory=str(folder), remote_url=""
    )
    addon_utils.modules_refresh()
    module = addon_utils.enable(f"bl_ext.{REPOSITORY}.relit", default_set=True)
    assert module is not None, "the add-on did not register: see the traceback above"
    return module


@pytest.fixture
def part(addon):
    """Import a module of the add-on as Blender knows it: ``part("operators.jobs.run")``."""
    import importlib

    return lambda name: importlib.import_module(f"{addon.__name__}.{name}")


@pytest.fixture(autouse=True)
def empty_file(addon, part):
    """An empty file, and no job left over from the test before."""
    bpy.ops.wm.read_homefile(use_empty=True)  # read_factory_settings would disable the add-on
    preferences = bpy.context.preferences.addons[addon.__name__].preferences
    for name in ("python", "environment", "heads"):
        setattr(preferences, name, "")
    yield
    part("operators.jobs.run").run.close()
    part("operators.jobs.run").run.dismiss()
    part("operators.jobs.session").session.close()


@pytest.fixture
def preferences(addon):
    """The add-on's preferences."""
    return bpy.context.preferences.addons[addon.__name__].preferences


def png(pixels: np.ndarray) -> bytes:
    """Return [H, W], [H, W, 3] or [H, W, 4] uint8 or uint16 pixels as a PNG file."""
    height, width = pixels.shape[:2]
    bits, colour = 8 * pixels.dtype.itemsize, {3: 2, 4: 6}[pixels.shape[2]] if pixels.ndim == 3 else 0
    lines = pixels.astype(pixels.dtype.newbyteorder(">")).reshape(height, -1).view(np.uint8)
    body = np.concatenate([np.zeros((height, 1), np.uint8), lines], axis=1).tobytes()
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)),
        (b"IDAT", zlib.compress(body, 1)),
        (b"IEND", b""),
    )
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.fixture
def as_png():
    """What turns pixels into a PNG file."""
    return png


@pytest.fixture(scope="session")
def head_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head folder with the shape model's mean, two photos and small maps."""
    return make_head(tmp_path_factory.mktemp("heads") / "sample")


@pytest.fixture
def head(part, head_folder: Path) -> bpy.types.Object:
    """The sample head, in the scene."""
    return part("operators.reconstruct.load_head").load(head_folder, bpy.context.scene).object


@pytest.fixture
def render(part):
    """What renders in a second Blender; it is stopped at the end."""
    renders = part("operators.light.renders")
    yield renders.render
    renders.render.close()
    if bpy.app.timers.is_registered(renders._tick):
        bpy.app.timers.unregister(renders._tick)


def make_head(folder: Path) -> Path:
    """Write a head folder: two cameras off the axis, the second one turned."""
    model, random = load_model(), np.random.default_rng(1)
    width, height = PHOTO_SIZE
    cameras = np.tile(np.eye(4, dtype=np.float32), (2, 1, 1))
    turn = np.array([[np.cos(0.4), 0, np.sin(0.4)], [0, 1, 0], [-np.sin(0.4), 0, np.cos(0.4)]])
    cameras[0, :3, :3] = FACING_CAMERA
    cameras[1, :3, :3] = FACING_CAMERA @ turn
    cameras[:, :3, 3] = ((0.01, -0.03, 0.7), (-0.02, 0.02, 0.9))
    photo_expression = np.zeros((2, len(model.expression_names)), np.float32)
    photo_expression[0, model.expression_names.index("jawOpen")] = 0.5
    arrays = {
        "vertices": model.mean,
        "quads": model.quads,
        "quad_part": model.quad_part,
        "part_names": np.array(model.part_names),
        "uv": model.uv,
        "expression_names": np.array(model.expression_names),
        "expression_basis": model.expression_basis,
        "photo_expression": photo_expression,
        "region_names": np.array(list(model.regions)),
        "regions": np.stack(list(model.regions.values())),
        "mirror": model.mirror,
        "hm08_index": model.hm08_index,
        "eye_centre": model.eye_centre,
        "eye_radius": model.eye_radius,
        "camera_from_world": cameras,
        "focal_px": np.array([420.0, 510.0]),
        "principal_px": np.array([[131.0, 149.0], [118.0, 170.0]]),
        "image_size": np.array([PHOTO_SIZE, PHOTO_SIZE]),
    }

    def noise(low: int, high: int, *shape: int, kind: type = np.uint8) -> bytes:
        return png(random.integers(low, high, (MAP_SIZE, MAP_SIZE, *shape)).astype(kind))

    normal = random.normal((32768, 32768, 65535), (900, 900, 0), (MAP_SIZE, MAP_SIZE, 3))
    files = {
        "diffuse_albedo.png": noise(120, 200, 3),
        "specular_albedo.png": noise(100, 140),
        "roughness.png": noise(90, 140),
        "normal.png": png(normal.clip(0, 65535).astype(np.uint16)),
        "provenance.png": noise(0, 255, 3),
        "eye_albedo.png": noise(100, 220, 3),
        "photo_0.png": png(np.full((height, width, 3), 90, np.uint8)),
        "photo_1.png": png(np.full((height, width, 3), 140, np.uint8)),
    }
    fit = {
        "seed": 0,
        "identity": [0.0] * len(model.coarse_identity),
        "expressions": photo_expression.tolist(),
        "versions": {"shape_model": model.version},
    }
    return write_head(folder, arrays, fit, files)


@pytest.fixture
def photos():
    """The list of photos."""
    return bpy.context.scene.relit.photos


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three small pictures."""
    made = [tmp_path / name for name in ("one.png", "two.png", "three.png")]
    for number, path in enumerate(made):
        path.write_bytes(png(np.full((6, 8, 3), 40 * number, np.uint8)))
    return made


@pytest.fixture
def listed(part, files: list[Path]) -> list[Path]:
    """The same, in the list."""
    part("operators.photos.photos").add(bpy.context.scene, files)
    return files


def _told(path: Path, **changes: object) -> dict:
    """What the worker would say of a photo with one face."""
    points = (np.random.default_rng(0).uniform(2, 5, (478, 2))).tolist()
    known = {
        "path": str(path),
        "size": [8, 6],
        "orientation": 1,
        "focal_35mm": None,
        "faces": [{"box": [1.0, 1.0, 4.0, 4.0]}],
        "chosen": 0,
        "landmarks": points,
        "weights": [1.0] * 478,
        "expression_scores": {"jawOpen": 0.2},
        "warnings": [],
        "problem": None,
    }
    return known | changes


@pytest.fixture
def see(part):
    """Keep findings with a photo of the list."""
    look = part("operators.photos.look")

    def give(photo, **changes: object) -> None:
        photo.findings, photo.stamp = json.dumps(_told(Path(photo.path), **changes)), look._stamp(photo)

    return give


@pytest.fixture
def told():
    """Return what the worker would say of a file."""
    return _told


class Recorder:
    """Stands for a layout: keeps texts and operators, and checks that what is named exists."""

    def __init__(self, seen: SimpleNamespace) -> None:
        object.__setattr__(self, "_seen", seen)

    def __setattr__(self, name: str, value: object) -> None:
        assert name in bpy.types.UILayout.bl_rna.properties, name

    def _nested(self, *_: object, **__: object) -> Recorder:
        return Recorder(self._seen)

    box = row = column = split = grid_flow = _nested

    def panel(self, name: str, default_closed: bool = False) -> tuple[Recorder, Recorder]:
        return Recorder(self._seen), Recorder(self._seen)

    def separator(self, **_: object) -> None: ...

    def menu(self, name: str, **_: object) -> None:
        assert hasattr(bpy.types, name), name

    def label(self, text: str = "", icon: str = "NONE", translate: bool = True, **_: object) -> None:
        assert icon in bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items
        self._seen.text += text + " "

    def prop(self, data: object, name: str, **_: object) -> None:
        if name.startswith("["):
            assert name.strip('[]"') in data, name
        else:
            assert name in data.bl_rna.properties, name
        self._seen.properties.append(name)

    def operator(
        self, name: str, text: str | None = None, icon: str = "NONE", depress: bool = False, **_: object
    ) -> SimpleNamespace:
        area, _, function = name.partition(".")
        assert function in dir(getattr(bpy.ops, area)), name
        assert icon in bpy.types.UILayout.bl_rna.functions["operator"].parameters["icon"].enum_items
        self._seen.operators.append(name)
        return SimpleNamespace()

    def progress(self, factor: float, text: str) -> None:
        assert 0 <= factor <= 1
        self._seen.text += text + " "

    def template_list(self, kind: str, *_: object, **__: object) -> None:
        assert hasattr(bpy.types, kind)

    def template_icon(self, icon: int, scale: float) -> None:
        assert icon > 0 and scale > 0
        self._seen.pictures += 1


@pytest.fixture
def draw(part, monkeypatch):
    """Draw a panel by its class name, or the preferences, and return what was seen."""
    # Without a window Blender gives every preview the icon 0.
    monkeypatch.setattr(part("panels.thumbnails"), "icon_of", lambda path, orientation=1: int(Path(path).is_file()))

    def drawn(name: str) -> SimpleNamespace:
        seen = SimpleNamespace(text="", operators=[], properties=[], pictures=0)
        stand_in = SimpleNamespace(layout=Recorder(seen))
        if name == "preferences":
            preferences = part("operators.jobs.worker").preferences()
            for key in set(preferences.bl_rna.properties.keys()) - {"rna_type"}:
                setattr(stand_in, key, getattr(preferences, key))
            stand_in.bl_rna = preferences.bl_rna
            part("preferences").RelitPreferences.draw(stand_in, bpy.context)
        else:
            getattr(bpy.types, name).draw(stand_in, bpy.context)
        return seen

    return drawn
