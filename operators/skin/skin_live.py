"""The maps follow the sliders: a small preview while a slider moves, the full size when it rests.

What the images show (:mod:`.skin_state`) is compared with what the sliders say whenever something may have come between
them: undo, redo, another file.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy
import numpy as np

from ...core.errors import FitError
from ...core.protocol import Edit, Edited
from ...core.reflectance.skin_code import why_no_code
from ...core.srgb import linear_from_srgb
from ..head import head_shape
from ..head.active_head import is_head
from ..jobs import polling, worker
from ..jobs.run import Problem
from ..jobs.session import session
from ..material import skin_look
from . import paint_layer, skin_maps
from .skin_state import (
    ACCEPTED,
    DIFFUSE,
    SLIDERS,
    choice,
    clean_diffuse,
    find,
    forget,
    forget_missing,
    heads,
    is_painted,
    keep_clean,
    key_of,
    known,
    lift_paint,
    pack_as_shown,
    put_paint_back,
    shown_choice,
    skin_of,
    write_again,
)

PREVIEW_SIZE = 512
REST = 0.4  # seconds without a move or a preview after which the full size follows
FULL = "full"
_quiet = False


def why_not(head_object: bpy.types.Object) -> str:
    """Return why the sliders of a head cannot work; empty when they can."""
    if head_object.library or head_object.override_library or head_object.data.library:
        return f"{head_object.name} is linked from another file: open that file to change its skin."
    if worker.worker_python() is None:
        return " ".join(worker.missing_worker_sentences())
    if not os.path.isdir(bpy.path.abspath(head_object.relit.folder)):
        return f"The head folder {head_object.relit.folder} is gone; the sliders start from the maps in it."
    if DIFFUSE not in skin_maps.images_of(head_object):
        return f"The material of {head_object.name} has no map of its skin any more."
    return ""


def why_not_colour(head_object: bpy.types.Object) -> FitError | None:
    """Return why the sliders that need the reflectance generator cannot work for a head, whatever else can."""
    return why_no_code(Path(bpy.path.abspath(head_object.relit.folder)))


def changed(head_object: bpy.types.Object) -> None:
    """Let the maps of a head follow its sliders; called at every move of one."""
    if _quiet or not is_head(head_object):
        return
    _tell_twins(head_object)
    paint_layer.turn(head_object)
    skin = skin_of(head_object)
    skin.problem, skin.shape_problem = None, _age_shape(head_object)
    if skin.shown == key_of(head_object):
        skin.working = False
        skin_maps.hide_previews(head_object)
    elif not why_not(head_object):
        _ask(head_object, PREVIEW_SIZE)
    _rest_later()


def _age_shape(head_object: bpy.types.Object) -> Problem | None:
    """Let the shape have the age that the slider says, at once; return why it could not."""
    try:
        head_shape.set_age(head_object, round(head_object.relit_skin.age, 4))
    except FitError as error:
        return Problem(error.message, error.hint)
    return None


def follow() -> None:
    """Compare what the images of all heads show with what their sliders say: after undo, redo and loading."""
    forget_missing()
    for head_object in heads():
        put_paint_back(head_object)
        paint_layer.turn(head_object)
        write_again(head_object)
        if not head_object.library and skin_of(head_object).shown != key_of(head_object):
            changed(head_object)
        else:
            skin_maps.hide_previews(head_object)
            _scatter(head_object)


def ask_full_size() -> None:
    """Ask for the full size of every head whose sliders have come to rest."""
    for head_object in heads():
        skin = known(head_object)
        behind = skin is not None and skin.problem is None and skin.shown != key_of(head_object)
        if behind and not why_not(head_object):
            _ask(head_object, 0)


def moved_to(head_object: bpy.types.Object, folder: str) -> None:
    """Let a head start from another folder, whose own maps are what it shows now."""
    head_shape.keep_age(head_object)
    with silence():
        head_object.relit.folder, head_object.relit_paint.mirrored = folder, paint_layer.is_mirrored(head_object)
        for name in SLIDERS:
            setattr(head_object.relit_skin, name, 0.0)
        head_object.relit_skin.mirrored = False
    skin = skin_of(head_object)
    skin.shown = key_of(head_object)
    for image in skin_maps.images_of(head_object).values():
        image[skin_maps.SHOWN] = skin.shown


def when_clean(head_object: bpy.types.Object, then: Callable[[], None]) -> None:
    """Call when it is known what the diffuse map of a head is without paint; the worker is asked where it is not."""
    if clean_diffuse(head_object, skin_of(head_object)) is not None:
        then()
        return

    def take(number: int, key: str, answer: Edited) -> None:
        _take_clean(number, answer)
        then()

    _request(head_object, 0, shown_choice(skin_of(head_object).shown), take)


def _ask(head_object: bpy.types.Object, size: int) -> None:
    if size:
        _request(head_object, size, choice(head_object), _take_preview)
    elif clean_diffuse(head_object, skin_of(head_object)) is None:
        when_clean(head_object, ask_full_size)  # first what the map is without paint, then what it shall be
    else:
        _request(head_object, 0, choice(head_object), _take_full_size)


def _request(
    head_object: bpy.types.Object,
    size: int,
    chosen: tuple[dict[str, float], bool],
    take: Callable[[int, str, Edited], None],
) -> None:
    number, key, skin, (changes, mirrored) = head_object.session_uid, key_of(head_object), skin_of(head_object), chosen
    maps = skin.folder / (str(size) if size else FULL)
    maps.mkdir(parents=True, exist_ok=True)
    skin.working = True
    request = Edit(
        "",
        bpy.path.abspath(head_object.relit.folder),
        changes,
        mirrored,
        str(maps),
        size,
        threads=worker.preferences().threads,
    )
    session.ask(request, lambda answer: take(number, key, answer), lambda problem: _fail(number, key, problem))


def _take_preview(number: int, key: str, answer: Edited) -> None:
    head_object = find(number)
    # An answer that is a move behind is still shown: the newer one is on its way.
    if head_object is not None and skin_of(head_object).shown != key_of(head_object):
        skin_maps.show_previews(head_object, Path(answer.maps), list(answer.digests))
        polling.redraw()
        _rest_later()


def _take_full_size(number: int, key: str, answer: Edited) -> None:
    head_object = find(number)
    if head_object is None or key != key_of(head_object):
        return
    skin = skin_of(head_object)
    accepted = skin.folder / ACCEPTED
    accepted.mkdir(exist_ok=True)
    if skin.digests.get(DIFFUSE) != answer.digests.get(DIFFUSE):
        lift_paint(head_object)
    for name, image in skin_maps.images_of(head_object).items():
        if name not in answer.digests:
            continue
        png = accepted / f"{name}.png"
        for suffix in (".png", ".npy"):
            shutil.move(Path(answer.maps) / f"{name}{suffix}", png.with_suffix(suffix))
        if skin.digests.get(name) != answer.digests[name]:
            pixels = np.load(png.with_suffix(".npy"), allow_pickle=False)
            skin_maps.write(image, pixels, png.read_bytes(), key)
            if name == DIFFUSE:
                skin.colour = _skin_colour(head_object, pixels)
        elif image.get(skin_maps.SHOWN) == skin.shown:
            image[skin_maps.SHOWN] = key
        else:  # undo has taken the packed file back
            skin_maps.repack(image, png.read_bytes(), key)
    skin.shown, skin.digests, skin.working = key, answer.digests, False
    skin.mirrored = paint_layer.is_mirrored(head_object)
    _scatter(head_object)
    skin_maps.hide_previews(head_object)
    polling.redraw()


def _skin_colour(head_object: bpy.types.Object, diffuse: np.ndarray) -> np.ndarray | None:
    """Return the linear colour [3] of bare skin on a diffuse map [H, W, 3] of bytes, row 0 at the top."""
    skin = skin_of(head_object)
    if skin.bare is None and skin_look.skin_material(head_object) is not None:
        skin.bare = skin_look.bare_skin_uv(head_object)
    if skin.bare is None or not len(skin.bare):
        return None
    return np.median(linear_from_srgb(skin_look.at_uv(diffuse[::-1], skin.bare) / np.float32(255)), axis=0)


def _scatter(head_object: bpy.types.Object) -> None:
    """Let light go as deep as it does in skin of the colour that is shown; undo may have taken that back."""
    skin = known(head_object)
    if skin is not None and skin.colour is not None:
        skin_look.follow_colour(head_object, skin.colour)


def _take_clean(number: int, answer: Edited) -> None:
    head_object = find(number)
    if head_object is not None:
        clean = np.load(Path(answer.maps) / f"{DIFFUSE}.npy", allow_pickle=False)
        keep_clean(skin_of(head_object), clean, answer.digests[DIFFUSE])


def _fail(number: int, key: str, problem: Problem) -> None:
    head_object = find(number)
    if head_object is None:
        return
    skin_maps.hide_previews(head_object)
    skin = skin_of(head_object)
    skin.working = False
    if key == key_of(head_object):
        skin.problem = problem
    polling.redraw()


def _tell_twins(head_object: bpy.types.Object) -> None:
    """Heads that share their maps, as duplicates do, share their sliders: one of them has been moved."""
    own = skin_maps.images_of(head_object).get(DIFFUSE)
    with silence():
        for other in heads():
            if other != head_object and own and skin_maps.images_of(other).get(DIFFUSE) == own:
                for name in (*SLIDERS, "mirrored"):
                    setattr(other.relit_skin, name, getattr(head_object.relit_skin, name))
                _age_shape(other)


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Set sliders without being told of it."""
    global _quiet
    before, _quiet = _quiet, True
    try:
        yield
    finally:
        _quiet = before


def _rest_later() -> None:
    if bpy.app.background:  # no timer runs there
        return
    if bpy.app.timers.is_registered(_rest):
        bpy.app.timers.unregister(_rest)
    bpy.app.timers.register(_rest, first_interval=REST)


def _rest() -> float | None:
    if session.busy:  # with the preview: a slider rests when the artist has seen where
        return REST
    ask_full_size()
    return None


@bpy.app.handlers.persistent
def _stepping(*_: object) -> None:
    for head_object in heads():
        if not head_object.library:
            skin_maps.hide_previews(head_object)
            paint_layer.let_go(head_object)


@bpy.app.handlers.persistent
def _stepped(*_: object) -> None:
    for head_object in heads():
        if not head_object.library:
            paint_layer.take_up(head_object)
    follow()


@bpy.app.handlers.persistent
def _loaded(*_: object) -> None:
    forget()
    follow()


@bpy.app.handlers.persistent
def _saving(*_: object) -> None:
    """See to it that the file gets what the images show: undo has taken packed files back, but not the pixels."""
    for head_object in heads():
        if head_object.library:
            continue
        skin_maps.hide_previews(head_object)
        paint_layer.pack(head_object.relit_paint.layer)
        head_object.relit_paint.cleared = None
        skin = known(head_object)
        for name, image in skin_maps.images_of(head_object).items():
            if name == DIFFUSE and is_painted(image, skin):
                paint_layer.pack(image)
            elif skin is not None:
                pack_as_shown(name, image, skin)


_HANDLERS = (
    ("undo_pre", _stepping),
    ("redo_pre", _stepping),
    ("undo_post", _stepped),
    ("redo_post", _stepped),
    ("load_post", _loaded),
    ("save_pre", _saving),
)


def register() -> None:
    """Notice what may come between sliders and maps."""
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    """Notice nothing any more, and remove the temporary files."""
    if bpy.app.timers.is_registered(_rest):
        bpy.app.timers.unregister(_rest)
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).remove(handler)
    forget()
