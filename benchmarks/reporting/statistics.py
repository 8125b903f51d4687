"""Means with bootstrap intervals, drawn by head; groups, the worst of them, and the spread over them.

Photos of one head are no independent witnesses, so whole heads are drawn (cluster bootstrap, Efron and Tibshirani
1993, percentile intervals). Records are those of ``records.run_tasks``; a record without a figure is left out of that
figure's mean, and how many were left out is always beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

LEVEL = 0.95
DRAWS = 2000
SEED = 0
YAW_EDGES = (20.0, 40.0)

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Interval:
    """A mean and where it may lie.

    Attributes:
        mean: of all values; not a number without any.
        low, high: of the percentile interval; not a number with fewer than two heads.
        count: of values; heads: of heads among them.
    """

    mean: float
    low: float
    high: float
    count: int
    heads: int

    def to_dict(self) -> dict[str, Any]:
        """JSON values; None for what is not a number."""
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True)
class Summary:
    """One figure of one method.

    Attributes:
        overall: over all records.
        groups: of each grouping, of each group.
        worst: of each grouping, the name of the group with the worst mean; empty when better is neither way.
    """

    overall: Interval
    groups: Mapping[str, Mapping[str, Interval]]
    worst: Mapping[str, str]


def interval(values: Sequence[float], heads: Sequence[str], seed: int = SEED, draws: int = DRAWS) -> Interval:
    """The mean of values [N] and its bootstrap interval, heads [N] drawn with replacement."""
    values = np.asarray(values, np.float64)
    if not len(values):
        return Interval(math.nan, math.nan, math.nan, 0, 0)
    names, owner = np.unique(np.asarray(heads, dtype=str), return_inverse=True)
    low = high = math.nan
    if len(names) > 1:
        total, count = np.bincount(owner, values), np.bincount(owner)
        drawn = np.random.default_rng(seed).integers(len(names), size=(draws, len(names)))
        means = total[drawn].sum(1) / count[drawn].sum(1)
        low, high = (float(edge) for edge in np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
    return Interval(float(values.mean()), low, high, len(values), len(names))


def paired_difference(first: Iterable[Record], second: Iterable[Record], figure: str) -> Interval:
    """The mean of ``second`` minus ``first`` over the items that both have, and its interval."""
    before = {record["item"]: value_of(record, figure) for record in first}
    values, heads = [], []
    for record in second:
        after, earlier = value_of(record, figure), before.get(record["item"])
        if after is not None and earlier is not None:
            values.append(after - earlier)
            heads.append(head_of(record))
    return interval(values, heads)


def summarise(
    records: Iterable[Record], figure: str, groupings: Mapping[str, Callable[[Record], str]], better: str = ""
) -> Summary:
    """A figure over all records and by group.

    Args:
        records: of one method.
        figure: its name in ``figures``.
        groupings: name of the grouping to a function from record to group.
        better: "lower", "higher" or neither; decides what the worst group is.
    """
    known = [record for record in records if value_of(record, figure) is not None]
    groups: dict[str, dict[str, Interval]] = {}
    worst: dict[str, str] = {}
    for name, group_of in groupings.items():
        members: dict[str, list[Record]] = {}
        for record in known:
            members.setdefault(group_of(record), []).append(record)
        groups[name] = {group: _interval_of(members[group], figure) for group in sorted(members)}
        if better and groups[name]:
            choose = max if better == "lower" else min
            worst[name] = choose(groups[name], key=lambda group: groups[name][group].mean)
    return Summary(_interval_of(known, figure), groups, worst)


def spread(records: Iterable[Record], figure: str, group_of: Callable[[Record], str]) -> float:
    """Standard deviation of the groups' means: TRUST's bias score (Feng et al. 2022); not a number without groups."""
    members: dict[str, list[float]] = {}
    for record in records:
        value = value_of(record, figure)
        if value is not None:
            members.setdefault(group_of(record), []).append(value)
    return float(np.std([np.mean(values) for values in members.values()])) if members else math.nan


def value_of(record: Record, figure: str) -> float | None:
    """A figure of a record; None where it is missing."""
    value = record["figures"].get(figure) if not record.get("failure") else None
    return None if value is None or not math.isfinite(value) else float(value)


def head_of(record: Record) -> str:
    """Whose head a record is about; its own item where it does not say."""
    return str(record["about"].get("head", record["item"]))


def by(name: str) -> Callable[[Record], str]:
    """The grouping that ``about`` names itself."""
    return lambda record: str(record["about"].get(name, "unknown"))


def yaw_group(record: Record) -> str:
    """By how far the face is turned, in degrees."""
    yaw = abs(float(record["about"]["yaw_degrees"]))
    low, high = YAW_EDGES
    return f"below {low:.0f}" if yaw < low else f"{low:.0f} to {high:.0f}" if yaw < high else f"{high:.0f} and more"


def _interval_of(records: Sequence[Record], figure: str) -> Interval:
    return interval([value_of(record, figure) for record in records], [head_of(record) for record in records])
