"""What is known of the pixels of a head's skin: which sliders they show, and what was written without paint.

Blender saves, undoes and redoes the sliders, not the pixels. What the images show is kept here, for each diffuse map.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import bpy
import numpy as np

from ...core.head import unpainted
from ..head.active_head import is_head
from ..jobs.run import Problem
from . import paint_layer, skin_maps

CODED = ("skin_tone", "redness", "masculinity", "stubble", "freckles", "wrinkles")
"""Those that need a code of the reflectance generator."""
GROUPS = (("age",), CODED, ("shine", "roughness"))
SLIDERS = tuple(name for group in GROUPS for name in group)
ACCEPTED = "accepted"
"""Name of the folder with the maps that were written last."""
DIFFUSE = paint_layer.DIFFUSE
LIFTS_KEPT = 8


@dataclass(eq=False)
class Skin:
    """What is known of one head's maps.

    Attributes:
        shown: Key of what the head's own images show.
        mirrored: Whether they lie mirrored, as `paint_layer.is_mirrored` counts.
        digests: Of the maps that were written into them, by name.
        colour: Linear colour of the skin that the diffuse map shows, where the worker has written it.
        bare: Where in the UV tile skin is bare.
        lifts: The last times that paint was lifted from the diffuse map, the newest last.
        problem: Why the maps could not follow.
        shape_problem: Why the shape could not follow the age.
        working: Whether an answer is still to come.
    """

    shown: str
    mirrored: bool
    folder: Path
    digests: dict[str, str] = field(default_factory=dict)
    colour: np.ndarray | None = None
    bare: np.ndarray | None = None
    lifts: list[paint_layer.Lift] = field(default_factory=list)
    problem: Problem | None = None
    shape_problem: Problem | None = None
    working: bool = False


_skins: dict[int, Skin] = {}
"""By the session id of the diffuse map."""
_folder: Path | None = None


def key_of(head_object: bpy.types.Object) -> str:
    """Return a name for what the sliders of a head say."""
    name, (changes, mirrored) = _folder_name(head_object), choice(head_object)
    return json.dumps([name, changes, mirrored] if changes or mirrored else [name], sort_keys=True)


def choice(head_object: bpy.types.Object) -> tuple[dict[str, float], bool]:
    """Return the sliders of a head that are not at zero, and whether left and right change places."""
    skin = head_object.relit_skin
    changes = {name: round(getattr(skin, name), 4) for name in SLIDERS}
    return {name: value for name, value in changes.items() if value}, skin.mirrored


def shown_choice(key: str) -> tuple[dict[str, float], bool]:
    """Return what :func:`choice` was when a head's key was this."""
    changes, mirrored = [*json.loads(key)[1:], {}, False][:2]
    return changes, mirrored


def skin_of(head_object: bpy.types.Object) -> Skin:
    """Return what is known of a head's maps; heads that share their diffuse map share it."""
    image = skin_maps.images_of(head_object).get(DIFFUSE)
    number = image.session_uid if image is not None else 0
    if number not in _skins:
        shown = (image.get(skin_maps.SHOWN) if image is not None else None) or _base_key(head_object)
        mirrored = head_object.relit_paint.mirrored != shown_choice(shown)[1]
        _skins[number] = Skin(shown, mirrored, _folder_of(number))
    return _skins[number]


def known(head_object: bpy.types.Object) -> Skin | None:
    """Return what is known of a head's maps, None where nothing is yet."""
    image = skin_maps.images_of(head_object).get(DIFFUSE)
    return None if image is None else _skins.get(image.session_uid)


def state(head_object: bpy.types.Object) -> tuple[Problem | None, bool]:
    """Return why a head could not follow its sliders, and whether its maps are on their way."""
    skin = known(head_object)
    return (None, False) if skin is None else (skin.problem or skin.shape_problem, skin.working)


def heads() -> list[bpy.types.Object]:
    """Return all heads of the file."""
    return [candidate for candidate in bpy.data.objects if is_head(candidate)]


def find(number: int) -> bpy.types.Object | None:
    """Return the head with a session id, None where it was deleted."""
    return next((head_object for head_object in heads() if head_object.session_uid == number), None)


def lift_paint(head_object: bpy.types.Object) -> bool:
    """Lift what the artist painted on the diffuse map into the paint layer.

    Returns:
        Whether it is known what the map was without paint; it is asked for otherwise.
    """
    skin = skin_of(head_object)
    clean = clean_diffuse(head_object, skin)
    if clean is None:
        return False
    lifted = paint_layer.lift(head_object, clean, skin.mirrored)
    if lifted is not None:
        skin.lifts = [*skin.lifts, lifted][-LIFTS_KEPT:]
    return True


def clean_diffuse(head_object: bpy.types.Object, skin: Skin) -> np.ndarray | None:
    """Return the diffuse map as it was written, ``[H, W, 3]`` uint8; None where that cannot be told here."""
    if DIFFUSE in skin.digests:
        return np.load(skin.folder / ACCEPTED / f"{DIFFUSE}.npy", allow_pickle=False)
    image, clean = skin_maps.images_of(head_object).get(DIFFUSE), None
    if skin.shown == _base_key(head_object):
        clean = skin_maps.read_file(unpainted(Path(bpy.path.abspath(head_object.relit.folder))))
    elif image is not None and skin_maps.is_as_packed(image):
        packed = skin.folder / f"{DIFFUSE}.png"
        packed.parent.mkdir(parents=True, exist_ok=True)
        packed.write_bytes(image.packed_file.data)
        clean = skin_maps.read_file(packed)
    if clean is None:
        return None
    clean = np.ascontiguousarray(clean[..., :3])
    keep_clean(skin, clean, skin_maps.digest_of(clean))
    return clean


def keep_clean(skin: Skin, clean: np.ndarray, digest: str) -> None:
    """Note what the diffuse map is without paint."""
    (skin.folder / ACCEPTED).mkdir(parents=True, exist_ok=True)
    np.save(skin.folder / ACCEPTED / f"{DIFFUSE}.npy", clean, allow_pickle=False)
    skin.digests[DIFFUSE] = digest


def put_paint_back(head_object: bpy.types.Object) -> None:
    """Undo lifting with what it was lifted for: below is a stroke on the map itself, which Blender undoes there."""
    skin = known(head_object)
    while skin is not None and skin.lifts and skin.lifts[-1].number > head_object.relit_paint.lifted:
        lifted = skin.lifts.pop()
        paint_layer.put_back(head_object, lifted)
        clean = lifted.clean.pixels()
        keep_clean(skin, clean, skin_maps.digest_of(clean))
        skin.mirrored = lifted.map_mirrored
        skin.shown = ""  # the diffuse map has gone back, the others have not


def write_again(head_object: bpy.types.Object) -> None:
    """Write maps again that undo has read from the packed files of a former step."""
    skin = known(head_object)
    if skin is None:
        return
    for name, image in skin_maps.images_of(head_object).items():
        png = skin.folder / ACCEPTED / f"{name}.png"
        if skin.shown and image.get(skin_maps.SHOWN) != skin.shown and not image.is_dirty and png.is_file():
            pixels = np.load(png.with_suffix(".npy"), allow_pickle=False)
            skin_maps.write(image, pixels, png.read_bytes(), skin.shown)


def is_painted(image: bpy.types.Image, skin: Skin | None) -> bool:
    """Whether an artist has painted on the diffuse map itself."""
    if skin is None or DIFFUSE not in skin.digests:
        return image.is_dirty
    clean = np.load(skin.folder / ACCEPTED / f"{DIFFUSE}.npy", allow_pickle=False)
    return not np.array_equal(skin_maps.read(image)[..., :3], clean)


def pack_as_shown(name: str, image: bpy.types.Image, skin: Skin) -> None:
    """Let the .blend file hold what a map shows."""
    png = skin.folder / ACCEPTED / f"{name}.png"
    if image.get(skin_maps.SHOWN) != skin.shown and png.is_file():
        skin_maps.repack(image, png.read_bytes(), skin.shown)
    if image.is_dirty and image.get(skin_maps.SHOWN) == skin.shown:
        image.buffers_free()  # read again from the packed file when needed; no question about it at the end


def forget_missing() -> None:
    """Forget images that are not in the file: should redo bring one back, it is read from its packed file."""
    for number in _skins.keys() - {image.session_uid for image in bpy.data.images}:
        del _skins[number]


def forget() -> None:
    """Forget everything and remove the temporary files."""
    global _folder
    _skins.clear()
    paint_layer.forget()
    if _folder is not None:
        shutil.rmtree(_folder, ignore_errors=True)
        _folder = None


def _folder_of(number: int) -> Path:
    global _folder
    if _folder is None or not _folder.is_dir():
        _folder = Path(tempfile.mkdtemp(prefix="relit-skin-", dir=bpy.app.tempdir))
    return _folder / str(number)


def _base_key(head_object: bpy.types.Object) -> str:
    return json.dumps([_folder_name(head_object)])


def _folder_name(head_object: bpy.types.Object) -> str:
    """Return the folder's name without its place, which may change with the .blend file's."""
    return head_object.relit.folder.replace("\\", "/").rstrip("/").rpartition("/")[2]
