"""A model folder's promise kept anew: its features and heads, fitted on logged decisions.

For each head and action a T-learner: the outcome regressed in the arm of the action and in that of
no_offer, every decision weighed by 1/propensity, so that what the logging policy preferred does not
count twice (Horvitz and Thompson 1952). Every replicate is fitted on units drawn with replacement,
all decisions of a unit together. Limits: effects of being assigned an action; one shape of trees,
not searched for; scores are not calibrated, so the gate "scale" on held-out units is what stands
between a poor fit and a folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from liftgate_training.bundle import write_bundle
from liftgate_training.contract import (
    NO_OFFER,
    BaselineHead,
    Evidence,
    Float32Rows,
    Identity,
    ModelIdentity,
    ModelRecord,
    UpliftHead,
    UpliftModel,
)
from liftgate_training.decision_log import LoggedDecisions, load_decisions
from liftgate_training.learners import LearnerSpec, T
from liftgate_training.promise import Promise, read_promise
from liftgate_training.refit_record import card, metrics_json, training_json

HELD_OUT_SHARE = 0.3
TREES, LEAVES, LEARNING_RATE = 20, 4, 0.1
ROWS_PER_LEAF_SHARE, ROWS_PER_LEAF_MIN = 0.02, 10


def refit(data: Path, like: Path, folder: Path, replicates: int) -> dict[str, Any]:
    """Fit on the export `data` what `like` promises and write `folder`; returns the manifest."""
    promise = read_promise(like)
    decisions = load_decisions(data)
    absent = [label for label in promise.labels.values() if label not in decisions.outcomes]
    if absent:
        raise ValueError(f"{data}: nothing was observed of {', '.join(absent)}, which {like} has")
    held_out = _is_held_out(decisions.unit)
    train = decisions.take(np.flatnonzero(~held_out))
    holdout = decisions.take(np.flatnonzero(held_out))
    effects = {
        head: {action: holdout.average_effect(label, action) for action in promise.actions}
        for head, label in promise.labels.items()
    }
    model = _fit(promise, train, replicates)
    evidence = Evidence(train.encoded(promise.features), holdout.encoded(promise.features), effects)
    record = ModelRecord(
        identity=ModelIdentity(promise.name, folder.name, decisions.last_time),
        training=training_json(data, decisions, (len(train), len(holdout)), promise),
        learner={
            "family": "T",
            "base": "lightgbm.LGBMRegressor",
            "parameters": {"n_estimators": TREES, "num_leaves": LEAVES},
        },
        uncertainty={"method": "bootstrap", "replicates": replicates, "unit": "unit"},
        metrics=metrics_json(effects),
        card=card(promise.name, folder.name, data, effects),
    )
    return write_bundle(folder, model, record, evidence)


def _is_held_out(units: NDArray[np.str_]) -> NDArray[np.bool_]:
    """By a hash of the unit: its decisions stay together, in every file alike."""
    digests = (hashlib.sha256(f"held-out|{unit}".encode()).digest() for unit in units)
    shares = np.array([int.from_bytes(digest[:6], "big") / 2**48 for digest in digests])
    return np.asarray(shares < HELD_OUT_SHARE)


def _fit(promise: Promise, train: LoggedDecisions, replicates: int) -> UpliftModel:
    rows = train.encoded(promise.features)
    draws = [units_with_replacement(train.unit, seed) for seed in range(replicates)]
    identity = {action: Identity() for action in promise.actions}
    effects = [head for head in promise.heads if head["kind"] != "baseline"]
    baselines = [head for head in promise.heads if head["kind"] == "baseline"]
    return UpliftModel(
        features=promise.features,
        actions=promise.actions,
        heads=[
            UpliftHead(
                **_said_of(head),
                kind=head["kind"],
                replicates=[
                    _effects(promise, train.take(d), rows[d], promise.labels[head["id"]])
                    for d in draws
                ],
            )
            for head in effects
        ],
        baselines=[
            BaselineHead(
                **_said_of(head),
                of=head["of"],
                model=_outcome(promise, train, rows, (promise.labels[head["of"]], NO_OFFER)),
            )
            for head in baselines
        ],
        calibration={head["id"]: dict(identity) for head in effects},
    )


def _said_of(head: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": head["id"],
        "label": head["label"],
        "outcome": head["outcome"],
        "horizon_days": head["horizonDays"],
        "unit": head["unit"],
    }


def units_with_replacement(units: NDArray[np.str_], seed: int) -> NDArray[np.int64]:
    """Row numbers of as many units as there are, drawn with replacement, each with all its rows."""
    _, member = np.unique(units, return_inverse=True)
    order = np.argsort(member, kind="stable")
    starts = np.searchsorted(member[order], np.arange(member.max() + 2))
    drawn = np.random.default_rng(seed).integers(member.max() + 1, size=member.max() + 1)
    return np.concatenate([order[starts[unit] : starts[unit + 1]] for unit in drawn])


def _effects(
    promise: Promise, decisions: LoggedDecisions, rows: Float32Rows, label: str
) -> dict[str, LearnerSpec]:
    control = _outcome(promise, decisions, rows, (label, NO_OFFER))
    return {
        action: T(control=control, treated=_outcome(promise, decisions, rows, (label, action)))
        for action in promise.actions
    }


def _outcome(
    promise: Promise, decisions: LoggedDecisions, rows: Float32Rows, what: tuple[str, str]
) -> lightgbm.LGBMRegressor:
    """The expected label where an action was drawn, each decision weighed by 1/propensity."""
    label, action = what
    arm = decisions.action == action
    model = lightgbm.LGBMRegressor(
        n_estimators=TREES,
        num_leaves=LEAVES,
        learning_rate=LEARNING_RATE,
        min_child_samples=max(ROWS_PER_LEAF_MIN, int(ROWS_PER_LEAF_SHARE * arm.sum())),
        max_cat_to_onehot=8,
        deterministic=True,
        force_row_wise=True,
        n_jobs=1,
        random_state=0,
        verbose=-1,
    )
    words = [i for i, f in enumerate(promise.features) if f.kind == "categorical"]
    weight = decisions.weight[arm]
    return model.fit(
        rows[arm], decisions.outcomes[label][arm], sample_weight=weight, categorical_feature=words
    )
