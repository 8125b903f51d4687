"""Which figures of ``python -m benchmarks accuracy`` stand in which table."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..baselines import MAIN_METHODS, Method
from ..reporting.statistics import Interval, Record, by, paired_difference, yaw_group
from ..reporting.tables import Block, Column, Report, Section, by_method

NEW_VIEW = "turned"
"""The held-out picture from a side that the photo shows less of."""

BLOCKS = (
    Block(
        "In short",
        (
            Column("rigid_median_mm", "surface, rigid, median mm"),
            Column("albedo_ciede2000", "albedo CIEDE2000", digits=1),
            Column("ita_error_degrees", "ITA error, degrees", digits=1),
            Column("ita_error_degrees", "spread of the ITA error over tones", digits=1, spread_over="tone"),
            Column("relit_psnr", "held-out light, PSNR, dB", "higher", 1),
            Column("relit_ssim", "held-out light, SSIM", "higher"),
            Column("cpu_seconds", "processor seconds, warm", digits=1),
        ),
    ),
    Block(
        "Shape",
        (
            Column("rigid_median_mm", "surface, rigid, median mm"),
            Column("rigid_mean_mm", "mean mm"),
            Column("rigid_median_observed_mm", "observed mm"),
            Column("rigid_median_hidden_mm", "hidden mm"),
            Column("scaled_median_mm", "with scale, median mm"),
            Column("neutral_median_mm", "neutral, median mm"),
            Column("neutral_smiling_median_mm", "neutral from a smile, median mm"),
            Column("normals_degrees", "normals, degrees", digits=1),
        ),
    ),
    Block(
        "Camera and landmarks",
        (
            Column("focal_percent", "focal length, %", digits=0),
            Column("distance_percent", "distance, %", digits=0),
            Column("view_degrees", "direction to the camera, degrees", digits=1),
            Column("landmarks_px", "landmarks, px", digits=1),
            Column("landmarks_eye_percent", "landmarks, % of eye distance", digits=1),
        ),
    ),
    Block(
        "Skin",
        (
            Column("albedo_ciede2000", "albedo CIEDE2000", digits=1),
            Column("albedo_ciede2000_observed", "observed", digits=1),
            Column("albedo_ciede2000_hidden", "hidden", digits=1),
            Column("albedo_psnr", "albedo PSNR, dB", "higher", 1),
            Column("albedo_ssim", "albedo SSIM", "higher"),
            Column("albedo_lpips_like", "albedo LPIPS-like"),
            Column("ita_error_degrees", "ITA error, degrees", digits=1),
            Column("ita_bias_degrees", "ITA bias, degrees", "", 1),
            Column("ita_error_degrees", "spread of the ITA error over tones", digits=1, spread_over="tone"),
            Column("specular_mae", "specular albedo"),
            Column("roughness_mae", "roughness"),
            Column("seam_ciede2000", "seam CIEDE2000"),
        ),
    ),
    Block(
        "Held-out light",
        (
            Column("relit_psnr", "PSNR, dB", "higher", 1),
            Column("relit_psnr_observed", "observed", "higher", 1),
            Column("relit_psnr_hidden", "hidden", "higher", 1),
            Column("relit_photo_psnr", "photo's view", "higher", 1),
            Column(f"relit_{NEW_VIEW}_psnr", "turned view", "higher", 1),
            Column("relit_matched_psnr", "PSNR with the mean colour matched", "higher", 1),
            Column("relit_ssim", "SSIM", "higher"),
            Column("relit_lpips_like", "LPIPS-like"),
            Column("relit_ciede2000", "CIEDE2000", digits=1),
        ),
    ),
    Block(
        "Where the error under held-out light sits: shares of the squared difference",
        (
            Column("relit_share_mean_colour", "mean colour", ""),
            Column("relit_share_broad", "broad", ""),
            Column("relit_share_middle", "middle", ""),
            Column("relit_share_fine", "fine", ""),
            Column("relit_share_rim", "at the rim", ""),
        ),
    ),
    Block("Cost", (Column("cpu_seconds", "processor seconds, warm", digits=1), Column("peak_mb", "peak MB", digits=0))),
)
COMPARED = (
    ("rigid_median_mm", "surface, mm", 2),
    ("albedo_ciede2000", "albedo CIEDE2000", 1),
    ("ita_error_degrees", "ITA error, degrees", 1),
    ("relit_psnr", "held-out light, dB", 2),
)
TONES = ("light", "medium", "dark")
GROUPINGS = {"tone": by("group"), "yaw": yaw_group, "light": by("light_kind")}
DIFFERENCES = (
    "Each method minus `{first}` on the same photos, mean and 95 % interval: an interval that holds zero is no "
    "difference. In dB, below zero means worse than `{first}`; elsewhere, above zero does."
)
FIGURES = (
    "Distances go from 6000 points of the true face (within 95 mm of the tip of the nose) to the fitted surface, after "
    "alignment by rotation and translation, or with scale too. *Observed* is the part of the face that the photo "
    "shows, *hidden* the rest. Albedo is compared at the closest points, about a millimetre fine. ITA is the "
    "individual typology angle of the bare skin's mean colour. Under held-out light both heads are rendered by Cycles "
    "with the true camera, from the photo's view and from one turned by 30 degrees; exposed so that the truth's mean "
    "luminance over the face is 0.25, then sRGB. Of the squared difference, *broad* is what a Gaussian of 12 % of the "
    "face's width leaves (mean colour aside), *fine* what one of 3 % takes off. LPIPS-like is a distance of network "
    "features, not LPIPS itself. Baselines cannot fail where Relit does not: they share its landmarks. Processor "
    "seconds are of a warm process with one thread, whatever else the machine does; the preview counts in Relit's own "
    "only, and a baseline finds the photo already looked at. Peak MB holds what the process needs to measure, too."
)


def accuracy_report(
    split: str, methods: Sequence[Method], staged: Collection[str], records: Sequence[Record] = ()
) -> Report:
    """Return what is to be told.

    Args:
        split: name of the split.
        methods: those that were run.
        staged: photos on which the steps were switched off.
        records: of all methods, for the table of differences.
    """
    sections = [
        Section("All heads", lambda record: record["method"] in MAIN_METHODS),
        Section("Heads that are not of our model", lambda r: r["method"] in MAIN_METHODS and not _own(r)),
        Section("Heads of our own model (same family)", lambda r: r["method"] in MAIN_METHODS and _own(r)),
    ]
    if staged:
        sections.append(
            Section("Steps switched off, and all methods on the same photos", lambda r: r["item"] in staged)
        )
    described = "\n".join(f"- `{one.name}`: {one.sentence}" for one in methods)
    notes = [FIGURES, described]
    if len(methods) > 1:
        notes += [DIFFERENCES.format(first=methods[0].name), differences(records)]
    return Report(f"Accuracy, {split} split", BLOCKS, sections, GROUPINGS, "tone", notes)


def differences(records: Sequence[Record]) -> str:
    """Return a Markdown table of every method minus the first one, over the photos that both have.

    Args:
        records: of all methods.
    """
    methods = by_method(records)
    first, *others = methods
    heads = ["method", "photos", *(title for _, title, _ in COMPARED), *(f"dB, {tone}" for tone in TONES)]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name in others:
        found = [(paired_difference(methods[first], methods[name], figure), digits) for figure, _, digits in COMPARED]
        for tone in TONES:
            alike = [[r for r in methods[one] if r["about"]["group"] == tone] for one in (first, name)]
            found.append((paired_difference(*alike, "relit_psnr"), 2))
        cells = [name, str(found[0][0].count), *(_signed(*one) for one in found)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _signed(found: Interval, digits: int) -> str:
    if not found.count:
        return "-"
    text = f"{found.mean:+.{digits}f}"
    return text if found.heads < 2 else f"{text} [{found.low:+.{digits}f}, {found.high:+.{digits}f}]"


def _own(record: Record) -> bool:
    return record["about"]["family"] == "own"
