"""Every file that a person may choose becomes upright linear light, or one plain sentence."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from core.errors import FitError
from core.photos import photo as photo_module
from core.photos.photo import MAX_SIDE, decode_srgb, load_photo

ORIENTATION = 0x0112


def scene(height: int = 40, width: int = 60) -> np.ndarray:
    """A picture whose four corners differ: red, green, blue and white."""
    pixels = np.full((height, width, 3), 90, np.uint8)
    rows, columns = height // 2, width // 2
    pixels[:rows, :columns] = (200, 20, 20)
    pixels[:rows, columns:] = (20, 200, 20)
    pixels[rows:, :columns] = (20, 20, 200)
    pixels[rows:, columns:] = (230, 230, 230)
    return pixels


def failure(path: Path) -> FitError:
    with pytest.raises(FitError) as caught:
        load_photo(path)
    error = caught.value
    assert path.name in error.message or str(path) in error.message
    assert error.message.endswith(".") and "\n" not in error.message
    assert error.hint[0].isupper() and error.hint.endswith(".")
    return error


def test_pixels_are_read_as_linear_light(tmp_path):
    path = tmp_path / "scene.png"
    Image.fromarray(scene()).save(path)
    photo = load_photo(path)
    assert (photo.width, photo.height) == (60, 40)
    assert np.array_equal(photo.srgb8, scene())
    assert photo.linear.dtype == np.float32
    assert photo.linear[0, 0, 0] == pytest.approx(((200 / 255 + 0.055) / 1.055) ** 2.4, abs=1e-6)
    assert photo.linear.min() >= 0.0 and photo.linear.max() <= 1.0
    assert photo.notes == ()
    assert len(photo.sha256) == 64


def test_srgb_curve_has_its_fixed_points():
    assert decode_srgb(np.array([0, 255], np.uint8)).tolist() == [0.0, 1.0]
    assert float(decode_srgb(np.array([10], np.uint8))[0]) == pytest.approx(10 / 255 / 12.92)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honoured(tmp_path, orientation):
    # What a camera stores for each orientation, so that turning it upright gives the scene again.
    stored = {
        1: lambda x: x, 2: np.fliplr, 3: lambda x: np.rot90(x, 2), 4: np.flipud,
        5: lambda x: np.transpose(x, (1, 0, 2)), 6: np.rot90,
        7: lambda x: np.rot90(np.transpose(x, (1, 0, 2)), 2), 8: lambda x: np.rot90(x, 3),
    }[orientation](scene())  # fmt: skip
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = tmp_path / "turned.jpg"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif, quality=98, subsampling=0)
    photo = load_photo(path)
    assert (photo.width, photo.height) == (60, 40)
    assert np.abs(photo.srgb8.astype(int) - scene()).mean() < 3


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({41989: 50}, 50.0),
        ({}, None),
        ({41989: 0}, None),
        ({41989: 60000}, None),
        ({37386: 4.0, 41486: 60 / 6.0, 41488: 4, 40962: 60, 40963: 40}, 4.0 * 43.2666 / 7.2111),
        ({41989: 50, 40962: 6000, 40963: 4000}, 50.0),
    ],
)
def test_focal_length_comes_from_exif(tmp_path, tags, expected):
    exif = Image.Exif()
    exif.get_ifd(0x8769).update(tags)
    path = tmp_path / "camera.jpg"
    Image.fromarray(scene()).save(path, exif=exif)
    photo = load_photo(path)
    if expected is None:
        assert photo.exif_focal_35mm is None and photo.focal_px is None
    else:
        assert photo.exif_focal_35mm == pytest.approx(expected, rel=1e-3)
        assert photo.focal_px == pytest.approx(expected / 43.2666 * np.hypot(60, 40), rel=1e-3)


def test_a_cropped_photo_has_no_trusted_focal_length(tmp_path):
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({41989: 50, 40962: 6000, 40963: 6000})
    path = tmp_path / "cropped.jpg"
    Image.fromarray(scene()).save(path, exif=exif)
    photo = load_photo(path)
    assert photo.exif_focal_35mm is None
    assert "cropped" in photo.notes[0]


def test_transparent_parts_become_grey(tmp_path):
    pixels = np.dstack([scene(), np.full((40, 60), 255, np.uint8)])
    pixels[:, :30, 3] = 0
    path = tmp_path / "cut-out.png"
    Image.fromarray(pixels).save(path)
    photo = load_photo(path)
    assert np.all(photo.srgb8[:, :30] == 128)
    assert np.array_equal(photo.srgb8[:, 30:], scene()[:, 30:])
    assert "grey" in photo.notes[0]


def test_opaque_alpha_changes_nothing(tmp_path):
    path = tmp_path / "opaque.png"
    Image.fromarray(np.dstack([scene(), np.full((40, 60), 255, np.uint8)])).save(path)
    photo = load_photo(path)
    assert np.array_equal(photo.srgb8, scene()) and photo.notes == ()


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "CMYK", "YCbCr", "RGBA"])
def test_every_colour_mode_gives_three_channels(tmp_path, mode):
    path = tmp_path / ("mode.jpg" if mode in {"CMYK", "YCbCr"} else "mode.png")
    Image.fromarray(scene()).convert(mode).save(path)
    photo = load_photo(path)
    assert photo.srgb8.shape == (40, 60, 3)
    # Quarters, not pixels: a two-colour picture is dithered.
    assert photo.linear[20:, 30:].mean() > photo.linear[:20, :30].mean() > 0.0


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_grey_keeps_its_brightness(tmp_path, suffix):
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(8, axis=0)
    path = tmp_path / f"ramp.{suffix}"
    Image.fromarray(ramp).save(path)
    assert np.abs(load_photo(path).srgb8[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_a_black_and_white_photo_is_said(tmp_path):
    path = tmp_path / "old.png"
    Image.fromarray(scene()).convert("L").save(path)
    assert "old.png is black and white" in load_photo(path).notes[0]


def test_sixteen_bit_colour_is_read(tmp_path):
    rows = b"".join(b"\0" + b"".join(struct.pack(">3H", 51400, 257 * x, 0) for x in range(64)) for _ in range(16))
    path = tmp_path / "deep.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 16, 16, 2, 0, 0, 0))
        + png_chunk(b"IDAT", zlib.compress(rows))
        + png_chunk(b"IEND", b"")
    )
    assert load_photo(path).srgb8[5, 40].tolist() == [200, 40, 0]


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_colour_profiles_are_converted(tmp_path):
    """A profile whose red and blue primaries are exchanged must come out exchanged."""
    ours = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red, blue = ours.index(b"rXYZ"), ours.index(b"bXYZ")
    swapped = bytearray(ours)
    swapped[red : red + 4], swapped[blue : blue + 4] = b"bXYZ", b"rXYZ"
    description = ours.index(b"s\0R\0G\0B") if b"s\0R\0G\0B" in ours else ours.index(b"sRGB", 132)
    swapped[description : description + 8] = b"x\0x\0x\0x\0"
    path = tmp_path / "swapped.png"
    Image.fromarray(scene()).save(path, icc_profile=bytes(swapped))
    photo = load_photo(path)
    assert photo.notes == ()
    assert np.abs(photo.srgb8.astype(int) - scene()[..., ::-1]).max() <= 3


def test_an_srgb_profile_changes_no_pixel(tmp_path):
    path = tmp_path / "srgb.png"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(scene()).save(path, icc_profile=profile)
    assert np.array_equal(load_photo(path).srgb8, scene())


def test_a_broken_profile_is_said_and_ignored(tmp_path):
    path = tmp_path / "broken-profile.png"
    Image.fromarray(scene()).save(path, icc_profile=b"no profile at all")
    photo = load_photo(path)
    assert np.array_equal(photo.srgb8, scene())
    assert "profile" in photo.notes[0]


def test_a_large_photo_is_scaled_down_and_says_so(tmp_path):
    path = tmp_path / "large.jpg"
    Image.new("RGB", (9000, 4500), (120, 90, 70)).save(path, quality=50)
    photo = load_photo(path)
    assert (photo.width, photo.height) == (MAX_SIDE, MAX_SIDE // 2)
    assert "9000 x 4500" in photo.notes[0]
    assert np.abs(photo.srgb8[100, 100].astype(int) - (120, 90, 70)).max() <= 3


def test_a_sideways_large_photo_ends_upright(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    path = tmp_path / "large.jpg"
    Image.new("RGB", (5000, 2500), (120, 90, 70)).save(path, quality=50, exif=exif)
    photo = load_photo(path)
    assert (photo.width, photo.height) == (MAX_SIDE // 2, MAX_SIDE)


def test_a_decompression_bomb_is_refused(tmp_path):
    path = tmp_path / "bomb.png"
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", b"") * 2)
    error = failure(path)
    assert "3600 megapixels" in error.message and "at most 128" in error.message


def test_pillow_keeps_its_own_limit(tmp_path):
    before = Image.MAX_IMAGE_PIXELS
    path = tmp_path / "scene.png"
    Image.fromarray(scene()).save(path)
    load_photo(path)
    assert before == Image.MAX_IMAGE_PIXELS


def test_a_missing_file(tmp_path):
    assert "There is no photo" in failure(tmp_path / "gone.jpg").message


def test_a_folder(tmp_path):
    folder = tmp_path / "folder.jpg"
    folder.mkdir()
    assert "is a folder" in failure(folder).message


def test_an_empty_file(tmp_path):
    path = tmp_path / "empty.jpg"
    path.touch()
    assert "0 bytes" in failure(path).message


def test_a_file_that_is_no_image(tmp_path):
    path = tmp_path / "letter.jpg"
    path.write_text("Dear Sir or Madam, " * 50)
    assert "not an image" in failure(path).message


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_a_file_that_is_cut_off(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    whole = io.BytesIO()
    formats = {"jpg": "JPEG", "png": "PNG", "tif": "TIFF", "webp": "WEBP"}
    Image.fromarray(noise).save(whole, formats[suffix])
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    failure(path)


def test_a_heic_picture_is_named(tmp_path):
    path = tmp_path / "phone.heic"
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200))
    error = failure(path)
    assert "HEIC" in error.message and "JPEG or PNG" in error.hint


def test_a_raw_file_is_named(tmp_path):
    path = tmp_path / "camera.NEF"
    path.write_bytes(b"MM\0\x2a" + bytes(200))
    assert "raw" in failure(path).message


def test_a_floating_point_image_is_refused(tmp_path):
    path = tmp_path / "float.tif"
    Image.fromarray(np.ones((8, 8), np.float32)).save(path)
    assert "floating-point" in failure(path).message


def test_an_unreadable_file(tmp_path, monkeypatch):
    path = tmp_path / "locked.jpg"
    Image.fromarray(scene()).save(path)

    def refuse(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "Permission denied" in failure(path).message


def test_too_little_memory(tmp_path, monkeypatch):
    path = tmp_path / "scene.png"
    Image.fromarray(scene()).save(path)

    def exhausted(_image):
        raise MemoryError

    monkeypatch.setattr(photo_module, "_scaled_down", exhausted)
    assert "memory" in failure(path).message
