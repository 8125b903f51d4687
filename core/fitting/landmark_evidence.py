"""What a fit to landmarks knows and looks for: the unknowns, what a photo says of them, and what is likely.

The pose is held as a weak-perspective camera plus the focal length as the strength of its perspective: pixels
per metre at the face, the pixel of the face's centre, a rotation, and log focal. So a focal length can change
without moving or resizing the face in the image, which makes it easy to step along.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class GeometryState:
    """Unknowns of K identity coefficients, E expressions and P photos.

    Attributes:
        identity: [K].
        expressions: [P, E].
        drift: [P, D] how far each photo's landmarks err along the network's usual errors, 1 = typically.
        rotation: [P, 3, 3] camera axes from head axes.
        centre: [P, 2] pixel of the face's pivot, from the principal point.
        log_magnification: [P] of pixels per metre at the pivot.
        log_focal: [P] of the focal length in pixels.
    """

    identity: np.ndarray
    expressions: np.ndarray
    drift: np.ndarray
    rotation: np.ndarray
    centre: np.ndarray
    log_magnification: np.ndarray
    log_focal: np.ndarray

    def pivot(self, photo: int) -> np.ndarray:
        """[3] the face's pivot in camera coordinates, metres."""
        x, y = self.centre[photo] * np.exp(-self.log_magnification[photo])
        return np.array([x, y, np.exp(self.log_focal[photo] - self.log_magnification[photo])])


@dataclass(frozen=True, eq=False)
class Observation:
    """What one photo says.

    Attributes:
        target: [N, 2] landmarks in pixels from the principal point, the network's mean error taken off.
        weight: [N] confidence of each, 0 = not used; contour landmarks included.
        sigma_px: standard deviation of a landmark, pixels.
        response_px: [2, N, K] how the landmark network's error changes with each identity coefficient, pixels.
        drift_px: [2, N, D] the landmark network's usual errors in this photo, pixels.
        outward: [N, 2] unit normal of the face's outline at its landmarks, zero elsewhere.
        iris_px: diameter of the iris in pixels, 0 = unknown.
        log_focal: mean and standard deviation of the logarithm of the focal length in pixels.
        expression_mean: [E] expressions to expect.
        pinned: [N] bool, landmarks that the artist has put where they are; they have no error and no outlier.
    """

    target: np.ndarray
    weight: np.ndarray
    sigma_px: float
    response_px: np.ndarray
    drift_px: np.ndarray
    outward: np.ndarray
    iris_px: float
    log_focal: tuple[float, float]
    expression_mean: np.ndarray
    pinned: np.ndarray


@dataclass(frozen=True)
class Priors:
    """What is likely before a photo is seen. Lengths in metres; sigmas are standard deviations.

    Attributes:
        landmark_sigma: error of a landmark of the network, in units of the distance between the eyes.
        pixel_sigma: further error of a landmark, in pixels: what a small face leaves open.
        independent_landmarks: how many landmarks' worth of evidence the N landmarks hold together (their
            errors are correlated: neighbours are wrong together).
        robust_scale: sigmas at which a landmark starts to count as an outlier (Geman-McClure).
        identity_sigma: of identity coefficients.
        expression_sigma: of expression coefficients around their mean.
        expression_sparsity: slope of the exponential prior that keeps idle expressions at rest.
        score_share: how much of the landmark network's expression scores becomes the prior mean.
        contour_share: weight of a contour landmark against an inner one.
        iris_diameter: of the iris as the network draws it. The real one measures 11.7 mm in nearly all adults;
            the network's is larger by as much as brings the eyes of adults 63 mm apart on average.
        iris_sigma: relative, of that diameter and its measurement together.
        focal_35mm: median focal length without EXIF, millimetres of a 35 mm camera.
        focal_sigma: of its logarithm.
        exif_sigma: of the logarithm of a focal length that EXIF states.
        distance: median distance of a face from the camera.
        distance_sigma: of its logarithm.
        pin_weight: of a pinned landmark, where all others together weigh `independent_landmarks`.
        pin_reach: how far around a pin detected landmarks count less, in units of the distance between the eyes.
    """

    landmark_sigma: float = 0.02
    pixel_sigma: float = 0.3
    independent_landmarks: float = 140.0
    robust_scale: float = 3.0
    identity_sigma: float = 1.0
    expression_sigma: float = 0.25
    expression_sparsity: float = 0.3
    score_share: float = 1.0
    contour_share: float = 0.8
    iris_diameter: float = 0.0125
    iris_sigma: float = 0.1
    focal_35mm: float = 45.0
    focal_sigma: float = 1.2
    exif_sigma: float = 0.04
    distance: float = 0.8
    distance_sigma: float = 0.7
    pin_weight: float = 40.0
    pin_reach: float = 0.15
