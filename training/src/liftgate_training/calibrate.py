"""Calibrators per action and head, from out-of-fold scores and doubly robust pseudo-outcomes.

    linear    value = mean(psi) + s (score - mean(score)),  s = (b/se^2 + 1/t^2) / (1/se^2 + 1/t^2)
    isotonic  pool-adjacent-violators of psi on score (Barlow et al. 1972), joined at block means

b is the least-squares slope of the pseudo-outcome psi on the out-of-fold score, both centred within
the fold (a fold with high outcomes leaves low ones to its model, which would bias b down), and se
its heteroscedasticity-robust error (HC0). s is the posterior mean of the slope under the prior N(1,
t^2), t = PRIOR_SPREAD: where the data are silent the head keeps its own scale (identity but for the
mean), where they speak they win. s is never below MINIMUM_SLOPE, so that a head keeps an ordering
and a spread between replicates. Isotonic is taken only if its cross-validated loss is lower by more
than one standard error of the difference and it has at least three blocks. Limits: either map is
increasing and moves no customer past another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from liftgate_training.contract import Calibrator, Isotonic, Linear
from liftgate_training.hillstrom import Floats, Integers

PRIOR_SPREAD = 0.5
MINIMUM_SLOPE = 0.1
MINIMUM_BLOCKS = 3
ISOTONIC_KNOTS = 20


@dataclass(frozen=True)
class Calibration:
    """The chosen map and what it was chosen from."""

    calibrator: Calibrator
    slope: float
    slope_error: float
    kept_slope: float
    isotonic_gain: float
    isotonic_gain_error: float

    def to_json(self) -> dict[str, Any]:
        figures = {
            "slope": self.slope,
            "slopeStandardError": self.slope_error,
            "slopeKept": self.kept_slope,
            "isotonicGain": self.isotonic_gain,
            "isotonicGainStandardError": self.isotonic_gain_error,
        }
        rounded = {
            name: float(f"{value:.9g}") if math.isfinite(value) else None
            for name, value in figures.items()
        }
        return {**rounded, "floored": self.kept_slope == MINIMUM_SLOPE}


def calibrate(scores: Floats, pseudo: Floats, fold: Integers) -> Calibration:
    """Fit the map from out-of-fold scores [n] to pseudo-outcomes [n]; `fold` is each row's fold."""
    linear_loss, isotonic_loss = np.empty(len(scores)), np.empty(len(scores))
    for held in np.unique(fold):
        inside, outside = fold == held, fold != held
        line = fit_linear(scores[outside], pseudo[outside], fold[outside])
        steps = fit_isotonic(scores[outside], pseudo[outside])
        linear_loss[inside] = (pseudo[inside] - line.apply(scores[inside])) ** 2
        isotonic_loss[inside] = (pseudo[inside] - steps.apply(scores[inside])) ** 2
    gain = linear_loss - isotonic_loss
    error = float(gain.std(ddof=1) / np.sqrt(len(gain)))
    steps, line = fit_isotonic(scores, pseudo), fit_linear(scores, pseudo, fold)
    better = float(gain.mean()) > error and len(steps.x) >= MINIMUM_BLOCKS
    slope, slope_error = slope_with_error(scores, pseudo, fold)
    chosen: Calibrator = steps if better else line
    return Calibration(chosen, slope, slope_error, line.slope, float(gain.mean()), error)


def fit_linear(scores: Floats, pseudo: Floats, fold: Integers) -> Linear:
    """The line through the point of means; its slope is the posterior mean, or the minimum."""
    kept = max(MINIMUM_SLOPE, posterior_slope(*slope_with_error(scores, pseudo, fold)))
    return Linear(float(pseudo.mean() - kept * scores.mean()), float(kept))


def slope_with_error(scores: Floats, pseudo: Floats, fold: Integers) -> tuple[float, float]:
    """Within-fold least-squares slope and its robust (HC0) standard error.

    Scores that do not vary say nothing about the slope: the error is then infinite.
    """
    x, y = _centred(scores, fold), _centred(pseudo, fold)
    spread = float(x @ x)
    if spread == 0.0:
        return 0.0, math.inf
    slope = float(x @ y) / spread
    return slope, float(np.sqrt((x**2) @ ((y - slope * x) ** 2))) / spread


def _centred(values: Floats, fold: Integers) -> Floats:
    result = values.copy()
    for number in np.unique(fold):
        result[fold == number] -= values[fold == number].mean()
    return result


def posterior_slope(slope: float, error: float) -> float:
    """Precision-weighted mean of the estimated slope and the prior N(1, PRIOR_SPREAD squared)."""
    weight = PRIOR_SPREAD**2 / (PRIOR_SPREAD**2 + error**2)
    return weight * slope + (1 - weight)


def fit_isotonic(scores: Floats, pseudo: Floats) -> Isotonic:
    """Isotonic regression on bins of equal mass, joined at the blocks' mean scores."""
    order = np.argsort(scores, kind="stable")
    bins = np.array_split(order, min(ISOTONIC_KNOTS, len(order)))
    blocks: list[tuple[float, float, int]] = []
    for rows in bins:
        blocks.append((float(scores[rows].mean()), float(pseudo[rows].mean()), len(rows)))
        while len(blocks) > 1 and (
            blocks[-2][1] >= blocks[-1][1] or blocks[-2][0] >= blocks[-1][0]
        ):
            blocks.append(_pooled(blocks.pop(-2), blocks.pop()))
    return Isotonic(tuple(block[0] for block in blocks), tuple(block[1] for block in blocks))


def _pooled(
    left: tuple[float, float, int], right: tuple[float, float, int]
) -> tuple[float, float, int]:
    rows = left[2] + right[2]
    x = (left[0] * left[2] + right[0] * right[2]) / rows
    y = (left[1] * left[2] + right[1] * right[2]) / rows
    return x, y, rows
