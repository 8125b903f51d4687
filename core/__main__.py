"""The command line: ``python -m core`` reconstructs, edits, renders, exports and explains heads.

Exit status: 0, 2 after a failure (one sentence and a hint on standard error), 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from .errors import Cancelled, FitError, as_fit_error
from .settings import DEVICES, MAP_SIZES, QUALITIES, FitSettings

FAILED = 2
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = None
    try:
        options = _parser().parse_args(arguments)
        options.run(options)
        return 0
    except (KeyboardInterrupt, Cancelled) as error:
        print(f"\nCancelled. {error}" if str(error) else "\nCancelled; nothing was written.", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if not isinstance(error, FitError):
            traceback.print_exc()
        failure = as_fit_error(error)
        print(f"{failure.message}\n{failure.hint}".rstrip(), file=sys.stderr)
        return FAILED


def reconstruct(options: argparse.Namespace) -> None:
    """Make a head folder from photos."""
    settings = FitSettings(options.quality, options.size, options.device, options.seed, options.threads, options.face)
    from .device import limit_spinning

    limit_spinning()
    started = time.perf_counter()
    progress = _ProgressLine()
    try:
        from .pipeline import fit_head

        pins = () if options.pins is None else _pins(options.pins, options.photos)
        folder = fit_head(options.photos, options.out, settings, progress, pins=pins)
    finally:
        progress.close()
    _print_warnings(folder)
    print(f"{folder} is ready after {time.perf_counter() - started:.1f} s.")


def batch(options: argparse.Namespace) -> None:
    """Make a head of everybody in a folder, with a report; what is finished is kept when it is run again."""
    settings = FitSettings(options.quality, options.size, options.device, options.seed, options.threads)
    from .device import limit_spinning

    limit_spinning()
    from .batch import make_heads
    from .batch_report import FAILED as NO_HEAD
    from .batch_report import PAGE, in_words

    progress = _ProgressLine()
    try:
        outcomes = make_heads(options.folder, options.out, settings, progress)
    except KeyboardInterrupt:
        raise Cancelled("The finished heads are kept; run the same command again to go on.") from None
    finally:
        progress.close()
    failed = [outcome for outcome in outcomes if outcome.state == NO_HEAD]
    for outcome in failed:
        print(f"{outcome.name}: {outcome.message} {outcome.hint}".rstrip(), file=sys.stderr)
    print(f"{in_words(outcomes)} See {options.out / PAGE}.")
    if failed:
        raise FitError(f"{len(failed)} of {len(outcomes)} people got no head.", f"See {options.out / PAGE}.")


def render(options: argparse.Namespace) -> None:
    """Render a head under the light of one of its photos, or of an environment picture."""
    from .device import limit_spinning

    limit_spinning()
    from .head import read_head
    from .mapfiles import encode_png
    from .render.relight import render_hdri, render_photo

    _require_suffix(options.out, ".png")
    head = read_head(options.head)
    if options.hdri is None:
        _require_photo(head, options.photo)
        image = render_photo(head, options.photo)
    else:
        image = render_hdri(head, options.hdri)
    _write(options.out, lambda path: path.write_bytes(encode_png(image / 255.0)))
    print(options.out)


def export(options: argparse.Namespace) -> None:
    """Write a head as OBJ or GLB."""
    from .export import write_glb, write_obj
    from .head import read_head

    head = read_head(options.head)
    if options.photo is not None:
        _require_photo(head, options.photo)
    target, writer, suffix = options.obj, write_obj, ".obj"
    if options.glb is not None:
        target, writer, suffix = options.glb, write_glb, ".glb"
    _require_suffix(target, suffix)
    _write(target, lambda path: writer(head, path, options.photo))
    print(target)


def edit(options: argparse.Namespace) -> None:
    """Write a head older, or with another skin: age, skin_tone, redness, masculinity, stubble, freckles, wrinkles,
    shine, roughness."""
    from .device import limit_spinning

    limit_spinning()
    from .head_edit import edit_head

    print(edit_head(options.head, dict(options.edit), options.out))


def info(options: argparse.Namespace) -> None:
    """Say what a head folder holds."""
    from .head import read_head

    head = read_head(options.head)
    size = head.vertices.max(0) - head.vertices.min(0)
    print(f"{head.folder}")
    print(f"  mesh: {len(head.vertices)} vertices, {len(head.quads)} quads, parts {', '.join(head.part_names)}")
    print(f"  size: {size[0] * 1000:.0f} x {size[1] * 1000:.0f} x {size[2] * 1000:.0f} mm")
    print(f"  expressions: {len(head.expression_names)}")
    for index, (width, height) in enumerate(head.image_size.tolist()):
        print(f"  photo {index}: {width} x {height} px, focal length {head.focal_px[index]:.0f} px")
    for name, path in head.maps.items():
        print(f"  map {name}: {path.stat().st_size / 1e6:.1f} MB")
    for name in ("settings", "seed", "versions"):
        if name in head.fit:
            print(f"  {name}: {head.fit[name]}")
    for warning in head.fit.get("warnings", ()):
        print(f"  warning: {warning}")


def doctor(options: argparse.Namespace) -> None:
    """Say what is installed, on which device a fit would run, and what is missing."""
    from .doctor import findings

    problems = 0
    for finding in findings():
        problems += not finding.good
        print(f"{'ok     ' if finding.good else 'MISSING'} {finding.text}")
        if finding.hint:
            print(f"        {finding.hint}")
    if problems:
        raise FitError(f"{problems} thing(s) are missing.", "Run `python3 vendor_install.py install`.")
    print("Everything is in place.")


def _pins(path: Path, photos: list[Path]) -> list[list]:
    """Return each photo's pins from a JSON object: file name -> [[landmark, x, y], ...]."""
    try:
        named = json.loads(path.read_text(encoding="utf-8"))
        strangers = set(named) - {photo.name for photo in photos}
        pins = [[(int(index), float(x), float(y)) for index, x, y in named.get(photo.name, ())] for photo in photos]
    except OSError as error:
        raise FitError(f"The pins in {path} cannot be read ({error.strerror}).", "Check the file's name.") from error
    except (ValueError, TypeError, AttributeError) as error:
        hint = 'Write {"photo.jpg": [[landmark, x, y], ...]}, with one entry for each pin.'
        raise FitError(f"{path} holds no pins.", hint) from error
    if strangers:
        raise FitError(f"{path} has pins for {', '.join(sorted(strangers))}.", "Name photos of this reconstruction.")
    return pins


def _change(text: str) -> tuple[str, float]:
    """Return the slider and the number of NAME=VALUE."""
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=NUMBER, for instance skin_tone=1") from None


class _ProgressLine:
    """One line that is rewritten on a terminal; one line a stage elsewhere."""

    def __init__(self) -> None:
        self._stage = ""
        self._terminal = sys.stderr.isatty()
        self._started = time.perf_counter()

    def __call__(self, stage: str, fraction: float, preview: Path | None = None) -> None:
        seconds = time.perf_counter() - self._started
        line = f"{fraction:4.0%}  {stage}  ({seconds:.0f} s)"
        if self._terminal:
            print(f"\r{line[:78]:<78}", end="", file=sys.stderr, flush=True)
        elif stage != self._stage:
            print(line, file=sys.stderr, flush=True)
        self._stage = stage

    def close(self) -> None:
        if self._terminal and self._stage:
            print(file=sys.stderr)


def _print_warnings(folder: Path) -> None:
    from .head import read_head

    for warning in read_head(folder).fit.get("warnings", ()):
        print(f"Note: {warning}", file=sys.stderr)


def _require_photo(head, index: int) -> None:
    if not 0 <= index < len(head.focal_px):
        raise FitError(
            f"The head {head.folder.name} has no photo {index}; it was made from {len(head.focal_px)}.",
            f"Choose a photo from 0 to {len(head.focal_px) - 1}.",
        )


def _require_suffix(path: Path, suffix: str) -> None:
    if path.suffix.lower() != suffix:
        raise FitError(f"{path} does not end in {suffix}.", f"Give a file name that ends in {suffix}.")


def _write(path: Path, write: Callable[[Path], object]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FitError(f"{path} could not be written: {reason}.", "Choose a folder that you may write to.") from error


class _Parser(argparse.ArgumentParser):
    """Wrong arguments become the same kind of sentence as everything else."""

    def error(self, message: str) -> NoReturn:
        raise FitError(f"{message[:1].upper()}{message[1:]}.", f"Type `{self.prog} --help` to see what is possible.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m core", description="From photographs to a relightable 3D head.")
    commands = parser.add_subparsers(dest="command", required=True)

    command = commands.add_parser("reconstruct", help=reconstruct.__doc__, description=reconstruct.__doc__)
    command.set_defaults(run=reconstruct)
    command.add_argument("photos", metavar="PHOTO", nargs="+", type=Path, help="photos of one person")
    command.add_argument("--out", required=True, type=Path, help="the head folder to make")
    _add_settings(command)
    command.add_argument("--face", type=int, help="which face, from 0, left to right; else the largest")
    command.add_argument(
        "--pins", metavar="FILE", type=Path, help='landmarks put in place: JSON {"photo.jpg": [[landmark, x, y], ...]}'
    )

    command = commands.add_parser("batch", help=batch.__doc__, description=batch.__doc__)
    command.set_defaults(run=batch)
    command.add_argument("folder", metavar="DIR", type=Path, help="one sub-folder, or one photo, for each person")
    command.add_argument("--out", required=True, type=Path, metavar="DIR", help="gets the head folders and the report")
    _add_settings(command)

    command = commands.add_parser("render", help=render.__doc__, description=render.__doc__)
    command.set_defaults(run=render)
    command.add_argument("head", metavar="HEAD", type=Path)
    light = command.add_mutually_exclusive_group(required=True)
    light.add_argument("--photo", type=int, metavar="I", help="camera and light of this photo, from 0")
    light.add_argument("--hdri", type=Path, metavar="FILE", help="light of this environment (.hdr, .exr)")
    command.add_argument("--out", required=True, type=Path, metavar="FILE", help="the PNG to write")

    command = commands.add_parser("export", help=export.__doc__, description=export.__doc__)
    command.set_defaults(run=export)
    command.add_argument("head", metavar="HEAD", type=Path)
    target = command.add_mutually_exclusive_group(required=True)
    target.add_argument("--obj", type=Path, metavar="FILE")
    target.add_argument("--glb", type=Path, metavar="FILE")
    pose = command.add_mutually_exclusive_group()
    pose.add_argument(
        "--neutral", action="store_const", const=None, dest="photo", help="without expression (the default)"
    )
    pose.add_argument("--photo", type=int, metavar="I", help="with the expression of this photo, from 0")

    command = commands.add_parser("edit", help=edit.__doc__, description=edit.__doc__)
    command.set_defaults(run=edit)
    command.add_argument("head", metavar="HEAD", type=Path)
    command.add_argument(
        "--edit", metavar="NAME=VALUE", type=_change, action="append", required=True, help="a slider and its units"
    )
    command.add_argument("--out", required=True, type=Path, help="the head folder to make")

    command = commands.add_parser("info", help=info.__doc__, description=info.__doc__)
    command.set_defaults(run=info)
    command.add_argument("head", metavar="HEAD", type=Path)

    command = commands.add_parser("doctor", help=doctor.__doc__, description=doctor.__doc__)
    command.set_defaults(run=doctor)
    return parser


def _add_settings(command: argparse.ArgumentParser) -> None:
    command.add_argument("--quality", choices=QUALITIES, default=FitSettings.quality)
    command.add_argument(
        "--size", choices=MAP_SIZES, type=int, default=FitSettings.map_size, help="side of the maps in pixels"
    )
    command.add_argument("--device", choices=DEVICES, default=FitSettings.device)
    command.add_argument("--seed", type=int, default=FitSettings.seed)
    command.add_argument("--threads", type=int, default=FitSettings.threads, help="0: Relit chooses")


if __name__ == "__main__":
    raise SystemExit(main())
