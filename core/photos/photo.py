"""Reads a photograph into linear light: orientation, colour profile, bit depth, alpha, focal length."""

from __future__ import annotations

import contextlib
import hashlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from ..errors import FitError
from .exif import FULL_FRAME_DIAGONAL, focal_35mm

MAX_SIDE = 4096
"""Longer side in pixels above which a photo is scaled down: the maps could not hold more detail."""
MAX_MEGAPIXELS = 128
MAX_MEGAPIXELS_JPEG = 260
"""JPEG can be scaled down while it is decoded, so much larger pictures fit into memory."""

MAX_GREY_SPREAD = 6
"""Difference of the channels up to which a photo counts as black and white."""
BACKDROP = 128
"""sRGB grey that transparent pixels are laid over."""

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_RAW_SUFFIXES = {".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2", ".pef", ".srw"}


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph, upright, in memory.

    Attributes:
        path: The file it was read from.
        sha256: Hash of that file.
        linear: Linear light, Rec.709 primaries, in [0, 1]; row 0 is the top of the picture.
        srgb8: The same pixels, sRGB-encoded.
        width: Pixels after turning upright and scaling down.
        height: Likewise.
        exif_focal_35mm: Focal length in millimetres of a 36 x 24 mm camera with the same diagonal field of
            view, or None when the file does not say (or has been cropped since it was taken).
        notes: Plain sentences about what was done to the pixels.
    """

    path: Path
    sha256: str
    linear: Float32[np.ndarray, "H W 3"]
    srgb8: UInt8[np.ndarray, "H W 3"]
    width: int
    height: int
    exif_focal_35mm: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def focal_px(self) -> float | None:
        """Focal length in pixels of this picture, from EXIF; None when the file does not say."""
        if self.exif_focal_35mm is None:
            return None
        return self.exif_focal_35mm / FULL_FRAME_DIAGONAL * float(np.hypot(self.width, self.height))


def decode_srgb(encoded: UInt8[np.ndarray, "..."]) -> Float32[np.ndarray, "..."]:
    """Linear light in [0, 1] of 8-bit sRGB values (IEC 61966-2-1)."""
    return _SRGB_TABLE[encoded]


def is_grey(encoded: UInt8[np.ndarray, "H W 3"]) -> bool:
    """Whether a picture is black and white."""
    return bool(np.ptp(encoded[::4, ::4].astype(np.int16), axis=2).max(initial=0) <= MAX_GREY_SPREAD)


def load_photo(path: str | Path) -> Photo:
    """Reads a photograph: JPEG, PNG, TIFF, WebP and whatever else Pillow decodes.

    Turned upright by its EXIF orientation, converted to sRGB by its ICC profile, laid over mid-grey where it
    is transparent, scaled down to :data:`MAX_SIDE`.

    Raises:
        FitError: There is no such file, it cannot be read, is no image, is damaged or too large.
    """
    path = Path(path)
    sha256 = _check_file(path)
    notes: list[str] = []
    with _bounded_decoding(path):
        with Image.open(path) as image:
            _check_size(path, image)
            original_size = image.size
            exif = image.getexif()
            profile = image.info.get("icc_profile")
            image.draft(None, (MAX_SIDE, MAX_SIDE))
            image.load()
            upright = _scaled_down(_to_eight_bits(path, ImageOps.exif_transpose(image)))
        rgb = _to_srgb(upright, profile, notes)
    if max(original_size) > MAX_SIDE:
        notes.append(
            f"{path.name} was scaled down from {original_size[0]} x {original_size[1]} to "
            f"{rgb.width} x {rgb.height} pixels (order before turning upright)."
        )
    srgb8 = np.array(rgb, dtype=np.uint8)
    if is_grey(srgb8):
        notes.append(f"{path.name} is black and white; the colour of the skin is guessed.")
    return Photo(
        path=path,
        sha256=sha256,
        linear=decode_srgb(srgb8),
        srgb8=srgb8,
        width=rgb.width,
        height=rgb.height,
        exif_focal_35mm=focal_35mm(exif, original_size, notes),
        notes=tuple(notes),
    )


def _check_file(path: Path) -> str:
    """sha256 of a file that exists, can be read and is not empty."""
    if path.is_dir():
        raise FitError(f"{path} is a folder, not a photo.", "Choose one image file inside it.")
    try:
        with path.open("rb") as stream:
            head = stream.read(12)
            stream.seek(0)
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise FitError(f"There is no photo at {path}.", "Choose it again; it may have moved.") from error
    except OSError as error:
        raise FitError(
            f"The photo {path} cannot be read ({error.strerror}).", "Check its permissions or copy it."
        ) from error
    if not head:
        raise FitError(f"The photo {path.name} is empty: it has 0 bytes.", "Copy or export it again.")
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        raise FitError(f"{path.name} is a HEIC picture, which cannot be read here.", "Export it as JPEG or PNG first.")
    if path.suffix.lower() in _RAW_SUFFIXES:
        raise FitError(
            f"{path.name} is a camera raw file, which cannot be read here.",
            "Develop it and export it as JPEG, PNG or TIFF first.",
        )
    return sha256


@contextlib.contextmanager
def _bounded_decoding(path: Path) -> Iterator[None]:
    """Turns whatever a decoder may raise into one sentence, and replaces Pillow's size limit by ours."""
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged EXIF is common and harmless
            yield
    except FitError:
        raise
    except UnidentifiedImageError as error:
        raise FitError(
            f"{path.name} is not an image that can be read.", "Choose a JPEG, PNG, TIFF or WebP file."
        ) from error
    except MemoryError as error:
        raise FitError(
            f"There is not enough memory to read {path.name}.", "Scale it down, or close other programs."
        ) from error
    except Exception as error:  # decoders raise OSError, SyntaxError, struct.error, zlib.error and more
        raise FitError(
            f"The photo {path.name} is damaged or cut off and cannot be decoded ({error}).",
            "Copy or export it again.",
        ) from error
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _check_size(path: Path, image: Image.Image) -> None:
    megapixels = image.width * image.height / 1e6
    limit = MAX_MEGAPIXELS_JPEG if image.format in {"JPEG", "MPO"} else MAX_MEGAPIXELS
    if megapixels > limit:
        raise FitError(
            f"{path.name} has {megapixels:.0f} megapixels ({image.width} x {image.height}); "
            f"at most {limit} can be read from a {image.format} file.",
            f"Scale it down to about {MAX_SIDE} pixels on the longer side.",
        )


def _scaled_down(image: Image.Image) -> Image.Image:
    if max(image.size) <= MAX_SIDE:
        return image
    scale = MAX_SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _to_eight_bits(path: Path, image: Image.Image) -> Image.Image:
    """The picture in one of the modes L, RGB, CMYK, LAB or RGBA, with 8 bits per channel."""
    if image.mode.startswith("I"):
        # A 16-bit grey PNG or TIFF; 257 maps 65535 to 255.
        return Image.fromarray((np.asarray(image).clip(0, 65535) // 257).astype(np.uint8))
    if image.mode == "F":
        raise FitError(
            f"{path.name} holds floating-point values, whose brightness scale is unknown.",
            "Export it as an 8- or 16-bit image.",
        )
    if image.mode in {"L", "RGB", "CMYK", "LAB", "RGBA"}:
        if image.mode in {"L", "RGB"} and "transparency" in image.info:
            return image.convert("RGBA")
        return image
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _to_srgb(image: Image.Image, profile: bytes | None, notes: list[str]) -> Image.Image:
    """sRGB without alpha. Pillow alone knows CMYK only roughly, so a profile is used where there is one."""
    alpha = None
    if image.mode == "RGBA":
        alpha = image.getchannel("A")
        image = image.convert("RGB")
    if image.mode == "LAB":
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    image = _apply_profile(image, profile, notes).convert("RGB")
    if alpha is not None and np.asarray(alpha).min() < 255:
        backdrop = Image.new("RGB", image.size, (BACKDROP,) * 3)
        backdrop.paste(image, mask=alpha)
        image = backdrop
        notes.append("Transparent parts of the photo were filled with grey.")
    return image


def _apply_profile(image: Image.Image, profile: bytes | None, notes: list[str]) -> Image.Image:
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if image.mode == "RGB" and "srgb" in ImageCms.getProfileDescription(source).lower():
            return image  # converting would only add rounding
        converted = ImageCms.profileToProfile(
            image,
            source,
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        notes.append("The photo's colour profile could not be used; its colours were taken as sRGB.")
        return image
    return converted or image


def _srgb_table() -> Float32[np.ndarray, "256"]:
    encoded = np.arange(256) / 255.0
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)


_SRGB_TABLE = _srgb_table()
