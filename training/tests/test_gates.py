"""Every gate refuses a planted fault and says which gate it is and what would be right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import Bundle
from liftgate_training.bundle import write_bundle
from liftgate_training.contract import (
    AverageEffect,
    BundleRefused,
    Feature,
    Float32Rows,
    Limits,
    Linear,
)
from liftgate_training.contract_gate import check_contract
from liftgate_training.gates import check_identification

Fault = Callable[[Bundle], Bundle]


def model(**changes: Any) -> Fault:
    return lambda bundle: replace(bundle, model=replace(bundle.model, **changes))


def evidence(**changes: Any) -> Fault:
    return lambda bundle: replace(bundle, evidence=replace(bundle.evidence, **changes))


def training(**changes: Any) -> Fault:
    def change(bundle: Bundle) -> Bundle:
        changed = {**bundle.record.training, **changes}
        return replace(bundle, record=replace(bundle.record, training=changed))

    return change


def renamed_feature(name: str) -> Fault:
    def change(bundle: Bundle) -> Bundle:
        first, *rest = bundle.model.features
        return model(features=(replace(first, name=name), *rest))(bundle)

    return change


def stated(**changes: Any) -> Fault:
    return lambda bundle: replace(bundle, record=replace(bundle.record, **changes))


def identified(**changes: Any) -> Fault:
    def change(bundle: Bundle) -> Bundle:
        return stated(identity=replace(bundle.record.identity, **changes))(bundle)

    return change


def without_training(bundle: Bundle) -> Bundle:
    kept = {key: each for key, each in bundle.record.training.items() if key != "postTreatment"}
    return stated(training=kept)(bundle)


def aged(bundle: Bundle) -> Bundle:
    first, *rest = bundle.model.features
    return model(features=(replace(first, max_age="a week"), *rest))(bundle)


def inflated(bundle: Bundle) -> Bundle:
    """Values 1.58 times too large, as a well-known bootstrap fault makes them."""
    calibration = {**bundle.model.calibration}
    calibration["incentive"] = {action: Linear(0.0, 1.58) for action in bundle.model.actions}
    effects = {
        head: {action: AverageEffect(each.estimate, 0.01) for action, each in by_action.items()}
        for head, by_action in bundle.evidence.holdout_effects.items()
    }
    return evidence(holdout_effects=effects)(model(calibration=calibration)(bundle))


def unequal(bundle: Bundle) -> Bundle:
    visit, incentive = bundle.model.heads
    shorter = replace(incentive, replicates=incentive.replicates[:2])
    return model(heads=[visit, shorter])(bundle)


def out_of_range(bundle: Bundle) -> Bundle:
    rows: Float32Rows = bundle.evidence.training_rows.copy()
    rows[0, 0] = 13.0
    return evidence(training_rows=rows)(bundle)


def missing_where_rejected(bundle: Bundle) -> Bundle:
    rows: Float32Rows = bundle.evidence.training_rows.copy()
    rows[0, 3] = np.nan
    return evidence(training_rows=rows)(bundle)


def falling(bundle: Bundle) -> Bundle:
    calibration = {**bundle.model.calibration}
    calibration["visit"] = {action: Linear(0.0, -1.0) for action in bundle.model.actions}
    return model(calibration=calibration)(bundle)


def plotted(bundle: Bundle) -> Bundle:
    return replace(bundle, record=replace(bundle.record, plots={"../x.svg": b"<svg/>"}))


THIRDS = {"no_offer": 0.3, "mail": 0.3, "call": 0.3}
FAULTS: dict[str, tuple[Fault, str]] = {
    "outcome as feature": (renamed_feature("Visit"), "gate pre-treatment: features Visit"),
    "post-treatment feature": (
        training(postTreatment=["recency"]),
        "gate pre-treatment: features recency",
    ),
    "observational": (
        training(assignment={"kind": "observational"}),
        "gate identification.*'randomized' with probabilities, or also graph, adjustmentSet",
    ),
    "probabilities": (
        training(assignment={"kind": "randomized", "probabilities": THIRDS}),
        "gate identification: the assignment probabilities sum to 0.9, not to 1",
    ),
    "no control": (
        training(assignment={"kind": "randomized", "probabilities": {"mail": 0.5, "call": 0.5}}),
        "gate identification: no probability above 0 for no_offer",
    ),
    "inflated": (inflated, "gate scale: head incentive.*not within 3 standard errors"),
    "no effect": (evidence(holdout_effects={}), "gate scale: head visit, action mail: give its"),
    "slow": (evidence(limits=Limits(max_micros_per_row=0.1)), "gate limits.*us a row is above"),
    "large": (evidence(limits=Limits(max_mb=1e-4)), "gate limits.*MB is above"),
    "no_offer": (model(actions=("no_offer", "mail")), "gate contract: no_offer is an action"),
    "capital": (model(actions=("Mail", "call")), "gate contract: action 'Mail' is not a name"),
    "twice": (model(actions=("mail", "mail")), "gate contract: action 'mail' stands twice"),
    "feature name": (renamed_feature("to-day"), "gate contract: feature 'to-day' is not a name"),
    "age": (aged, "gate contract: feature recency: max_age 'a week'; write it as 30s, 5m, 7d"),
    "version": (identified(version="1 beta"), "gate contract: version '1 beta'; it must match"),
    "time": (identified(created_at="today"), "gate contract: time 'today'; write it as 2026"),
    "training": (without_training, "gate contract: training has no postTreatment"),
    "learner": (stated(learner={}), "gate contract: learner has the keys .*; it needs exactly"),
    "uncertainty": (
        stated(uncertainty={"method": "bootstrap", "replicates": 5, "unit": "customer"}),
        "gate contract: uncertainty says 5 replicates, head visit has 3",
    ),
    "no replicate": (model(actions=("mail", "fax")), "replicate 0 has no fax"),
    "no calibrator": (model(calibration={}), "no calibrator; use Identity"),
    "falling": (falling, "gate contract: .*a negative slope"),
    "unequal": (unequal, "gate contract: uncertainty says 3 replicates, head incentive has 2"),
    "no value head": (model(heads=[], baselines=[]), "gate contract: there is no value head"),
    "out of range": (out_of_range, "gate contract: feature recency: rows reach from 0 to 13"),
    "missing": (missing_where_rejected, "gate contract: feature newbie has missing rows"),
    "float64": (
        evidence(training_rows=np.zeros((3, 4))),
        "gate contract: rows are float64",
    ),
    "plot": (plotted, "gate contract: plot '../x.svg'"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_refused(name: str, bundle: Bundle, tmp_path: Path) -> None:
    fault, reason = FAULTS[name]
    faulty = fault(bundle)
    with pytest.raises(BundleRefused, match=reason):
        write_bundle(tmp_path / "1", faulty.model, faulty.record, faulty.evidence)
    assert list(tmp_path.iterdir()) == []


def test_a_baseline_belongs_to_a_head(bundle: Bundle) -> None:
    (baseline,) = bundle.model.baselines
    faulty = model(baselines=[replace(baseline, of="margin")])(bundle)
    with pytest.raises(
        BundleRefused, match="baseline visit_baseline is of 'margin', which is no head"
    ):
        check_contract(faulty.model, faulty.record, faulty.evidence)


def observed(passed: bool) -> dict[str, Any]:
    return {
        "kind": "observational",
        "graph": "digraph { recency -> mail; mail -> visit; recency -> visit }",
        "adjustmentSet": ["recency"],
        "refutations": [{"name": "placebo_treatment", "passed": passed}],
    }


def test_an_observational_log_needs_refutations_that_passed(bundle: Bundle) -> None:
    good = training(assignment=observed(passed=True))(bundle)
    check_identification(good.model, good.record)
    bad = training(assignment=observed(passed=False))(bundle)
    with pytest.raises(BundleRefused, match="refutations placebo_treatment did not pass"):
        check_identification(bad.model, bad.record)


def test_a_feature_without_a_range_is_boolean() -> None:
    assert Feature("x", "boolean").code_range == (0.0, 1.0)
