"""Logged decisions and what came of them, as `liftgate export --to training` writes them.

A row is one decision: features by name as they were known, the action that was drawn, its
propensity given that the row is in the file, and labels. Where an effect is wanted that does not
depend on who decided, weigh a row by 1/propensity. Limits: effects are those of being assigned an
action (intention to treat); rows of one unit are not independent: split and resample by unit.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftgate_training.contract import NO_OFFER, AverageEffect, Feature, Float32Rows, Float64s
from liftgate_training.encode import encode

FEATURE_PREFIX = "feature_"
OUTCOME_PREFIX = "outcome_"
MONEY_LABELS = ("value", "cost", "redemptionCost", "reward")
REQUIRED = ("decisionId", "time", "unit", "arm", "action", "propensity", "weight", *MONEY_LABELS)


@dataclass(frozen=True)
class LoggedDecisions:
    """Decisions in the order of the file; all arrays have one entry each.

    `outcomes` has what was observed of each head by its id, and money: `value`, `cost`, `reward`
    and `redemptionCost` (the label of a cost head: without the fixed costs, which the program
    knows). `weight` is 1/propensity.
    """

    raw: Sequence[Mapping[str, Any]]
    time: NDArray[np.str_]
    unit: NDArray[np.str_]
    action: NDArray[np.str_]
    propensity: Float64s
    weight: Float64s
    outcomes: Mapping[str, Float64s]

    def __len__(self) -> int:
        return len(self.raw)

    def take(self, rows: NDArray[np.int64]) -> LoggedDecisions:
        """The given rows, in the given order."""
        return LoggedDecisions(
            [self.raw[row] for row in rows],
            self.time[rows],
            self.unit[rows],
            self.action[rows],
            self.propensity[rows],
            self.weight[rows],
            {name: values[rows] for name, values in self.outcomes.items()},
        )

    @property
    def last_time(self) -> str:
        """When the last decision was made, such as 2026-11-21T20:00:00Z."""
        return f"{max(self.time).replace(' ', 'T').removesuffix('Z')}Z"

    def encoded(self, features: Sequence[Feature]) -> Float32Rows:
        """The packed rows a model is fitted on; raises ValueError for a value that does not fit."""
        typed = [{f.name: _typed(f, row.get(f.name)) for f in features} for row in self.raw]
        return encode(typed, features)

    def average_effect(self, outcome: str, action: str) -> AverageEffect:
        """The effect of `action` against no_offer: a difference of Hajek means, and its error.

        SE^2 = sum_arms sum_i (w_i (y_i - mean))^2 / (sum_i w_i)^2, the linearized variance.
        """
        treated, control = (self._mean(outcome, arm) for arm in (action, NO_OFFER))
        return AverageEffect(treated[0] - control[0], math.hypot(treated[1], control[1]))

    def _mean(self, outcome: str, action: str) -> tuple[float, float]:
        rows = self.action == action
        weights, values = self.weight[rows], self.outcomes[outcome][rows]
        if not len(weights):
            raise ValueError(f"no decision for {action}; there is nothing to compare with")
        mean = float(np.average(values, weights=weights))
        error = np.sqrt(np.sum((weights * (values - mean)) ** 2)) / weights.sum()
        return mean, float(error)


def load_decisions(path: Path) -> LoggedDecisions:
    """Read an export: `.csv`, `.ndjson` or `.jsonl`."""
    rows = _csv(path) if path.suffix == ".csv" else _json_lines(path)
    if not rows:
        raise ValueError(f"{path}: expected decisions, found no row")
    absent = [name for name in REQUIRED if name not in rows[0]]
    if absent:
        raise ValueError(f"{path}: no column {', '.join(absent)}; export it with --to training")
    outcomes = {n.removeprefix(OUTCOME_PREFIX): n for n in rows[0] if n.startswith(OUTCOME_PREFIX)}
    labels = {**{name: name for name in MONEY_LABELS}, **outcomes}
    return LoggedDecisions(
        [_features(row) for row in rows],
        np.array([row["time"] for row in rows]),
        np.array([row["unit"] for row in rows]),
        np.array([row["action"] for row in rows]),
        _numbers(rows, "propensity"),
        _numbers(rows, "weight"),
        {name: _numbers(rows, column) for name, column in labels.items()},
    )


def _csv(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{k: v if v != "" else None for k, v in row.items()} for row in csv.DictReader(file)]


def _json_lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _features(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name.removeprefix(FEATURE_PREFIX): value
        for name, value in row.items()
        if name.startswith(FEATURE_PREFIX)
    }


def _numbers(rows: Sequence[Mapping[str, Any]], name: str) -> Float64s:
    """No observation of a head is an observation of 0."""
    return np.array([float(row[name] or 0.0) for row in rows], dtype=np.float64)


def _typed(feature: Feature, value: Any) -> Any:
    """A text of a CSV file as what the feature holds."""
    if value is None or feature.kind == "categorical":
        return value
    return float(value)
