"""What a photo tells of the eyes."""

import numpy as np
import pytest

from core.reflectance.eyes import LEFT_EYE_OPENING, RIGHT_EYE_OPENING, lightest_whites


def two_eyes(opening):
    """Points [478,2] and a picture of eyes 60 px wide with irises of 12 px radius, ``opening`` px from lid to lid."""
    points = np.zeros((478, 2))
    image = np.full((100, 240, 3), 0.3)
    y, x = np.mgrid[:100, :240] + 0.5
    for centre, lids, middle in ((468, RIGHT_EYE_OPENING, (60, 50)), (473, LEFT_EYE_OPENING, (180, 50))):
        points[centre : centre + 5] = np.array(middle) + 12 * np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]])
        # From the outer or inner corner along the lower lid to the other corner and back along the upper one.
        along = np.linspace(0, 2 * np.pi, len(lids), endpoint=False)
        points[list(lids)] = np.array(middle) + np.stack([-30 * np.cos(along), opening / 2 * np.sin(along)], 1)
        ellipse = ((x - middle[0]) / 30) ** 2 + ((y - middle[1]) / (opening / 2)) ** 2 < 1
        image[ellipse] = 0.7
        image[ellipse & (np.hypot(x - middle[0], y - middle[1]) < 12)] = 0.05
    return image, points


def test_the_whites_of_open_eyes_are_found():
    found = lightest_whites(*two_eyes(opening=20))
    assert [side for side, *_ in found] == [0, 1]
    assert all(radius == pytest.approx(12) for *_, radius in found)
    assert np.allclose([colour for _, colour, _ in found], 0.7)


def test_narrow_eyes_show_no_white_that_counts():
    assert lightest_whites(*two_eyes(opening=12)) == []
