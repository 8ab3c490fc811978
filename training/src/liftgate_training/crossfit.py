"""Cross-fitting on the training part: tree shapes, and scores no customer's own outcome entered.

Shapes are chosen per head from the small grids of train.py, by the out-of-fold squared error of
the effect against the doubly robust pseudo-outcome (the DR loss: Kennedy 2020, arXiv:2004.14497;
its minimiser is the true effect). The held-out part is never seen here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from tqdm import tqdm

from liftgate_training.fit import (
    HeadShapes,
    Replicate,
    TreeShape,
    fit_outcomes,
    raw_scores,
    resampled,
)
from liftgate_training.hillstrom import Experiment, Floats
from liftgate_training.pseudo_outcomes import dr_scores
from liftgate_training.split import folds

FOLDS = 5

FitHead = Callable[[Experiment, str, HeadShapes], Replicate]


@dataclass(frozen=True)
class HeadPlan:
    """How one head is fitted: the shape of its outcome models and the grid of its effect models."""

    id: str
    outcome: str
    fit: FitHead
    outcome_shape: TreeShape
    grid: tuple[TreeShape, ...]


@dataclass(frozen=True)
class Trial:
    """One shape of the grid with its out-of-fold DR loss; lower is better."""

    shape: TreeShape
    loss: float
    gain_over_constant: float
    standard_error: float

    def to_json(self) -> dict[str, Any]:
        return {
            **self.shape.to_json(),
            "drLoss": float(f"{self.loss:.9g}"),
            "gainOverConstantEffect": float(f"{self.gain_over_constant:.9g}"),
            "standardError": float(f"{self.standard_error:.9g}"),
        }


@dataclass(frozen=True)
class OutOfFold:
    """Pseudo-outcomes [n, actions] and, when asked for, raw scores [n, actions, replicates]."""

    pseudo: Floats
    raw: Floats


def choose_shape(plan: HeadPlan, train: Experiment) -> tuple[HeadShapes, list[Trial]]:
    """The shape of the grid with the lowest loss, and every trial in grid order."""
    pseudo = pseudo_outcomes(plan, train)
    fold = folds(train, FOLDS)
    constant = np.empty_like(pseudo)
    for held in range(FOLDS):
        constant[fold == held] = pseudo[fold != held].mean(axis=0)
    reference = ((pseudo - constant) ** 2).sum(axis=1)
    trials = []
    for shape in tqdm(plan.grid, desc=f"shapes of {plan.id}", unit="shape", leave=False):
        shapes = HeadShapes(plan.outcome_shape, shape)
        scores = _out_of_fold(plan, train, partial(_single, plan, shapes))
        loss = ((pseudo - scores[:, :, 0]) ** 2).sum(axis=1)
        gain = reference - loss
        error = float(gain.std(ddof=1) / np.sqrt(len(gain)))
        trials.append(Trial(shape, float(loss.mean()), float(gain.mean()), error))
    best = min(trials, key=lambda trial: trial.loss)
    return HeadShapes(plan.outcome_shape, best.shape), trials


def pseudo_outcomes(plan: HeadPlan, train: Experiment) -> Floats:
    """Doubly robust effects [n, actions] around out-of-fold outcome models."""
    fold = folds(train, FOLDS)
    expected = np.empty((len(train), 3))
    for held in range(FOLDS):
        models = fit_outcomes(
            train.take(np.flatnonzero(fold != held)), plan.outcome, plan.outcome_shape
        )
        rows = fold == held
        expected[rows] = np.column_stack([model.predict(train.features[rows]) for model in models])
    return dr_scores(train.outcomes[plan.outcome], train.arm, expected)


def out_of_fold_replicates(
    plan: HeadPlan, train: Experiment, shapes: HeadShapes, replicates: int
) -> OutOfFold:
    """Scores of the whole bagged head for customers it was not fitted on."""

    def bagged(part: Experiment) -> list[Replicate]:
        return fit_replicates(plan, part, shapes, replicates)

    return OutOfFold(pseudo_outcomes(plan, train), _out_of_fold(plan, train, bagged))


def fit_replicates(
    plan: HeadPlan, train: Experiment, shapes: HeadShapes, replicates: int
) -> list[Replicate]:
    """One fit per bootstrap replicate of the customers."""
    numbers = tqdm(range(replicates), desc=f"fits of {plan.id}", unit="fit", leave=False)
    return [plan.fit(resampled(train, number), plan.outcome, shapes) for number in numbers]


def _single(plan: HeadPlan, shapes: HeadShapes, part: Experiment) -> list[Replicate]:
    return [plan.fit(part, plan.outcome, shapes)]


def _out_of_fold(
    plan: HeadPlan, train: Experiment, fit: Callable[[Experiment], Sequence[Replicate]]
) -> Floats:
    fold = folds(train, FOLDS)
    parts = []
    for held in range(FOLDS):
        fitted = fit(train.take(np.flatnonzero(fold != held)))
        parts.append(raw_scores(fitted, train.features[fold == held]))
    scores = np.empty((len(train), *parts[0].shape[1:]))
    for held, part in enumerate(parts):
        scores[fold == held] = part
    return scores
