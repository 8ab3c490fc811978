"""Everything measured on the held-out part, with paired bootstrap intervals, action by action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from liftgate_training.calibration_metrics import (
    Bin,
    Predicted,
    bins,
    ece_if_perfect,
    expected_calibration_error,
    line,
    monotonicity_violations,
)
from liftgate_training.contract import AverageEffect
from liftgate_training.cost_curve import CostComparison, aucc
from liftgate_training.hillstrom import ACTIONS, EMAIL_FEE_USD, Experiment, Floats, Integers
from liftgate_training.pseudo_outcomes import average_effect, dr_scores
from liftgate_training.resampling import Draws, bootstrap
from liftgate_training.train import Trained
from liftgate_training.uplift_metrics import (
    Comparison,
    auuc,
    excess_area,
    mean_difference,
    qini_coefficient,
    uplift_at,
)

SHARES = (0.1, 0.2, 0.3, 0.5)
# Divides a value whose predicted cost is zero or less: such a customer comes first.
SMALLEST_COST = 1e-9
HEADS = ("visit", "spend", "incentive")

Metric = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Holdout:
    """The held-out customers with everything predicted for them; arrays [n] and [n, actions]."""

    customers: Experiment
    raw: dict[str, Floats]
    predicted: dict[str, Floats]
    pseudo: dict[str, Floats]
    response: Floats

    @property
    def cost(self) -> Floats:
        """Predicted spend of each action: incentive and e-mail fee, USD."""
        return self.predicted["incentive"] + EMAIL_FEE_USD


def score(trained: Trained, customers: Experiment) -> Holdout:
    """Score held-out customers with every head, and build their doubly robust pseudo-outcomes."""
    rows = customers.features
    predicted = {name: head.predict(rows) for name, head in trained.heads.items()}
    pseudo = {}
    for name in HEADS:
        baseline = np.asarray(trained.baselines[name].predict(rows))[:, None]
        expected = np.hstack([baseline, baseline + predicted[name]])
        pseudo[name] = dr_scores(customers.outcomes[name], customers.arm, expected)
    raw = {name: head.raw(rows) for name, head in trained.heads.items()}
    response = np.column_stack([model.predict(rows) for model in trained.response])
    return Holdout(customers, raw, predicted, pseudo, response)


def average_effects(holdout: Holdout) -> dict[str, dict[str, AverageEffect]]:
    """Doubly robust average effects by head and action, for the exporter's scale gate."""
    return {
        name: {
            action: average_effect(holdout.pseudo[name][:, column])
            for column, action in enumerate(ACTIONS)
        }
        for name in HEADS
    }


def action_metrics(holdout: Holdout, column: int, resamples: int) -> dict[str, Draws]:
    """All resampled figures of the action in `column` against no_offer."""
    metrics = _ranking_metrics(holdout, column)
    for name in HEADS:
        metrics |= _calibration_metrics(holdout, column, name)

    def statistic(weights: Floats) -> dict[str, Floats]:
        return {name: metric(weights) for name, metric in metrics.items()}

    return bootstrap(statistic, len(holdout.customers), resamples, ACTIONS[column])


def calibration_bins(holdout: Holdout, column: int, name: str) -> list[Bin]:
    """Equal-mass bins of one head and action."""
    return bins(_predicted(holdout, column, name))


def calibration_summary(found: list[Bin]) -> dict[str, Any]:
    """The bins and the figures that follow from them without resampling."""
    falls, credible = monotonicity_violations(found)
    mean, limit = ece_if_perfect(found)
    return {
        "bins": [item.to_json() for item in found],
        "ece": float(f"{expected_calibration_error(found):.9g}"),
        "eceIfPerfect": {"mean": float(f"{mean:.9g}"), "quantile95": float(f"{limit:.9g}")},
        "monotonicityViolations": falls,
        "credibleMonotonicityViolations": credible,
    }


def rank_stability(holdout: Holdout, name: str, column: int) -> float | None:
    """Mean Spearman correlation of the customers' order over all pairs of replicates.

    None when a replicate gives every customer the same score, or there is only one.
    """
    ranks = [_ranks(scores) for scores in holdout.raw[name][:, column].T]
    if len(ranks) < 2 or min(float(np.ptp(each)) for each in ranks) == 0.0:
        return None
    pairs = [np.corrcoef(left, right)[0, 1] for left, right in combinations(ranks, 2)]
    return float(f"{np.mean(pairs):.9g}")


def _ranking_metrics(holdout: Holdout, column: int) -> dict[str, Metric]:
    arm = holdout.customers.arm
    pair = np.flatnonzero((arm == 0) | (arm == column + 1))
    treated = (arm[pair] > 0).astype(np.float64)

    def compared(name: str) -> Comparison:
        outcome = holdout.customers.outcomes[name][pair]
        return Comparison(holdout.predicted[name][pair, column], treated, outcome)

    visit, spend, cost = compared("visit"), compared("spend"), compared("incentive")
    efficiency = visit.score / np.maximum(holdout.cost[pair, column], SMALLEST_COST)
    paid = cost.outcome + EMAIL_FEE_USD * treated
    curve = CostComparison(efficiency, treated, visit.outcome, paid)
    metrics: dict[str, Metric] = {
        "visit.qini": lambda w: qini_coefficient(visit, w[:, pair]),
        "visit.auuc": lambda w: auuc(visit, w[:, pair]),
        "visit.aucc": lambda w: aucc(curve, w[:, pair]),
        "spend.excessArea": lambda w: excess_area(spend, w[:, pair]),
    }
    for name, data in (("visit", visit), ("spend", spend), ("incentive", cost)):
        metrics[f"{name}.averageEffect"] = partial(_average, data, pair)
    for share in SHARES:
        metrics[f"visit.upliftAt.{share:g}"] = partial(_top, visit, pair, share)
    return metrics


def _average(data: Comparison, pair: Integers, weights: Floats) -> Floats:
    return mean_difference(data.outcome, data.treated, weights[:, pair])


def _top(data: Comparison, pair: Integers, share: float, weights: Floats) -> Floats:
    return uplift_at(data, weights[:, pair], share)


def _calibration_metrics(holdout: Holdout, column: int, name: str) -> dict[str, Metric]:
    data = _predicted(holdout, column, name)
    pseudo = holdout.pseudo[name][:, column]
    return {
        f"{name}.calibrationSlope": lambda w: line(data.effect, pseudo, w)[0],
        f"{name}.calibrationIntercept": lambda w: line(data.effect, pseudo, w)[1],
    }


def _predicted(holdout: Holdout, column: int, name: str) -> Predicted:
    customers = holdout.customers
    return Predicted(
        holdout.predicted[name][:, column], customers.outcomes[name], customers.arm, column + 1
    )


def _ranks(scores: Floats) -> Floats:
    """Ranks with ties at their mean."""
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]
