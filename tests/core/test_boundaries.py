"""Who may import whom: the architecture page, executed."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SEAM = {
    "core.protocol",
    "core.settings",
    "core.durations",
    "core.batch",
    "core.batch_report",
    "core.head",
    "core.errors",
}
NUMPY_ONLY = {
    "core.photos.face_parts",
    "core.shape.morphable",
    "core.camera",
    "core.shape.correctives",
    "core.shape.expressions",
    "core.shape.face_capture",
    "core.fitting.fit",
    "core.fitting.geometry",
    "core.fitting.landmark_model",
    "core.shape.lashes",
    "core.render.photo_light",
    "core.reflectance.skin_code",
    "core.reflectance.tone",
    "core.reflectance.relief",
    "core.shape.shape_age",
    "core.shape.shape_sliders",
    "core.reflectance.skin_optics",
    "core.srgb",
}
BLENDER = {"bpy", "bmesh", "mathutils", "gpu", "bl_ext"}
BLENDER_SIDE = {"operators", "panels", "properties", "preferences"}
TRAINING = ("shape", "skin", "albedo", "dataset", "generator", "directions")
HEAVY = {"torch", "scipy", "cv2", "PIL", "skimage", "trimesh", "ai_edge_litert"}


def files(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, at_module_level: bool = False) -> set[str]:
    """Return the dotted names that the file imports, relative ones resolved against the checkout."""
    package = path.relative_to(ROOT).parent.parts
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in _nodes(tree) if at_module_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join((*base, *filter(None, [node.module])))
            names |= {stem, *(f"{stem}.{alias.name}".lstrip(".") for alias in node.names)}
    return names - {""}


def _nodes(tree: ast.AST):
    """Walk what runs on import: not the bodies of functions, not what only type checkers read."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _nodes(node)


def roots(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def modules_of_core(names: set[str]) -> set[str]:
    """Return the modules of core among the names, without the names taken from inside them."""
    found = set()
    for name in names:
        parts = name.split(".")
        while parts and parts[0] == "core" and not _is_module(parts):
            parts.pop()
        if parts[:1] == ["core"] and len(parts) > 1:
            found.add(".".join(parts))
    return found


def _is_module(parts: list[str]) -> bool:
    path = ROOT.joinpath(*parts)
    return path.is_dir() or path.with_suffix(".py").is_file()


def module_file(name: str) -> Path:
    path = ROOT.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def reached_on_import(name: str) -> set[str]:
    """Return everything that importing a module of core imports, through other modules of core too."""
    seen, names, todo = set(), set(), {name}
    while todo:
        current = todo.pop()
        seen.add(current)
        if not module_file(current).is_file():
            continue
        here = imports(module_file(current), at_module_level=True)
        names |= here
        todo |= modules_of_core(here) - seen
    return names


@pytest.mark.parametrize("path", files("core/**/*.py"), ids=name_of)
def test_core_never_imports_blender_nor_its_side(path: Path) -> None:
    assert not roots(imports(path)) & (BLENDER | BLENDER_SIDE | {"vendor_install", "training", "benchmarks"})


@pytest.mark.parametrize("path", files("core/**/*.py"), ids=name_of)
def test_core_imports_itself_only_relatively(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert "core" not in roots({alias.name for alias in node.names})
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert node.module.split(".")[0] not in {"core", "relit"}


def test_core_itself_is_a_docstring() -> None:
    tree = ast.parse((ROOT / "core/__init__.py").read_text(encoding="utf-8"))
    assert len(tree.body) == 1 and ast.get_docstring(tree)


@pytest.mark.parametrize(
    "path", files("operators/**/*.py", "panels/**/*.py", "properties/**/*.py", "preferences.py"), ids=name_of
)
def test_blenders_side_reaches_only_the_seam(path: Path) -> None:
    names = imports(path)
    assert modules_of_core(names) <= SEAM | NUMPY_ONLY | {name.rpartition(".")[0] for name in NUMPY_ONLY}
    assert not roots(names) & HEAVY


@pytest.mark.parametrize("path", files("panels/**/*.py"), ids=name_of)
def test_panels_only_draw(path: Path) -> None:
    assert not roots(imports(path)) & {"subprocess", "threading", "socket", "urllib", "numpy"}


@pytest.mark.parametrize("name", sorted(SEAM))
def test_the_seam_needs_only_numpy_and_the_standard_library(name: str) -> None:
    allowed = (
        set(sys.stdlib_module_names)
        | {"core"}
        | ({"numpy"} if name in {"core.head", "core.batch", "core.batch_report"} else set())
    )
    assert roots(reached_on_import(name)) <= allowed


@pytest.mark.parametrize("name", sorted(NUMPY_ONLY))
def test_what_blender_computes_itself_needs_only_numpy(name: str) -> None:
    assert roots(reached_on_import(name)) <= set(sys.stdlib_module_names) | {"core", "numpy"}


@pytest.mark.parametrize("name", ["core.worker", "core.__main__"])
def test_the_entry_points_start_without_torch(name: str) -> None:
    assert not roots(reached_on_import(name)) & HEAVY


def test_the_installer_runs_alone() -> None:
    assert roots(imports(ROOT / "vendor_install.py")) <= set(sys.stdlib_module_names)


def test_the_extension_imports_nothing_before_register() -> None:
    assert imports(ROOT / "__init__.py", at_module_level=True) <= {"__future__", "__future__.annotations"}


@pytest.mark.parametrize(
    "path", files("*.py", "core/**/*.py", "operators/**/*.py", "panels/**/*.py", "properties/**/*.py"), ids=name_of
)
def test_nothing_that_ships_imports_training_or_benchmarks(path: Path) -> None:
    assert not roots(imports(path)) & {"training", "benchmarks", "tests", "pytest"}


@pytest.mark.parametrize("path", files("training/[a-z]*/*.py"), ids=name_of)
def test_a_folder_of_training_imports_no_command_and_only_folders_above_it(path: Path) -> None:
    above = TRAINING[: TRAINING.index(path.parent.name) + 1]
    assert {name.split(".")[1] for name in imports(path) if name.startswith("training.")} <= set(above)


def test_the_check_itself_resolves_relative_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "core").mkdir()
    (tmp_path / "operators").mkdir()
    (tmp_path / "core/render.py").write_text("import torch\n")
    source = tmp_path / "operators/fit.py"
    source.write_text("from ..core.render import draw\n\n\ndef later():\n    import cv2\n")
    assert modules_of_core(imports(source)) == {"core.render"}
    assert "cv2" in imports(source) and "cv2" not in imports(source, at_module_level=True)
    assert "torch" in reached_on_import("core.render")
