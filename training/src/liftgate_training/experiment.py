"""The Hillstrom experiment from the file to the model folder: load, split, train, judge, write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from liftgate_training.assess import Holdout, action_metrics, average_effects, score
from liftgate_training.bundle import write_bundle
from liftgate_training.card import render_card
from liftgate_training.compare import Terms, compare
from liftgate_training.contract import Evidence, ModelRecord
from liftgate_training.findings import Findings, metrics_json, training_json
from liftgate_training.fit import LEARNING_RATE, PAIR_PROPENSITY, parameters
from liftgate_training.hillstrom import (
    ACTIONS,
    EMAIL_FEE_USD,
    Experiment,
    load,
)
from liftgate_training.hillstrom_contract import IDENTITY, uplift_model
from liftgate_training.plots import render_plots
from liftgate_training.split import split, subsample
from liftgate_training.train import Trained, train

GROSS_MARGIN = 0.30
VALUE_PER_VISIT_USD = 3.00
SPEND_SHARES = (0.1, 0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Settings:
    """Size of a run. `rows` of None is all customers; fewer are for tests, not for use."""

    rows: int | None = None
    replicates: int = 10
    resamples: int = 1000


def run(data: Path, folder: Path, settings: Settings) -> dict[str, Any]:
    """Train, judge on the held-out part and write `folder`; returns the manifest."""
    if folder.exists():
        raise FileExistsError(f"{folder} exists; a version is written once, give a new folder")
    customers = load(data)
    if settings.rows is not None:
        customers = subsample(customers, settings.rows)
    parts = split(customers)
    training, held_out = customers.take(parts.train), customers.take(parts.holdout)
    trained = train(training, settings.replicates)
    holdout = score(trained, held_out)
    findings = judge(holdout, training, trained, settings)
    evidence = Evidence(training.features, held_out.features, average_effects(holdout))
    record = ModelRecord(
        identity=IDENTITY,
        training=training_json(data, customers, findings),
        learner=_learner(trained),
        uncertainty={
            "method": "bootstrap",
            "replicates": settings.replicates,
            "unit": "customer",
        },
        metrics=metrics_json(findings),
        card=render_card(findings),
        plots=render_plots(findings),
    )
    return write_bundle(folder, uplift_model(trained, customers), record, evidence)


def judge(holdout: Holdout, training: Experiment, trained: Trained, settings: Settings) -> Findings:
    """All held-out figures, on terms settled on the training part."""
    terms = settle_terms(training)
    by_action = {
        action: action_metrics(holdout, column, settings.resamples)
        for column, action in enumerate(ACTIONS)
    }
    policies = compare(holdout, terms, settings.resamples)
    return Findings(holdout, training, trained, terms, by_action, policies, settings.resamples)


def settle_terms(training: Experiment) -> Terms:
    """Money per visit, the better single e-mail and the spend levels, from the training part only.

    The money is the incremental spend of both e-mails together over their incremental visits, times
    the assumed gross margin; the program and every figure use it rounded, VALUE_PER_VISIT_USD.
    """
    effects = {
        name: np.array([_difference(training, name, arm) for arm in (1, 2)])
        for name in ("visit", "spend", "incentive")
    }
    per_visit = GROSS_MARGIN * effects["spend"].sum() / effects["visit"].sum()
    spend = effects["incentive"] + EMAIL_FEE_USD
    best = int(np.argmax(VALUE_PER_VISIT_USD * effects["visit"] - spend))
    levels = tuple(round(share * float(spend[best]), 4) for share in SPEND_SHARES)
    return Terms(VALUE_PER_VISIT_USD, best, levels, float(per_visit))


def _difference(customers: Experiment, name: str, arm: int) -> float:
    outcome = customers.outcomes[name]
    return float(outcome[customers.arm == arm].mean() - outcome[customers.arm == 0].mean())


def _learner(trained: Trained) -> dict[str, Any]:
    shape = trained.heads["visit"].shapes.effect
    common = parameters(shape)
    for own in ("n_estimators", "num_leaves", "min_child_samples"):
        common.pop(own)
    heads = {
        name: {
            "spec": "Direct" if name == "incentive" else "X",
            "outcomeModels": head.shapes.outcome.to_json(),
            "effectModels": head.shapes.effect.to_json(),
        }
        for name, head in trained.heads.items()
    }
    return {
        "family": "X",
        "base": "lightgbm.LGBMRegressor",
        "parameters": {
            **common,
            "learning_rate": LEARNING_RATE,
            "propensity": PAIR_PROPENSITY,
            "heads": heads,
        },
    }
