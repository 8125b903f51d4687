"""What the benchmark on real people found, as Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.photos.recognition import SAME_PERSON

from ..reporting.statistics import Interval, Record, interval, paired_difference, value_of
from .hand_points import INNER, LINES, POINTS, scatter
from .portraits import FOLDERS

Rows = list[list[str]]
WORST = 8
NOTES = {
    "heads": "Every photo through the whole pipeline but its last preview (`draft`, 512 maps, one thread). A refusal "
    "is a plain sentence for the artist; anything else that gives no head is a crash.",
    "points": "Distance from points that were set by hand (London and Canada, neutral faces), in per cent of the "
    "distance between the pupils. Lines: only the line is defined, not the place on it. Scatter: what is left of the "
    "error of single points when each point's mean offset is taken off, which is a difference of definition as often "
    "as an error.",
    "swap": "The head of photo B wears the maps found in photo A of the same person, under B's camera and light; PSNR "
    "and SSIM in sRGB against photo B on bare skin up to 95 mm from the tip of the nose. Gains are ratios of mean "
    "linear colours. Own: B wears its own maps. London is also in the training set of the albedo prior.",
    "agreement": "Distance across the surface between neutral faces (95 mm about the tip of the nose) of two photos, "
    "after rigid alignment, and with scale. The order is right when a person's two heads are nearer to each other than "
    "two strangers' heads; the last column is how often that is so.",
    "flip": "A head from the mirrored photo, mirrored back, against the head from the photo: shape, and median "
    "CIEDE2000 of the diffuse albedo where both saw skin.",
    "likeness": "Distance between descriptors of dlib's recogniser: below 0.6 it takes two pictures for one person. "
    "Heads are made at draft quality, which does not optimise against it (a figure on a network that a fit optimises "
    "against would mean little). Over photo: only face, ears and neck are drawn; alone: over grey; turned: by 30 "
    "degrees, over grey. Found: how often the own photo is nearer than every photo of somebody else.",
}


def write_report(out: Path, records: Mapping[str, Sequence[Record]], about: Mapping[str, Any]) -> str:
    """Write ``photos.md`` and ``photos.json`` and return the Markdown.

    Args:
        out: The folder.
        records: Of each part that was run, in order.
        about: What the figures depend on, for the JSON file.
    """
    tables = {part: TABLES[part](rows) for part, rows in records.items() if part in TABLES}
    text = ["# Real people", ", ".join(f"{name} {value}" for name, value in about.items()) + "."]
    for part, found in tables.items():
        text += [f"## {part}", NOTES[part]]
        text += [_markdown(rows) if isinstance(rows, list) else rows for rows in found.values()]
        crashes = [f"- {one['item']}: {one['failure']}" for one in records[part] if one["crash"]]
        text += ["Crashed while measuring:\n" + "\n".join(crashes)] if crashes and part != "heads" else []
    page = "\n\n".join(text) + "\n"
    (out / "photos.md").write_text(page, encoding="utf-8")
    data = {"about": dict(about), "tables": tables, "records": {part: list(rows) for part, rows in records.items()}}
    (out / "photos.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    return page


def head_tables(records: Sequence[Record]) -> dict[str, Rows | str]:
    """Failures by source and skin, and their reasons."""
    rows = [["", "photos", "heads", "refused", "crashed", "failure rate", "median seconds"]]
    for group, some in _grouped(records):
        crashed = sum(one["crash"] for one in some)
        failed = sum(bool(one["failure"]) for one in some)
        seconds = [one["seconds"] for one in some if not one["failure"]]
        cells = [len(some), len(some) - failed, failed - crashed, crashed, f"{100 * failed / len(some):.1f} %"]
        rows.append([group, *(str(cell) for cell in cells), f"{np.median(seconds):.1f}" if seconds else "-"])
    reasons = [f"- {one['item']}: {one['failure']}" for one in records if one["failure"]]
    warnings: dict[str, int] = {}
    for one in records:
        for warning in one["notes"].get("warnings", []):
            warnings[warning] = warnings.get(warning, 0) + 1
    common = [["warning", "photos"], *([text, str(count)] for text, count in _most(warnings))]
    return {"failures": rows, "reasons": "\n".join(reasons) or "No photo failed.", "warnings": common}


def point_tables(records: Sequence[Record]) -> dict[str, Rows | str]:
    """Errors of the detector and of the fitted head by part of the face."""
    names = [*POINTS, "points", *INNER, "lines", *(name for name in LINES if name not in INNER)]
    rows = [["% of the eye distance", "detector", "fitted head"]]
    rows += [[name, *(_mean(records, f"{who} {name}") for who in ("detector", "head"))] for name in names]
    good = [one for one in records if not one["failure"]]
    left = ["points, scatter"]
    for who in ("detector", "head"):
        offsets = np.array([one["notes"][f"{who} offsets"] for one in good])
        left.append(_interval_text(scatter(offsets), [one["about"]["head"] for one in good]) if len(good) > 1 else "-")
    rows.insert(len(POINTS) + 2, left)
    return {"errors": rows, "worst": _worst(records, "head points", -1)}


def swap_tables(records: Sequence[Record]) -> dict[str, Rows | str]:
    """PSNR and SSIM by method, source and skin."""
    figures = ("psnr raw", "psnr one gain", "psnr gain per channel", "ssim gain per channel", "own psnr raw")
    rows = [["", "pairs", *figures]]
    for method in dict.fromkeys(one["method"] for one in records):
        mine = [one for one in records if one["method"] == method]
        for group, some in _grouped(mine):
            cells = [_mean(some, figure, 3 if "ssim" in figure else 1) for figure in figures]
            rows.append([f"{method.removeprefix('swap ')}: {group}", str(len(some)), *cells])
    ours = [one for one in records if one["method"] == "swap relit"]
    for method in dict.fromkeys(one["method"] for one in records if one["method"] != "swap relit"):
        other = [one for one in records if one["method"] == method]
        gains = [paired_difference(other, ours, figure) for figure in figures]
        cells = [_found(gain, 3 if "ssim" in figure else 1) for figure, gain in zip(figures, gains)]
        rows.append([f"relit minus {method.removeprefix('swap ')}, same pairs", str(gains[0].count), *cells])
    return {"swaps": rows, "worst": _worst(ours, "psnr gain per channel", 1)}


def agreement_tables(records: Sequence[Record]) -> dict[str, Rows | str]:
    """Distances of one person's heads and of strangers', and the perspective test."""
    strangers = [one for one in records if one["method"] == "strangers"]
    same = [one for one in records if one["method"] == "same person"]
    rows = [["", "pairs", "rigid, mm", "with scale, mm", "nearer than strangers"]]
    for name, some in [*((f"same person: {group}", some) for group, some in _grouped(same)), ("strangers", strangers)]:
        cells = [_mean(some, figure) for figure in ("rigid mm", "scaled mm")]
        rows.append([name, str(len(some)), *cells, _order(some, strangers) if some is not strangers else ""])
    distances: dict[str, float] = {}
    for one in same:
        if one["about"]["folder"] == "zoom" and not one["failure"]:
            distances |= dict(zip(one["item"].split(" and "), one["notes"]["distances m"]))
    rows_zoom = [["photo", "camera to eyes as found, cm"], *([name, f"{100 * d:.0f}"] for name, d in distances.items())]
    return {"shapes": rows, "perspective": rows_zoom, "worst": _worst(same, "rigid mm", -1)}


def flip_tables(records: Sequence[Record]) -> dict[str, Rows | str]:
    """How far a head depends on which side is which."""
    rows = [["", "photos", "shape, mm", "albedo, CIEDE2000"]]
    for group, some in _grouped(records):
        rows.append([group, str(len(some)), _mean(some, "rigid mm"), _mean(some, "ciede2000")])
    return {"mirrored": rows, "worst": _worst(records, "ciede2000", -1)}


def likeness_tables(records: Sequence[Record]) -> dict[str, Rows | str]:
    """Descriptor distances of re-renders beside those between photos."""
    good = [one for one in records if not one["failure"]]
    own = {one["item"]: np.array(one["notes"]["descriptors"]["own"]) for one in good}
    person = {one["item"]: one["about"]["head"] for one in good}
    rows = [["picture against photo", "pairs", "distance", f"below {SAME_PERSON}", "found"]]
    views = {"head over photo": "photo", "head alone": "alone", "head turned": "turned"}
    views |= {f"mean {label}": f"mean {name}" for label, name in views.items()}
    for label, name in views.items():
        values = [one["figures"][name] for one in good]
        found = [_is_nearest(one["item"], np.array(one["notes"]["descriptors"][name]), own, person) for one in good]
        rows.append([label, *_likeness_cells(values, [person[one["item"]] for one in good]), _share(found)])
    items = list(own)
    pairs = [(a, b) for index, a in enumerate(items) for b in items[index + 1 :]]
    sitting = {one["item"]: one["about"]["sitting"] for one in good}
    same = [(a, b) for a, b in pairs if sitting[a] == sitting[b]]
    strangers = [(a, b) for a, b in pairs if person[a] != person[b]]
    for label, chosen in (("photo of the same person", same), ("photo of a stranger", strangers)):
        values = [float(np.linalg.norm(own[a] - own[b])) for a, b in chosen]
        rows.append([label, *_likeness_cells(values, [person[a] for a, _ in chosen]), ""])
    return {"distances": rows, "worst": _worst(records, "photo", -1)}


TABLES: dict[str, Callable[[Sequence[Record]], dict[str, Rows | str]]] = {
    "heads": head_tables,
    "points": point_tables,
    "swap": swap_tables,
    "agreement": agreement_tables,
    "flip": flip_tables,
    "likeness": likeness_tables,
}


def _grouped(records: Sequence[Record]) -> list[tuple[str, list[Record]]]:
    """All records, those of each source, and those of each group of people within a source."""
    groups: dict[str, list[Record]] = {"all": list(records)}
    for folder in FOLDERS:
        here = [one for one in records if one["about"]["folder"] == folder]
        groups[folder] = here
        for name in sorted({one["about"]["group"] for one in here} - {""}):
            groups[f"{folder}, {name}"] = [one for one in here if one["about"]["group"] == name]
    return [(name, some) for name, some in groups.items() if some]


def _mean(records: Sequence[Record], figure: str, digits: int = 2) -> str:
    known = [one for one in records if value_of(one, figure) is not None]
    heads = [one["about"]["head"] for one in known]
    return _interval_text([value_of(one, figure) for one in known], heads, digits)


def _interval_text(values: Sequence[float], heads: Sequence[str], digits: int = 2) -> str:
    return _found(interval(values, heads), digits)


def _found(found: Interval, digits: int = 2) -> str:
    if not found.count:
        return "-"
    if found.heads < 2:
        return f"{found.mean:.{digits}f}"
    return f"{found.mean:.{digits}f} [{found.low:.{digits}f}, {found.high:.{digits}f}]"


def _likeness_cells(values: Sequence[float], heads: Sequence[str]) -> list[str]:
    return [str(len(values)), _interval_text(values, heads), _share([value < SAME_PERSON for value in values])]


def _share(hits: Sequence[bool]) -> str:
    return f"{100 * np.mean(hits):.0f} %" if len(hits) else "-"


def _is_nearest(item: str, descriptor: np.ndarray, own: Mapping[str, np.ndarray], person: Mapping[str, str]) -> bool:
    """Whether no photo of somebody else is nearer than the photo that the picture was made from."""
    others = [one for name, one in own.items() if person[name] != person[item]]
    if not others:
        return True
    return bool(np.linalg.norm(np.array(others) - descriptor, axis=1).min() > np.linalg.norm(own[item] - descriptor))


def _order(same: Sequence[Record], strangers: Sequence[Record]) -> str:
    """How often a distance between heads of one person is smaller than one between strangers (rigid)."""
    near = [value for one in same if (value := value_of(one, "rigid mm")) is not None]
    far = [value for one in strangers if (value := value_of(one, "rigid mm")) is not None]
    return _share((np.array(near)[:, None] < np.array(far)).ravel()) if near and far else "-"


def _worst(records: Sequence[Record], figure: str, sign: int) -> str:
    known = [one for one in records if value_of(one, figure) is not None]
    known.sort(key=lambda one: sign * one["figures"][figure])
    found = "; ".join(f"{one['item']} {one['figures'][figure]:.2f}" for one in known[:WORST])
    return f"Worst ({figure}): {found or 'none'}."


def _most(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: -pair[1])[:WORST]


def _markdown(rows: Rows) -> str:
    lines = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
