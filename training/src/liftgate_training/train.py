"""From the training part of the log to fitted heads: shapes, fits, calibration, baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftgate_training.calibrate import Calibration, calibrate
from liftgate_training.crossfit import (
    FOLDS,
    HeadPlan,
    Trial,
    choose_shape,
    fit_replicates,
    out_of_fold_replicates,
)
from liftgate_training.fit import (
    HeadShapes,
    Replicate,
    TreeShape,
    fit_cost,
    fit_outcomes,
    fit_trees,
    fit_x,
    raw_scores,
)
from liftgate_training.hillstrom import ACTIONS, Experiment, Floats
from liftgate_training.split import folds

VISIT_GRID = tuple(TreeShape(trees, leaves, 200) for leaves in (2, 4, 8) for trees in (20, 40))
MONEY_GRID = tuple(TreeShape(trees, leaves, 500) for leaves in (2, 4) for trees in (2, 5, 10, 20))

PLANS = (
    HeadPlan("visit", "visit", fit_x, TreeShape(60, 8, 100), VISIT_GRID),
    HeadPlan("spend", "spend", fit_x, TreeShape(20, 4, 500), MONEY_GRID),
    HeadPlan("incentive", "incentive", fit_cost, TreeShape(20, 4, 500), MONEY_GRID),
)


@dataclass(frozen=True)
class TrainedHead:
    """One value or cost head: what was tried, what was fitted on train, and its calibration."""

    plan: HeadPlan
    shapes: HeadShapes
    trials: Sequence[Trial]
    replicates: Sequence[Replicate]
    calibrations: dict[str, Calibration]

    def raw(self, rows: NDArray[np.float32]) -> Floats:
        """Uncalibrated scores [n, actions, replicates]."""
        return raw_scores(self.replicates, rows)

    def predict(self, rows: NDArray[np.float32]) -> Floats:
        """Calibrated point scores [n, actions]: the calibrator of the mean over replicates."""
        mean = self.raw(rows).mean(axis=2)
        columns = [
            self.calibrations[action].calibrator.apply(mean[:, column])
            for column, action in enumerate(ACTIONS)
        ]
        return np.stack(columns, axis=1)


@dataclass(frozen=True)
class Trained:
    """All heads; `baselines` by the head they belong to; `response` is mu_a of visit by action."""

    heads: dict[str, TrainedHead]
    baselines: dict[str, Any]
    response: Sequence[Any]


def train(customers: Experiment, replicates: int) -> Trained:
    """Choose shapes, fit every head with `replicates` bootstrap fits, calibrate out of fold."""
    heads = {plan.id: _train_head(plan, customers, replicates) for plan in PLANS}
    outcomes = {
        plan.id: fit_outcomes(customers, plan.outcome, plan.outcome_shape)
        for plan in PLANS
        if plan.id != "incentive"
    }
    baselines = {name: models[0] for name, models in outcomes.items()}
    # Without an action there is no voucher: the cost is zero by definition, not by estimate.
    nothing = np.zeros(len(customers))
    baselines["incentive"] = fit_trees(customers.features, nothing, TreeShape(1, 2, 1))
    return Trained(heads, baselines, outcomes["visit"][1:])


def _train_head(plan: HeadPlan, customers: Experiment, replicates: int) -> TrainedHead:
    shapes, trials = choose_shape(plan, customers)
    out_of_fold = out_of_fold_replicates(plan, customers, shapes, replicates)
    fold = folds(customers, FOLDS)
    scores = out_of_fold.raw.mean(axis=2)
    calibrations = {
        action: calibrate(scores[:, column], out_of_fold.pseudo[:, column], fold)
        for column, action in enumerate(ACTIONS)
    }
    fitted = fit_replicates(plan, customers, shapes, replicates)
    return TrainedHead(plan, shapes, trials, fitted, calibrations)
