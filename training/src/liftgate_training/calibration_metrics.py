"""How well predicted effects match held-out ones: equal-mass bins, slope and intercept.

In each of BINS bins of equal mass by prediction, the observed effect is the difference of the arms'
means (Hajek-weighted IPS; the propensities are equal) with its standard error. Then

    ECE       sum_b (n_b / n) |observed_b - predicted_b|
    slope, intercept   least squares of the doubly robust pseudo-outcome on the prediction

Limits: with noisy bins the ECE of a perfectly calibrated model is not 0, and resampling only adds
noise, so it gets no bootstrap interval; `ece_if_perfect` says what chance alone would give.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from liftgate_training.hillstrom import Floats, Integers
from liftgate_training.split import stream

BINS = 10
NOISE_DRAWS = 20_000


@dataclass(frozen=True)
class Predicted:
    """Held-out customers: an action's predicted effect, their outcome and arm, the action's arm."""

    effect: Floats
    outcome: Floats
    arm: Integers
    action_arm: int


@dataclass(frozen=True)
class Bin:
    """One bin of predicted effect."""

    predicted: float
    observed: float
    standard_error: float
    customers: int

    def to_json(self) -> dict[str, Any]:
        return {
            "predicted": float(f"{self.predicted:.9g}"),
            "observed": float(f"{self.observed:.9g}"),
            "standardError": float(f"{self.standard_error:.9g}"),
            "customers": self.customers,
        }


def bins(data: Predicted) -> list[Bin]:
    """The bins in ascending order of prediction."""
    result = []
    for rows in _bin_rows(data.effect):
        treated = data.outcome[rows[data.arm[rows] == data.action_arm]]
        control = data.outcome[rows[data.arm[rows] == 0]]
        variance = treated.var(ddof=1) / len(treated) + control.var(ddof=1) / len(control)
        result.append(
            Bin(
                float(data.effect[rows].mean()),
                float(treated.mean() - control.mean()),
                float(np.sqrt(variance)),
                len(rows),
            )
        )
    return result


def expected_calibration_error(found: list[Bin]) -> float:
    """ECE of the bins; the bins' customers are their weights."""
    customers = sum(item.customers for item in found)
    gaps = sum(item.customers * abs(item.observed - item.predicted) for item in found)
    return gaps / customers


def ece_if_perfect(found: list[Bin]) -> tuple[float, float]:
    """Mean and 95 % quantile of the ECE if the predictions were exact and only these errors acted.

    The mean is sum_b (n_b / n) se_b sqrt(2 / pi); the quantile comes from 20,000 seeded draws.
    """
    share = np.array([item.customers for item in found], dtype=np.float64)
    share /= share.sum()
    error = np.array([item.standard_error for item in found])
    noise = np.abs(stream("noise").standard_normal((NOISE_DRAWS, len(found)))) @ (share * error)
    return float(np.sqrt(2 / np.pi) * (share @ error)), float(np.quantile(noise, 0.95))


def line(effect: Floats, pseudo: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Slope and intercept [b] of the weighted regression of pseudo-outcomes on predictions."""
    total = weights.sum(axis=1)
    mean_x, mean_y = weights @ effect / total, weights @ pseudo / total
    spread = weights @ effect**2 / total - mean_x**2
    slope = (weights @ (effect * pseudo) / total - mean_x * mean_y) / spread
    return slope, mean_y - slope * mean_x


def monotonicity_violations(found: list[Bin]) -> tuple[int, int]:
    """Neighbouring bins where the observed effect falls: all, and those beyond 1.96 errors."""
    falls = [left.observed - right.observed for left, right in pairwise(found)]
    errors = [
        float(np.hypot(left.standard_error, right.standard_error))
        for left, right in pairwise(found)
    ]
    credible = sum(fall > 1.96 * error for fall, error in zip(falls, errors, strict=True))
    return sum(fall > 0 for fall in falls), credible


def _bin_rows(effect: Floats) -> list[Integers]:
    return np.array_split(np.argsort(effect, kind="stable"), BINS)
