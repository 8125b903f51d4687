"""The maps follow the sliders: a small preview while a slider moves, the full size when it rests.

The sliders are properties: saved, undone and redone by Blender. Pixels are none of that, so what the images show is
kept here, and compared with what the sliders say whenever something may have come between them.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import bpy
import numpy as np

from ..core.protocol import Edit, Edited
from . import paint_layer, polling, skin_maps, worker
from .active_head import is_head
from .run import Problem
from .session import session

SLIDERS = ("skin_tone", "redness", "masculinity", "stubble", "freckles", "wrinkles", "shine", "roughness")
PREVIEW_SIZE = 512
REST = 0.4  # seconds without a move after which the full size follows
FULL, ACCEPTED = "full", "accepted"
DIFFUSE = "diffuse_albedo"
LIFTS_KEPT = 8


@dataclass(eq=False)
class Skin:
    """What is known of one head's maps.

    Attributes:
        shown: Key of what the head's own images show.
        digests: Of the maps that were written into them, by name.
        lifts: The last times that paint was lifted from the diffuse map, the newest last.
        problem: Why the maps could not follow.
        working: Whether an answer is still to come.
    """

    shown: str
    folder: Path
    digests: dict[str, str] = field(default_factory=dict)
    lifts: list[paint_layer.Lift] = field(default_factory=list)
    problem: Problem | None = None
    working: bool = False


_skins: dict[int, Skin] = {}
"""By the session id of the diffuse map."""
_folder: Path | None = None
_quiet = False


def key_of(head_object: bpy.types.Object) -> str:
    """Return a name for what the sliders of a head say."""
    name, (changes, mirrored) = _folder_name(head_object), choice(head_object)
    return json.dumps([name, changes, mirrored] if changes or mirrored else [name], sort_keys=True)


def choice(head_object: bpy.types.Object) -> tuple[dict[str, float], bool]:
    """Return the sliders of a head that are not at zero, and whether left and right change places."""
    skin = head_object.relit_skin
    changes = {name: round(getattr(skin, name), 4) for name in SLIDERS}
    return {name: value for name, value in changes.items() if value}, skin.mirrored


def skin_of(head_object: bpy.types.Object) -> Skin:
    """Return what is known of a head's maps; heads that share their diffuse map share it."""
    image = skin_maps.images_of(head_object).get(DIFFUSE)
    number = image.session_uid if image is not None else 0
    if number not in _skins:
        shown = image.get(skin_maps.SHOWN) if image is not None else None
        _skins[number] = Skin(shown or _base_key(head_object), _head_folder(number))
    return _skins[number]


def state(head_object: bpy.types.Object) -> tuple[Problem | None, bool]:
    """Return why the maps of a head could not follow its sliders, and whether they are on their way."""
    skin = _known(head_object)
    return (None, False) if skin is None else (skin.problem, skin.working)


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


def changed(head_object: bpy.types.Object) -> None:
    """Let the maps of a head follow its sliders; called at every move of one."""
    if _quiet or not is_head(head_object):
        return
    _tell_twins(head_object)
    skin = skin_of(head_object)
    skin.problem = None
    if skin.shown == key_of(head_object):
        skin.working = False
        skin_maps.hide_previews(head_object)
    elif not why_not(head_object):
        _ask(head_object, PREVIEW_SIZE)
    _rest_later()


def follow() -> None:
    """Compare what the images of all heads show with what their sliders say: after undo, redo and loading."""
    heads = _heads()
    for number in _skins.keys() - {image.session_uid for image in bpy.data.images}:
        del _skins[number]  # should redo bring the image back, it is read from its packed file
    for head_object in heads:
        _put_paint_back(head_object)
        _write_again(head_object)
        if not head_object.library and skin_of(head_object).shown != key_of(head_object):
            changed(head_object)
        else:
            skin_maps.hide_previews(head_object)


def ask_full_size() -> None:
    """Ask for the full size of every head whose sliders have come to rest."""
    for head_object in _heads():
        skin = _known(head_object)
        behind = skin is not None and skin.problem is None and skin.shown != key_of(head_object)
        if behind and not why_not(head_object):
            _ask(head_object, 0)


def lift_paint(head_object: bpy.types.Object) -> bool:
    """Lift what the artist painted on the diffuse map into the paint layer.

    Returns:
        Whether it is known what the map was without paint; it is asked for otherwise.
    """
    skin = skin_of(head_object)
    clean = _clean_diffuse(head_object, skin)
    if clean is None:
        return False
    lifted = paint_layer.lift(head_object, clean)
    if lifted is not None:
        skin.lifts = [*skin.lifts, lifted][-LIFTS_KEPT:]
    return True


def find(number: int) -> bpy.types.Object | None:
    """Return the head with a session id, None where it was deleted."""
    return next((head_object for head_object in _heads() if head_object.session_uid == number), None)


def moved_to(head_object: bpy.types.Object, folder: str) -> None:
    """Let a head start from another folder, whose own maps are what it shows now."""
    with silence():
        head_object.relit.folder = folder
        for name in SLIDERS:
            setattr(head_object.relit_skin, name, 0.0)
        head_object.relit_skin.mirrored = False
    skin = skin_of(head_object)
    skin.shown = key_of(head_object)
    for image in skin_maps.images_of(head_object).values():
        image[skin_maps.SHOWN] = skin.shown


def _ask(head_object: bpy.types.Object, size: int) -> None:
    number, key, take = head_object.session_uid, key_of(head_object), _take_preview if size else _take_full_size
    skin, (changes, mirrored) = skin_of(head_object), choice(head_object)
    if (
        not size and _clean_diffuse(head_object, skin) is None
    ):  # first what the map is without paint, then what it shall be
        take = _take_clean
        changes, mirrored = [*json.loads(skin.shown)[1:], {}, False][:2]
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
        elif image.get(skin_maps.SHOWN) == skin.shown:
            image[skin_maps.SHOWN] = key
        else:  # undo has taken the packed file back
            skin_maps.repack(image, png.read_bytes(), key)
    skin.shown, skin.digests, skin.working = key, answer.digests, False
    skin_maps.hide_previews(head_object)
    polling.redraw()


def _take_clean(number: int, key: str, answer: Edited) -> None:
    head_object = find(number)
    if head_object is None:
        return
    skin = skin_of(head_object)
    clean = np.load(Path(answer.maps) / f"{DIFFUSE}.npy", allow_pickle=False)
    _keep_clean(skin, clean, answer.digests[DIFFUSE])
    ask_full_size()


def _clean_diffuse(head_object: bpy.types.Object, skin: Skin) -> np.ndarray | None:
    """Return the diffuse map as it was written, ``[H, W, 3]`` uint8; None where that cannot be told here."""
    if DIFFUSE in skin.digests:
        return np.load(skin.folder / ACCEPTED / f"{DIFFUSE}.npy", allow_pickle=False)
    image, clean = skin_maps.images_of(head_object).get(DIFFUSE), None
    if skin.shown == _base_key(head_object):
        clean = skin_maps.read_file(Path(bpy.path.abspath(head_object.relit.folder)) / f"{DIFFUSE}.png")
    elif image is not None and skin_maps.is_as_packed(image):
        packed = skin.folder / f"{DIFFUSE}.png"
        packed.parent.mkdir(parents=True, exist_ok=True)
        packed.write_bytes(image.packed_file.data)
        clean = skin_maps.read_file(packed)
    if clean is None:
        return None
    clean = np.ascontiguousarray(clean[..., :3])
    _keep_clean(skin, clean, skin_maps.digest_of(clean))
    return clean


def _keep_clean(skin: Skin, clean: np.ndarray, digest: str) -> None:
    (skin.folder / ACCEPTED).mkdir(parents=True, exist_ok=True)
    np.save(skin.folder / ACCEPTED / f"{DIFFUSE}.npy", clean, allow_pickle=False)
    skin.digests[DIFFUSE] = digest


def _put_paint_back(head_object: bpy.types.Object) -> None:
    """Undo lifting with what it was lifted for: below is a stroke on the map itself, which Blender undoes there."""
    skin = _known(head_object)
    while skin is not None and skin.lifts and skin.lifts[-1].number > head_object.relit_paint.lifted:
        lifted = skin.lifts.pop()
        paint_layer.put_back(head_object, lifted)
        clean = lifted.clean.pixels()
        _keep_clean(skin, clean, skin_maps.digest_of(clean))
        skin.shown = ""  # the diffuse map has gone back, the others have not


def _write_again(head_object: bpy.types.Object) -> None:
    """Write maps again that undo has read from the packed files of a former step."""
    skin = _known(head_object)
    if skin is None:
        return
    for name, image in skin_maps.images_of(head_object).items():
        png = skin.folder / ACCEPTED / f"{name}.png"
        if skin.shown and image.get(skin_maps.SHOWN) != skin.shown and not image.is_dirty and png.is_file():
            pixels = np.load(png.with_suffix(".npy"), allow_pickle=False)
            skin_maps.write(image, pixels, png.read_bytes(), skin.shown)


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


def _base_key(head_object: bpy.types.Object) -> str:
    return json.dumps([_folder_name(head_object)])


def _folder_name(head_object: bpy.types.Object) -> str:
    """Return the folder's name without its place, which may change with the .blend file's."""
    return head_object.relit.folder.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _known(head_object: bpy.types.Object) -> Skin | None:
    image = skin_maps.images_of(head_object).get(DIFFUSE)
    return None if image is None else _skins.get(image.session_uid)


def _heads() -> list[bpy.types.Object]:
    return [candidate for candidate in bpy.data.objects if is_head(candidate)]


def _tell_twins(head_object: bpy.types.Object) -> None:
    """Heads that share their maps, as duplicates do, share their sliders: one of them has been moved."""
    own = skin_maps.images_of(head_object).get(DIFFUSE)
    with silence():
        for other in _heads():
            if other != head_object and own and skin_maps.images_of(other).get(DIFFUSE) == own:
                for name in (*SLIDERS, "mirrored"):
                    setattr(other.relit_skin, name, getattr(head_object.relit_skin, name))


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Set sliders without being told of it."""
    global _quiet
    before, _quiet = _quiet, True
    try:
        yield
    finally:
        _quiet = before


def _head_folder(number: int) -> Path:
    global _folder
    if _folder is None or not _folder.is_dir():
        _folder = Path(tempfile.mkdtemp(prefix="relit-skin-", dir=bpy.app.tempdir))
    return _folder / str(number)


def _forget() -> None:
    global _folder
    _skins.clear()
    if _folder is not None:
        shutil.rmtree(_folder, ignore_errors=True)
        _folder = None


def _rest_later() -> None:
    if bpy.app.background:  # no timer runs there
        return
    if bpy.app.timers.is_registered(_rest):
        bpy.app.timers.unregister(_rest)
    bpy.app.timers.register(_rest, first_interval=REST)


def _rest() -> None:
    ask_full_size()


@bpy.app.handlers.persistent
def _stepped(*_: object) -> None:
    follow()


@bpy.app.handlers.persistent
def _loaded(*_: object) -> None:
    _forget()
    follow()


@bpy.app.handlers.persistent
def _saving(*_: object) -> None:
    """See to it that the file gets what the images show: undo has taken packed files back, but not the pixels."""
    for head_object in _heads():
        if head_object.library:
            continue
        skin_maps.hide_previews(head_object)
        paint_layer.pack(head_object.relit_paint.layer)
        head_object.relit_paint.cleared = None
        skin = _known(head_object)
        for name, image in skin_maps.images_of(head_object).items():
            if name == DIFFUSE and _is_painted(image, skin):
                paint_layer.pack(image)
            elif skin is not None:
                _pack_as_shown(name, image, skin)


def _is_painted(image: bpy.types.Image, skin: Skin | None) -> bool:
    """Whether an artist has painted on the diffuse map itself."""
    if skin is None or DIFFUSE not in skin.digests:
        return image.is_dirty
    clean = np.load(skin.folder / ACCEPTED / f"{DIFFUSE}.npy", allow_pickle=False)
    return not np.array_equal(skin_maps.read(image)[..., :3], clean)


def _pack_as_shown(name: str, image: bpy.types.Image, skin: Skin) -> None:
    png = skin.folder / ACCEPTED / f"{name}.png"
    if image.get(skin_maps.SHOWN) != skin.shown and png.is_file():
        skin_maps.repack(image, png.read_bytes(), skin.shown)
    if image.is_dirty and image.get(skin_maps.SHOWN) == skin.shown:
        image.buffers_free()  # read again from the packed file when needed; no question about it at the end


_HANDLERS = (("undo_post", _stepped), ("redo_post", _stepped), ("load_post", _loaded), ("save_pre", _saving))


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
    _forget()
