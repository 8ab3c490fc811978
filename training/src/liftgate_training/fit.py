"""X-learner replicates on a randomized log, with LightGBM trees.

For an action a against no_offer, with mu_0 and mu_a fitted on the outcomes of the two arms:

    D_treated = y - mu_0(x) on customers of a,  D_control = mu_a(x) - y on those of no_offer
    tau_treated ~ D_treated,  tau_control ~ D_control
    tau(x) = p * tau_control(x) + (1 - p) * tau_treated(x),   p = P(a | a or no_offer) = 1/2

Source: Kuenzel, Sekhon, Bickel, Yu (2019), PNAS 116(10). Variant: p is the known constant of the
randomized log. The cost head needs no X-learner: without an action the cost is 0 by definition, so
its uplift is E[cost | x, a] and one regression on arm a gives it. Every replicate is a fit on
customers drawn with replacement; the point score is the mean over replicates. Limits: outcomes are
regressed by squared error, also the 0/1 ones, so a score is not confined to [-1, 1].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from liftgate_training.hillstrom import (
    ACTIONS,
    ARMS,
    CATEGORICAL,
    FEATURE_NAMES,
    Experiment,
    Floats,
)
from liftgate_training.learners import Direct, LearnerSpec, X, predict
from liftgate_training.split import bootstrap_rows, mask

Float32Rows = NDArray[np.float32]
Replicate = Mapping[str, LearnerSpec]

LEARNING_RATE = 0.1
PAIR_PROPENSITY = 0.5


@dataclass(frozen=True)
class TreeShape:
    """Size of one boosted ensemble."""

    trees: int
    leaves: int
    customers_per_leaf: int

    def to_json(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True)
class HeadShapes:
    """Shapes of a head's outcome models (mu) and effect models (tau)."""

    outcome: TreeShape
    effect: TreeShape


def fit_trees(features: Float32Rows, target: Floats, shape: TreeShape) -> lightgbm.LGBMRegressor:
    """One deterministic single-threaded ensemble; categories are split one against the rest."""
    model = lightgbm.LGBMRegressor(**parameters(shape))
    categorical = [FEATURE_NAMES.index(name) for name in CATEGORICAL]
    return model.fit(features, target, categorical_feature=categorical)


def parameters(shape: TreeShape) -> dict[str, Any]:
    """The keyword arguments of every `LGBMRegressor` of this experiment."""
    return {
        "n_estimators": shape.trees,
        "num_leaves": shape.leaves,
        "min_child_samples": shape.customers_per_leaf,
        "learning_rate": LEARNING_RATE,
        "max_cat_to_onehot": 8,
        "deterministic": True,
        "force_row_wise": True,
        "n_jobs": 1,
        "random_state": 0,
        "verbose": -1,
    }


def fit_outcomes(customers: Experiment, outcome: str, shape: TreeShape) -> list[Any]:
    """Mu by arm, in the order of ARMS: the expected outcome in that arm given the features."""
    hidden = mask(customers.features)
    values = customers.outcomes[outcome]
    return [
        fit_trees(hidden[customers.arm == arm], values[customers.arm == arm], shape)
        for arm in range(len(ARMS))
    ]


def fit_x(customers: Experiment, outcome: str, shapes: HeadShapes) -> dict[str, LearnerSpec]:
    """One X-learner per action."""
    outcomes = fit_outcomes(customers, outcome, shapes.outcome)
    hidden = mask(customers.features)
    values = customers.outcomes[outcome]
    control = customers.arm == 0
    specs: dict[str, LearnerSpec] = {}
    for arm, action in enumerate(ACTIONS, start=1):
        treated = customers.arm == arm
        gained = values[treated] - outcomes[0].predict(hidden[treated])
        missed = outcomes[arm].predict(hidden[control]) - values[control]
        specs[action] = X(
            tau_control=fit_trees(hidden[control], missed, shapes.effect),
            tau_treated=fit_trees(hidden[treated], gained, shapes.effect),
            propensity=PAIR_PROPENSITY,
        )
    return specs


def fit_cost(customers: Experiment, outcome: str, shapes: HeadShapes) -> dict[str, LearnerSpec]:
    """The expected cost given the features and each action; `shapes.effect` is its shape."""
    models = fit_outcomes(customers, outcome, shapes.effect)
    return {action: Direct(models[arm]) for arm, action in enumerate(ACTIONS, start=1)}


def resampled(customers: Experiment, replicate: int) -> Experiment:
    """The customers of one bootstrap replicate."""
    return customers.take(bootstrap_rows(len(customers), replicate))


def raw_scores(replicates: Sequence[Replicate], rows: Float32Rows) -> Floats:
    """Uncalibrated scores [n, actions, replicates]."""
    by_action = [
        np.stack([predict(replicate[action], rows) for replicate in replicates], axis=1)
        for action in ACTIONS
    ]
    return np.stack(by_action, axis=1)
