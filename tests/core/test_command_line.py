"""The command line, as a person types it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core import __main__ as command_line
from core.errors import FitError
from core.head import write_head
from core.mapfiles import encode_png
from core.settings import FitSettings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def head(head_arrays: dict, tmp_path: Path) -> Path:
    """The small head on disk."""
    fit = {"settings": FitSettings().to_dict(), "warnings": ["The face is small."]}
    files = {"diffuse_albedo.png": encode_png(np.ones((4, 4, 3)))}
    return write_head(tmp_path / "ada", head_arrays, fit, files)


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch, head: Path) -> list:
    """Stand in for the method; returns the list of what it was asked."""
    asked: list = []

    class Pipeline:
        @staticmethod
        def fit_head(photos, out, settings, report, pins) -> Path:
            asked.append((photos, out, settings, *pins))
            report("Reading the photos", 0.1)
            report("Fitting the shape", 0.5)
            if photos[0].name == "blank.jpg":
                raise FitError("No face was found in blank.jpg.", "Choose a photo that shows the face.")
            if photos[0].name == "odd.jpg":
                raise ZeroDivisionError("odd")
            return head

    monkeypatch.setitem(sys.modules, "core.pipeline", Pipeline)
    return asked


def test_pins_are_read_by_file_name(pipeline, tmp_path: Path, capsys) -> None:
    pins = tmp_path / "pins.json"
    pins.write_text('{"b.jpg": [[61, 12.5, 40], [1, 3, 4]]}')
    typed = ["reconstruct", "a.jpg", "b.jpg", "--out", "x", "--pins", str(pins)]
    assert command_line.main(typed) == 0
    assert pipeline[0][3:] == ([], [(61, 12.5, 40.0), (1, 3.0, 4.0)])
    for text, word in (('{"c.jpg": []}', "pins for c.jpg"), ('{"a.jpg": [[1]]}', "no pins"), ("[", "no pins")):
        pins.write_text(text)
        assert command_line.main(typed) == 2
        assert word in capsys.readouterr().err


def test_reconstruct_passes_on_what_was_typed(pipeline, capsys, head: Path) -> None:
    typed = "reconstruct a.jpg b.jpg --out x --device cpu --size 512 --seed 3"
    typed += " --quality draft --face 1 --threads 2"
    assert command_line.main(typed.split()) == 0
    settings = FitSettings("draft", 512, "cpu", 3, 2, 1)
    assert pipeline == [([Path("a.jpg"), Path("b.jpg")], Path("x"), settings)]
    output = capsys.readouterr()
    assert f"{head} is ready after" in output.out
    assert output.err.splitlines()[0].startswith(" 10%  Reading the photos")
    assert "Note: The face is small." in output.err


def test_what_goes_wrong_is_one_sentence_and_a_hint(pipeline, capsys) -> None:
    assert command_line.main(["reconstruct", "blank.jpg", "--out", "x"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2:] == ["No face was found in blank.jpg.", "Choose a photo that shows the face."]
    assert not any("Traceback" in line for line in lines)


def test_what_nobody_expected_keeps_its_traceback(pipeline, capsys) -> None:
    assert command_line.main(["reconstruct", "odd.jpg", "--out", "x"]) == 2
    errors = capsys.readouterr().err
    assert "Traceback" in errors
    assert errors.splitlines()[-2] == "Something unexpected went wrong: ZeroDivisionError: odd."


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "required: command"),
        ("paint x", "invalid choice: 'paint'"),
        ("reconstruct --out x", "required: PHOTO"),
        ("reconstruct a.jpg", "required: --out"),
        ("reconstruct a.jpg --out x --size 700", "invalid choice: 700"),
        ("reconstruct a.jpg --out x --seed -4", "The seed is -4"),
        ("render x --out y", "--photo --hdri is required"),
        ("export x --obj a --glb b", "not allowed with"),
        ("info nowhere", "There is no head folder at nowhere."),
    ],
)
def test_wrong_arguments_get_a_sentence_and_a_hint(typed: str, words: str, capsys) -> None:
    assert command_line.main(typed.split()) == 2
    message, hint = capsys.readouterr().err.splitlines()
    assert words in message and message.endswith(".") and hint.endswith(".")


def test_info_says_what_the_head_holds(head: Path, capsys) -> None:
    assert command_line.main(["info", str(head)]) == 0
    text = capsys.readouterr().out
    for words in (
        "12 vertices, 7 quads",
        "100 x 100 x 110 mm",
        "640 x 480 px, focal length 900",
        "diffuse_albedo",
    ):
        assert words in text
    assert "warning: The face is small." in text


def test_export_writes_the_expression_that_was_asked_for(head: Path, tmp_path: Path) -> None:
    for options, corner in (
        ([], "v 0.100000 0.100000 0.1"),
        (["--neutral"], "v 0.100000 0.100000 0.1"),
        (["--photo", "0"], "v 0.100000 0.110"),
    ):
        target = tmp_path / "new" / "head.obj"
        assert command_line.main(["export", str(head), "--obj", str(target), *options]) == 0
        assert corner in target.read_text()
    assert command_line.main(["export", str(head), "--glb", str(tmp_path / "head.glb")]) == 0
    assert (tmp_path / "head.glb").read_bytes()[:4] == b"glTF"


@pytest.mark.parametrize("command", ["export --glb", "render --out"])
def test_a_photo_that_is_not_there_is_told(command: str, head: Path, tmp_path: Path, capsys) -> None:
    verb, option = command.split()
    target = tmp_path / ("x.glb" if verb == "export" else "x.png")
    assert command_line.main([verb, str(head), option, str(target), "--photo", "3"]) == 2
    assert capsys.readouterr().err.startswith("The head ada has no photo 3; it was made from 1.")


@pytest.mark.parametrize("command", ["export --glb x.obj", "export --obj x", "render --photo 0 --out x.jpg"])
def test_a_file_name_of_another_format_is_told(command: str, head: Path, capsys) -> None:
    verb, *rest = command.split()
    assert command_line.main([verb, str(head), *rest]) == 2
    assert "does not end in ." in capsys.readouterr().err


def test_a_target_that_cannot_be_written_is_told(head: Path, tmp_path: Path, capsys) -> None:
    target = head / "fit.json" / "head.obj"
    assert command_line.main(["export", str(head), "--obj", str(target)]) == 2
    assert "could not be written" in capsys.readouterr().err


def test_doctor_names_what_is_missing(monkeypatch, capsys) -> None:
    from core import doctor

    monkeypatch.setattr(doctor, "PACKAGES", ("numpy", "nosuchpackage"))
    monkeypatch.setattr(doctor, "available", lambda name: True)
    assert command_line.main(["doctor"]) == 2
    output = capsys.readouterr()
    assert "ok      numpy" in output.out and "MISSING nosuchpackage is not installed" in output.out
    assert "a fit runs on the CPU unless CUDA is chosen; torch could use: " in output.out
    assert "vendor_install.py install" in output.err


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process on Windows")
def test_ctrl_c_ends_with_130_and_one_line(tmp_path: Path) -> None:
    source = (
        "import signal, sys, time, types\n"
        # Tests that were started in the background inherit that Ctrl-C is ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "pipeline = types.ModuleType('core.pipeline')\n"
        "def fit_head(photos, out, settings, report, **_):\n"
        "    from core.head import new_head_folder\n"
        "    with new_head_folder(out):\n"
        "        report('Fitting the shape', 0.5)\n"
        "        time.sleep(60)\n"
        "pipeline.fit_head = fit_head\n"
        "sys.modules['core.pipeline'] = pipeline\n"
        "from core.__main__ import main\n"
        "sys.exit(main(['reconstruct', 'a.jpg', '--out', 'head']))\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", source],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert "Fitting the shape" in child.stderr.readline()
    time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=30)
    assert child.returncode == 130
    assert errors.split("\n")[-2] == "Cancelled; nothing was written."
    assert "Traceback" not in errors
    assert os.listdir(tmp_path) == []
