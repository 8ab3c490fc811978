"""Ranking metrics of one action against no_offer on held-out customers of a randomized log.

With customers sorted by falling score, over each prefix: n_t, n_c treated and control customers,
y_t, y_c the sums of their outcomes.

    uplift curve   (y_t / n_t - y_c / n_c) * (n_t + n_c)
    Qini curve      y_t - y_c * n_t / n_c                       (Radcliffe 2007)
    AUUC, Qini     (area - area of the straight line) / (area of the perfect curve - same line)
    uplift at k     y_t / n_t - y_c / n_c over the first int(k * n) customers

Source and variant: scikit-uplift 0.5.1 `uplift_auc_score`, `qini_auc_score` (negative_effect=True)
and `uplift_at_k` (strategy="overall"), normalisation by the perfect curve after Devriendt, Guns,
Verbeke (2020); ties of the score form one step, except in uplift at k, where the later row goes
first. Every function takes resampling weights [b, n] and returns [b]; weights of one give the
plain metric. Limits: the normalised areas need a 0/1 outcome; `excess_area` does not.
"""

from dataclasses import dataclass

import numpy as np

from liftgate_training.hillstrom import Floats, Integers


@dataclass(frozen=True)
class Comparison:
    """Customers of one action and of no_offer: score, 0/1 treated, outcome; all float64 [n]."""

    score: Floats
    treated: Floats
    outcome: Floats


@dataclass(frozen=True)
class Curve:
    """x [b, steps] and y [b, steps], both starting at 0."""

    x: Floats
    y: Floats

    def area(self) -> Floats:
        """Trapezoidal area [b]."""
        area: Floats = np.asarray(np.trapezoid(self.y, self.x, axis=1))
        return area

    def chord_area(self) -> Floats:
        """Area [b] under the straight line from the origin to the curve's end."""
        return 0.5 * self.x[:, -1] * self.y[:, -1]


def qini_curve(data: Comparison, weights: Floats) -> Curve:
    """Incremental outcomes among the treated against customers ranked, as sums."""
    n_t, y_t, n_c, y_c = _prefix_sums(data, weights)
    return Curve(n_t + n_c, y_t - y_c * _ratio(n_t, n_c))


def uplift_curve(data: Comparison, weights: Floats) -> Curve:
    """Difference of prefix means times customers ranked."""
    n_t, y_t, n_c, y_c = _prefix_sums(data, weights)
    return Curve(n_t + n_c, (_ratio(y_t, n_t) - _ratio(y_c, n_c)) * (n_t + n_c))


def qini_coefficient(data: Comparison, weights: Floats) -> Floats:
    """Normalised area under the Qini curve; 0 is random, 1 is the perfect ranking."""
    ideal = data.outcome * data.treated - data.outcome * (1 - data.treated)
    perfect = qini_curve(Comparison(ideal, data.treated, data.outcome), weights)
    return _normalised(qini_curve(data, weights), perfect)


def auuc(data: Comparison, weights: Floats) -> Floats:
    """Normalised area under the uplift curve; 0 is random, 1 is the perfect ranking."""
    control_responders = weights @ (data.outcome * (1 - data.treated))
    treated_idle = weights @ ((1 - data.outcome) * data.treated)
    agree = 2.0 * (data.outcome == data.treated)
    result = np.empty(len(weights))
    for by_outcome in (True, False):
        rows = (control_responders > treated_idle) == by_outcome
        ideal = agree + (data.outcome if by_outcome else data.treated)
        perfect = uplift_curve(Comparison(ideal, data.treated, data.outcome), weights[rows])
        result[rows] = _normalised(uplift_curve(data, weights[rows]), perfect)
    return result


def excess_area(data: Comparison, weights: Floats) -> Floats:
    """Area between uplift curve and straight line over n squared: outcome units a customer.

    Not normalised by a perfect curve, so it also holds for money; 0 is random.
    """
    curve = uplift_curve(data, weights)
    return (curve.area() - curve.chord_area()) / weights.sum(axis=1) ** 2


def uplift_at(data: Comparison, weights: Floats, share: float) -> Floats:
    """Uplift among the `share` (0 < share < 1) of customers with the highest score."""
    order = _descending(data.score)
    ranked = weights[:, order]
    room = np.floor(weights.sum(axis=1) * share)[:, None] - (np.cumsum(ranked, axis=1) - ranked)
    inside = np.clip(room, 0.0, ranked)
    return mean_difference(data.outcome[order], data.treated[order], inside)


def mean_difference(outcome: Floats, treated: Floats, weights: Floats) -> Floats:
    """Weighted mean outcome of the treated minus that of the others, [b]."""
    in_treated, in_control = weights * treated, weights * (1 - treated)
    return (in_treated @ outcome) / in_treated.sum(axis=1) - (in_control @ outcome) / (
        in_control.sum(axis=1)
    )


def _prefix_sums(data: Comparison, weights: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    order = _descending(data.score)
    steps = np.append(np.flatnonzero(np.diff(data.score[order])), len(order) - 1)
    outcome, treated = data.outcome[order], data.treated[order]
    ranked = weights[:, order]

    def summed(values: Floats) -> Floats:
        sums = np.cumsum(ranked * values, axis=1)[:, steps]
        return np.hstack([np.zeros((len(weights), 1)), sums])

    control = 1 - treated
    return summed(treated), summed(treated * outcome), summed(control), summed(control * outcome)


def _descending(score: Floats) -> Integers:
    return np.argsort(score, kind="stable")[::-1]


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator != 0)


def _normalised(actual: Curve, perfect: Curve) -> Floats:
    chord = perfect.chord_area()
    return (actual.area() - chord) / (perfect.area() - chord)
