"""Reading takes of Live Link Face: times, units, angles, and damaged files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import FitError
from core.shape.expressions import UNITS
from core.shape.face_capture import read_capture

ANGLES = [f"{part}{way}" for part in ("Head", "LeftEye", "RightEye") for way in ("Yaw", "Pitch", "Roll")]
HEADER = ["Timecode", "BlendShapeCount", *(unit[0].upper() + unit[1:] for unit in UNITS), *ANGLES]


def take(path: Path, frames: int = 90, rate: int = 60, start: int = 100, degrees: bool = False) -> Path:
    """Write a take in which the jaw opens steadily and the head turns."""
    lines = [",".join(HEADER)]
    for number in range(frames):
        second, frame = divmod(start + number, rate)
        values = dict.fromkeys(HEADER[2:], 0.0)
        values |= {
            "JawOpen": number / (frames - 1),
            "HeadYaw": 0.5 * number / (frames - 1) * (57.2958 if degrees else 1),
        }
        code = f"23:59:{second:02d}:{frame:02d}.500"
        lines.append(",".join([code, "61", *(f"{value:.6f}" for value in values.values())]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("rate", [30, 60])
def test_a_take_is_read(tmp_path: Path, rate: int) -> None:
    capture = read_capture(take(tmp_path / "take.csv", 3 * rate, rate))
    assert set(capture.units) == set(UNITS)
    assert np.allclose(capture.seconds, np.arange(3 * rate) / rate, atol=1e-6)
    assert np.allclose(capture.units["jawOpen"], np.linspace(0, 1, 3 * rate), atol=1e-5)
    assert capture.units["jawLeft"].max() == 0
    assert capture.head[-1] == pytest.approx([0.5, 0, 0])


def test_degrees_are_recognised(tmp_path: Path) -> None:
    assert read_capture(take(tmp_path / "take.csv", degrees=True)).head[-1, 0] == pytest.approx(0.5, abs=1e-4)


def test_resampling_keeps_time(tmp_path: Path) -> None:
    capture = read_capture(take(tmp_path / "take.csv", 121)).resampled(24.0)
    assert len(capture.seconds) == 49 and capture.units["jawOpen"][24] == pytest.approx(0.5, abs=1e-3)


def test_a_take_over_midnight(tmp_path: Path) -> None:
    path = take(tmp_path / "take.csv", 60, start=59 * 60 + 30)
    path.write_text(path.read_text().replace("23:59:60:", "00:00:00:"))
    assert np.allclose(np.diff(read_capture(path).seconds), 1 / 60, atol=1e-6)


def test_a_sample_that_was_written_twice_counts_once(tmp_path: Path) -> None:
    path = take(tmp_path / "take.csv", 60)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:20], lines[19], *lines[20:]]))
    assert len(read_capture(path).seconds) == 60


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: "", "no face capture"),
        (lambda text: "a,b\n1,2\n", "no columns called Timecode"),
        (lambda text: text.splitlines()[0], "holds no samples"),
        (lambda text: text.replace("23:59:01:41.500", "yesterday"), "Row 3 of take.csv has no timecode"),
        (lambda text: text.replace("0.011236", "much"), "Row 3 of take.csv is damaged"),
        (lambda text: text[:-40], "Row 91 of take.csv is damaged"),
        (lambda text: text.replace("0.011236", "nan"), "no numbers"),
    ],
    ids=["empty", "other CSV", "header only", "timecode", "word", "cut off", "nan"],
)
def test_bad_files_give_one_sentence(tmp_path: Path, damage, message: str) -> None:
    path = take(tmp_path / "take.csv")
    text = damage(path.read_text())
    assert text != path.read_text()
    path.write_text(text)
    with pytest.raises(FitError) as caught:
        read_capture(path)
    assert message in caught.value.message and caught.value.hint


def test_where_no_face_was_seen_is_bridged(tmp_path: Path) -> None:
    path = take(tmp_path / "take.csv", 60)
    lines = path.read_text().splitlines()
    for number in range(20, 30):
        lines[number] = ",".join([*lines[number].split(",")[:1], "0"])
    path.write_text("\n".join(lines))
    capture = read_capture(path)
    assert len(capture.seconds) == 50
    assert np.allclose(capture.resampled(60).units["jawOpen"], np.linspace(0, 1, 60), atol=1e-4)


def test_a_picture_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff\xfe")
    for name, message in (("a.csv", "is no"), ("gone.csv", "cannot be read")):
        with pytest.raises(FitError, match=message):
            read_capture(tmp_path / name)
