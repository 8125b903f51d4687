"""Means, intervals drawn by head, groups and spreads of made-up records."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.reporting.statistics import by, interval, paired_difference, spread, summarise, yaw_group


def record(item, value, head=None, failure=None, **about):
    about = {"head": head or item, **about}
    return {"item": item, "method": "fit", "about": about, "figures": {"error": value}, "failure": failure}


def test_the_interval_covers_the_mean_about_as_often_as_it_says():
    generator = np.random.default_rng(3)
    inside = 0
    for _ in range(200):
        found = interval(generator.normal(5, 2, 30), [str(i) for i in range(30)], draws=400)
        inside += found.low <= 5 <= found.high
    assert 178 <= inside <= 199


def test_photos_of_one_head_are_one_witness():
    head_values = np.random.default_rng(0).normal(size=10)
    values, heads = np.repeat(head_values, 20), np.repeat([f"h{i}" for i in range(10)], 20)
    clustered = interval(values, heads)
    single = interval(head_values, [f"h{i}" for i in range(10)])
    naive = interval(values, [str(i) for i in range(200)])
    assert (clustered.low, clustered.high) == pytest.approx((single.low, single.high))
    assert clustered.high - clustered.low > 3 * (naive.high - naive.low)
    assert (clustered.count, clustered.heads) == (200, 10)


def test_the_interval_is_the_same_every_time_and_needs_two_heads():
    values, heads = [1.0, 2, 3, 5], ["a", "b", "c", "c"]
    assert interval(values, heads) == interval(values, heads)
    alone = interval([1.0, 3.0], ["a", "a"])
    assert alone.mean == 2 and math.isnan(alone.low) and alone.to_dict()["low"] is None
    assert interval([], []).count == 0


def test_failures_and_missing_figures_are_left_out_of_the_mean():
    records = [record("a", 1.0), record("b", 3.0), record("c", 100.0, failure="No face."), record("d", None)]
    summary = summarise(records, "error", {})
    assert summary.overall.mean == 2 and summary.overall.count == 2


@pytest.mark.parametrize(("better", "expected"), [("lower", "dark"), ("higher", "light")])
def test_the_worst_group(better, expected):
    records = [record("a", 1.0, group="light"), record("b", 4.0, group="dark"), record("c", 2.0, group="light")]
    summary = summarise(records, "error", {"tone": by("group")}, better)
    assert summary.worst["tone"] == expected
    assert summary.groups["tone"]["light"].mean == 1.5


def test_the_spread_is_that_of_the_groups_means():
    records = [record(str(i), value, tone=tone) for i, (value, tone) in enumerate([(1, 1), (3, 1), (6, 2), (8, 3)])]
    assert spread(records, "error", by("tone")) == pytest.approx(np.std([2, 6, 8]))
    assert math.isnan(spread([], "error", by("tone")))


def test_a_paired_difference_compares_the_same_items_only():
    before = [record("a", 1.0), record("b", 2.0), record("c", 9.0)]
    after = [record("a", 0.5), record("b", 1.5), record("d", 0.0)]
    found = paired_difference(before, after, "error")
    assert found.mean == pytest.approx(-0.5) and found.count == 2
    assert (found.low, found.high) == pytest.approx((-0.5, -0.5))


@pytest.mark.parametrize(
    ("yaw", "group"), [(0, "below 20"), (-19.9, "below 20"), (20, "20 to 40"), (-45, "40 and more")]
)
def test_yaw_groups(yaw, group):
    assert yaw_group(record("a", 1.0, yaw_degrees=yaw)) == group
