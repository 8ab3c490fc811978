"""A small randomized experiment, and a model of it that passes every gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import pytest

from liftgate_training.contract import (
    AverageEffect,
    BaselineHead,
    Evidence,
    Feature,
    Float32Rows,
    Float64s,
    Identity,
    Isotonic,
    Linear,
    ModelIdentity,
    ModelRecord,
    UpliftHead,
    UpliftModel,
)
from liftgate_training.encode import encode
from liftgate_training.learners import LearnerSpec, X

CHANNELS = ("web", "phone", "multi")
ACTIONS = ("mail", "call")
STRENGTHS = {"visit": (0.1, 0.2), "incentive": (1.0, 2.0)}
FEATURES = (
    Feature("recency", "numeric", minimum=0.0, maximum=12.0, unit="month"),
    Feature("spent", "numeric", on_missing="default", default=20.5, minimum=0.0, maximum=1000.0),
    Feature("channel", "categorical", vocabulary=CHANNELS, max_age="7d"),
    Feature("newbie", "boolean", on_missing="reject"),
)


@dataclass(frozen=True)
class Bundle:
    """The three arguments of write_bundle but for the folder."""

    model: UpliftModel
    record: ModelRecord
    evidence: Evidence


def fit(rows: Float32Rows, target: Float64s, **parameters: Any) -> lightgbm.LGBMRegressor:
    """A small LightGBM model, the same at every run."""
    settings: dict[str, Any] = {
        "n_estimators": 6,
        "num_leaves": 5,
        "n_jobs": 1,
        "verbose": -1,
        "random_state": 7,
    }
    return lightgbm.LGBMRegressor(**(settings | parameters)).fit(
        rows, target, categorical_feature=[2]
    )


def experiment_rows(count: int, random: np.random.Generator) -> Float32Rows:
    """Encoded rows of FEATURES, with missing values where they are allowed."""
    raw = [
        {
            "recency": None if random.random() < 0.1 else int(random.integers(0, 13)),
            "spent": round(float(random.gamma(2.0, 60.0)) % 1000.0, 2),
            "channel": None if random.random() < 0.05 else str(random.choice(CHANNELS)),
            "newbie": bool(random.random() < 0.5),
        }
        for _ in range(count)
    ]
    return encode(raw, FEATURES)


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """An X-learner with three replicates, a value head, a cost head and a baseline. Seed 5."""
    random = np.random.default_rng(5)
    rows, holdout = experiment_rows(3000, random), experiment_rows(1500, random)
    visited = (random.random(len(rows)) < 0.2).astype(np.float64)
    classifier = lightgbm.LGBMClassifier(n_estimators=5, num_leaves=4, n_jobs=1, verbose=-1)
    classifier.fit(rows, visited)
    visit, cost = (_replicates(rows, STRENGTHS[head]) for head in ("visit", "incentive"))
    isotonic = Isotonic((-1.0, 0.0, 1.0), (-1.0, 0.0, 1.0))
    model = UpliftModel(
        features=FEATURES,
        actions=ACTIONS,
        heads=[
            UpliftHead("visit", "value", "Visits", "visit", 14, "visit", visit),
            UpliftHead("incentive", "cost", "Cost", "cost", 14, "USD", cost),
        ],
        baselines=[
            BaselineHead("visit_baseline", "visit", "Visits", "visit", 14, "visit", classifier)
        ],
        calibration={
            "visit": {"mail": Linear(0.0, 1.0), "call": isotonic},
            "incentive": {"mail": Identity(), "call": Identity()},
        },
    )
    effects = {
        head: {
            action: AverageEffect(float(_effect(holdout, strength).mean()), 0.05)
            for action, strength in zip(ACTIONS, strengths, strict=True)
        }
        for head, strengths in STRENGTHS.items()
    }
    return Bundle(model, _record(len(rows), len(holdout)), Evidence(rows, holdout, effects))


def _effect(rows: Float32Rows, strength: float) -> Float64s:
    """The true effect, of recency and channel, times `strength`."""
    lift = np.nan_to_num(rows[:, 0], nan=6.0) / 12.0 + (rows[:, 2] == 1.0) - 0.4
    return np.asarray(strength * lift, dtype=np.float64)


def _replicates(rows: Float32Rows, strengths: tuple[float, float]) -> list[dict[str, LearnerSpec]]:
    return [
        {
            action: _learner(rows, strength, 100 * seed + number)
            for number, (action, strength) in enumerate(zip(ACTIONS, strengths, strict=True))
        }
        for seed in range(3)
    ]


def _learner(rows: Float32Rows, strength: float, seed: int) -> X:
    drawn = np.random.default_rng(seed).integers(len(rows), size=len(rows))
    noise = np.random.default_rng(seed + 1).normal(size=len(rows))
    target = _effect(rows, strength)[drawn] + noise[drawn] * 0.2
    return X(
        tau_control=fit(rows[drawn], target, learning_rate=0.4),
        tau_treated=fit(rows[drawn], target + 0.01, learning_rate=0.3),
        propensity=0.5,
    )


def _record(train: int, holdout: int) -> ModelRecord:
    return ModelRecord(
        identity=ModelIdentity("small-mail", "1", "2026-11-21T00:00:00Z", "A test model"),
        training={
            "data": {
                "name": "made",
                "file": "made.csv",
                "sha256": "0" * 64,
                "rows": train + holdout,
            },
            "window": None,
            "rows": {"train": train, "holdout": holdout},
            "rowsPerArm": {"no_offer": train // 3, "mail": train // 3, "call": train // 3},
            "assignment": {
                "kind": "randomized",
                "probabilities": {"no_offer": 1 / 3, "mail": 1 / 3, "call": 1 / 3},
            },
            "unit": "customer",
            "postTreatment": ["visit", "cost"],
            "assumptions": ["the data are made up"],
        },
        learner={"family": "X", "base": "lightgbm.LGBMRegressor", "parameters": {"num_leaves": 5}},
        uncertainty={"method": "bootstrap", "replicates": 3, "unit": "customer"},
        metrics={"qini": {"mail": {"estimate": 0.1, "low": 0.0, "high": 0.2}}},
        card="# small-mail\n\n![qini](plots/qini.svg)\n",
        plots={"qini.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>"},
    )
