"""What Blender and the worker say to each other: one JSON object per line, UTF-8.

A worker reads one request from its standard input, or one after the other, and answers with messages on its standard
output. Closing the worker's standard input cancels. Standard library only: both sides import this.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import ClassVar

from .errors import FitError
from .settings import FitSettings

VERSION = 1
SUPERSEDED = '"superseded"'
"""A line that ends the request that is being answered, if any, at its next report."""


class ProtocolError(ValueError):
    """A line that is no message, or no request, of this protocol."""


@dataclass(frozen=True)
class Reconstruct:
    """Make a head from photos.

    Attributes:
        job: The asker's name for this run; every message about it carries it.
        photos: Paths of the photos of one person.
        out: The head folder to make.
        settings: The artist's choices.
        faces: For each photo which face to take, from 0, left to right; where None or missing, the settings' choice.
        pins: For each photo [index, x, y] of the landmarks that the artist has put in place.
        log: Where the asker keeps the worker's standard error; named in messages of failure.
    """

    kind: ClassVar[str] = "reconstruct"
    job: str
    photos: tuple[str, ...]
    out: str
    settings: FitSettings = field(default_factory=FitSettings)
    faces: tuple[int | None, ...] = ()
    pins: tuple[tuple[tuple[float, ...], ...], ...] = ()
    log: str = ""


@dataclass(frozen=True)
class Batch:
    """Make a head of everybody in a folder (`core.batch`); answered by :class:`Finished` with the heads' folder.

    Attributes:
        job: As in :class:`Reconstruct`.
        folder: One sub-folder, or one photo, for each person.
        out: Gets the head folders and the report.
        settings: Of every head.
        log: As in :class:`Reconstruct`.
    """

    kind: ClassVar[str] = "batch"
    job: str
    folder: str
    out: str
    settings: FitSettings = field(default_factory=FitSettings)
    log: str = ""


@dataclass(frozen=True)
class Rehearse:
    """Sleep and report instead of reconstructing, so that tests can drive the seam.

    Attributes:
        job: As in :class:`Reconstruct`.
        seconds: How long the rehearsal takes.
        head: What :class:`Finished` will name. Where nothing is there, a folder is built like a head.
        mishap: ``""``, ``"fit_error"``, ``"unexpected"``, ``"out_of_memory"``, ``"noise"`` (print on the
            standard output), ``"stuck"`` (one long operation that does not report) or ``"crash"``.
        log: As in :class:`Reconstruct`.
    """

    kind: ClassVar[str] = "rehearse"
    job: str
    seconds: float = 1.0
    head: str = ""
    mishap: str = ""
    log: str = ""


@dataclass(frozen=True)
class Look:
    """Say what is to be seen in photos, without reconstructing anything.

    Attributes:
        job: As in :class:`Reconstruct`.
        photos: Paths of photos.
        faces: For each photo which face to look at, from 0, left to right; None, or a missing entry: the largest.
        threads: Of the processor; 0 lets the worker choose.
        log: As in :class:`Reconstruct`.
    """

    kind: ClassVar[str] = "look"
    job: str
    photos: tuple[str, ...]
    faces: tuple[int | None, ...] = ()
    threads: int = 0
    log: str = ""

    @property
    def target(self) -> object:
        """What it is about: a newer request about the same replaces one that waits."""
        return self.photos


@dataclass(frozen=True)
class Edit:
    """Move the sliders of a finished head's skin.

    Attributes:
        job: As in :class:`Reconstruct`.
        head: The head folder, which stays as it is.
        changes: Units by slider, counted from the folder's own maps.
        mirrored: Whether left and right change places.
        maps: An existing folder for the changed maps, as arrays of numpy; answered by :class:`Edited`.
        size: Side of those maps in pixels; 0 for the size of the head's own.
        out: The head folder to make instead; answered by :class:`Finished`.
        paint: For ``out``: a PNG file with alpha, what the artist painted over the changed skin; empty for nothing.
        paint_shows: Whether the paint is seen.
        threads: As in :class:`Look`.
        log: As in :class:`Reconstruct`.
    """

    kind: ClassVar[str] = "edit"
    job: str
    head: str
    changes: dict[str, float]
    mirrored: bool = False
    maps: str = ""
    size: int = 0
    out: str = ""
    paint: str = ""
    paint_shows: bool = True
    threads: int = 0
    log: str = ""

    @property
    def target(self) -> object:
        """As in :class:`Look`."""
        return self.head, self.maps, self.out

    @property
    def gives_way(self) -> bool:
        """Whether anything newer ends it: full-size maps are slow, and whoever wants them asks again."""
        return bool(self.maps) and not self.size


@dataclass(frozen=True)
class Ready:
    """The worker is up and has understood the request. Always its first message."""

    kind: ClassVar[str] = "ready"
    job: str
    version: int = VERSION


@dataclass(frozen=True)
class Progress:
    """The stage the run is in and how much of the whole is done, in [0, 1].

    ``preview`` is the path of a picture worth showing now, or None.
    """

    kind: ClassVar[str] = "progress"
    job: str
    stage: str
    fraction: float
    preview: str | None = None


@dataclass(frozen=True)
class Finished:
    """The head is on disk. The last message of a run that went well."""

    kind: ClassVar[str] = "finished"
    job: str
    head: str


@dataclass(frozen=True)
class Failed:
    """The run stopped. ``hint`` is what the artist can do, ``log`` the file with the details."""

    kind: ClassVar[str] = "failed"
    job: str
    message: str
    hint: str = ""
    log: str = ""


@dataclass(frozen=True)
class Looked:
    """What was seen.

    Attributes:
        job: The request's.
        photos: One object for each photo: ``path``; ``size`` [width, height]; ``faces``, each with its ``box`` [left,
            top, width, height]; ``chosen`` face; ``landmarks`` [[x, y], ...] and their ``weights``;
            ``expression_scores`` by name; ``warnings`` in sentences; ``problem``, a sentence or None.
    """

    kind: ClassVar[str] = "looked"
    job: str
    photos: tuple[dict, ...]


@dataclass(frozen=True)
class Edited:
    """The changed maps lie in a folder as ``NAME.npy``, uint8 or uint16 [size,size] or [size,size,3]; full-size ones as
    ``NAME.png`` too.

    Attributes:
        job: The request's.
        maps: The folder.
        digests: Short names of the maps' contents, by the maps' names.
    """

    kind: ClassVar[str] = "edited"
    job: str
    maps: str
    digests: dict[str, str]


Request = Reconstruct | Batch | Rehearse | Look | Edit
Message = Ready | Progress | Finished | Failed | Looked | Edited
_REQUESTS = {cls.kind: cls for cls in (Reconstruct, Batch, Rehearse, Look, Edit)}
_MESSAGES = {cls.kind: cls for cls in (Ready, Progress, Finished, Failed, Looked, Edited)}
LAST_WORDS = (Finished, Failed, Looked, Edited)
"""Every request is answered by exactly one of these, at its end."""


def encode(message: Message | Request) -> str:
    """Return the message or request as one line, newline included."""
    return json.dumps({"kind": message.kind, "version": VERSION, **asdict(message)}) + "\n"


def decode(line: str) -> Message:
    """Return the message on the line; fields that this version does not know are left out.

    Raises:
        ProtocolError: When the line is no message.
    """
    return _decode(line, _MESSAGES, "message")


def decode_request(line: str) -> Request:
    """Return the request on the line.

    Raises:
        ProtocolError: When the line is no request, or comes from another version of the protocol.
        FitError: When its settings are not allowed.
    """
    request = _decode(line, _REQUESTS, "request")
    if isinstance(request, Reconstruct | Look) and not request.photos:
        raise FitError("No photo was given.", "Add at least one photo of the person.")
    return request


def _decode(line: str, kinds: dict[str, type], what: str):
    try:
        values = json.loads(line)
        cls = kinds[values["kind"]]
        if values.get("version", VERSION) != VERSION:
            raise ProtocolError(f"a {what} of protocol {values['version']}; this side speaks {VERSION}")
        known = {item.name for item in fields(cls)}
        values = {name: value for name, value in values.items() if name in known}
        if "settings" in values:
            values["settings"] = FitSettings.from_dict(values["settings"])
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, ProtocolError):
            raise
        raise ProtocolError(f"not a {what}: {line.strip()[:200]!r}") from error
