"""The words between Blender and the worker."""

from __future__ import annotations

import json

import pytest

from core.errors import FitError
from core.protocol import (
    VERSION,
    Edit,
    Edited,
    Failed,
    Finished,
    Look,
    Looked,
    Progress,
    ProtocolError,
    Ready,
    Reconstruct,
    Rehearse,
    decode,
    decode_request,
    encode,
)
from core.settings import FitSettings

MESSAGES = [
    Ready("a"),
    Progress("a", "Fitting the shape", 0.25),
    Progress("a", "Fitting the shape", 0.5, "/tmp/préview 1.png"),
    Finished("a", "C:\\heads\\Zoë"),
    Failed("a", "No face\nwas found.", "Choose another photo.", "worker.log"),
    Looked("a", ({"path": "one.jpg", "faces": [{"box": [1, 2, 3, 4]}], "problem": None},)),
    Edited("a", "/tmp/maps", {"normal": "0a1b"}),
]
REQUESTS = [
    Reconstruct("a", ("one.jpg", "two \u2028.png"), "out", FitSettings(map_size=512, face=2), "log"),
    Rehearse("b", 0.5, "head", "stuck"),
    Look("c", ("one.jpg", "two.jpg"), (None, 1)),
    Edit("d", "head", {"redness": -1.5}, True, "/tmp/maps", 256),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.kind)
def test_a_message_survives_the_pipe(message) -> None:
    line = encode(message)
    assert line.endswith("\n") and len(line.splitlines()) == 1
    assert decode(line) == message


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.kind)
def test_a_request_survives_the_pipe(request_) -> None:
    line = encode(request_)
    assert len(line.splitlines()) == 1
    assert decode_request(line) == request_


def test_a_field_of_a_later_version_is_left_out() -> None:
    values = json.loads(encode(Finished("a", "head")))
    assert decode(json.dumps({**values, "mood": "good"})) == Finished("a", "head")


@pytest.mark.parametrize("line", ["", "noise", "[]", "3", '{"kind": "finished"}', '{"job": "a"}', '{"kind": []}'])
def test_anything_else_is_a_protocol_error_that_shows_the_line(line: str) -> None:
    with pytest.raises(ProtocolError, match="not a message"):
        decode(line)


def test_another_protocol_is_named_with_both_versions() -> None:
    with pytest.raises(ProtocolError, match=f"protocol {VERSION + 1}; this side speaks {VERSION}"):
        decode(json.dumps({"kind": "ready", "job": "a", "version": VERSION + 1}))


def test_a_request_without_photos_is_told_to_the_artist() -> None:
    with pytest.raises(FitError, match="No photo was given"):
        decode_request(encode(Reconstruct("a", (), "out")))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"quality": "superb"}, "quality is 'superb'; it must be one of draft, standard, best"),
        ({"map_size": 1000}, "map size is 1000"),
        ({"map_size": True}, "map size is True"),
        ({"device": "tpu"}, "device is 'tpu'"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"threads": -2}, "number of threads is -2"),
        ({"face": -1}, "face is -1"),
        ({"shine": 3}, "unknown names: shine"),
    ],
)
def test_settings_that_are_not_allowed_are_refused_with_what_is(values: dict, words: str) -> None:
    with pytest.raises(FitError, match=words):
        FitSettings.from_dict(values)


def test_quality_decides_the_stages() -> None:
    draft, best = FitSettings(quality="draft"), FitSettings(quality="best")
    assert draft.geometry != best.geometry or draft.appearance != best.appearance
