"""The add-on in a real Blender window: every scenario in ``scenarios/`` is played, its pictures are kept.

Needs a windowed Blender, see :mod:`window`; skips with the reason where there is none. Screenshots and logs go to
``$RELIT_UI_PICTURES``, or to the test's own folder.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SCENARIOS = sorted(path for path in (HERE / "scenarios").glob("*.py") if path.stem != "common")


def _load(name: str):
    specification = importlib.util.spec_from_file_location(f"relit_ui_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


window = _load("window")


@pytest.fixture(scope="session")
def blender(tmp_path_factory: pytest.TempPathFactory):
    """A Blender with the add-on installed from its zip, and a display to show it on."""
    folder = tmp_path_factory.mktemp("blender")
    try:
        found = window.Blender.find(folder / "profile")
        found.install(found.build(folder / "relit.zip"))
        with found.screen():
            yield found
    except window.NoBlender as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def sitter(blender, tmp_path_factory: pytest.TempPathFactory):
    """The demo's photo and a head made from it, None for what this machine cannot have."""
    folder = tmp_path_factory.mktemp("sitter")
    photo = window.demo_photo(folder)
    return photo, window.demo_head(photo, folder)


@pytest.mark.window
@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(blender, sitter, scenario: Path, tmp_path: Path, record_property) -> None:
    """It ends as it should, and Blender complains of nothing meanwhile."""
    if missing := window.what_is_missing(scenario, *sitter):
        pytest.skip(missing)
    kept = os.environ.get("RELIT_UI_PICTURES")
    outcome = blender.play(scenario, Path(kept, scenario.stem) if kept else tmp_path / "pictures", *sitter)
    for name, value in outcome.notes.items():
        record_property(name, value)
    assert not outcome.failure, f"{outcome.failure}\n{outcome.log.read_text('utf-8', errors='replace')[-3000:]}"
    assert not outcome.complaints, outcome.complaints
    assert outcome.pictures, "a scenario shows what it does"
