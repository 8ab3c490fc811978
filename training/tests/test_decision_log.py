"""From an export of the decision log to a model folder: what is logged can be trained on.

The file is what `liftgate export --to training --arms all` writes of one log; the service's tests
keep it so. Effects in that log: an action takes the chance of a visit from 0.1 to 0.3.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import lightgbm
import numpy as np
import pytest

from conftest import Bundle
from liftgate_training.bundle import write_bundle
from liftgate_training.check import check_bundle
from liftgate_training.contract import (
    BaselineHead,
    Evidence,
    Feature,
    Float32Rows,
    Identity,
    UpliftHead,
    UpliftModel,
)
from liftgate_training.decision_log import LoggedDecisions, load_decisions
from liftgate_training.learners import LearnerSpec, T

EXPORT = Path(__file__).parent / "golden" / "export" / "training.csv"
ACTIONS = ("mens_email", "womens_email")
LABELS = {"visit": "visit", "incentive": "redemptionCost"}
REPLICATES = 2


def test_an_export_is_read_with_its_features_labels_and_weights() -> None:
    decisions = load_decisions(EXPORT)
    assert len(decisions) == 468
    assert set(decisions.action) == {"no_offer", *ACTIONS}
    assert set(decisions.outcomes) == {
        "value",
        "cost",
        "redemptionCost",
        "reward",
        "visit",
        "spend",
    }
    np.testing.assert_allclose(decisions.weight * decisions.propensity, 1.0, rtol=1e-12)
    rows = decisions.encoded(features(decisions))
    assert rows.shape == (468, 8)
    assert np.isnan(rows[:, 6]).sum() == sum(row["newbie"] is None for row in decisions.raw) > 0
    assert not np.isnan(np.delete(rows, 6, axis=1)).any()


def test_json_lines_say_the_same_as_csv(tmp_path: Path) -> None:
    decisions = load_decisions(EXPORT)
    path = tmp_path / "decisions.ndjson"
    with path.open("w") as file:
        for i, row in enumerate(decisions.raw):
            named = {f"feature_{name}": value for name, value in row.items()}
            label = {
                "value": 1.5,
                "cost": 0,
                "redemptionCost": 0,
                "reward": 1.5,
                "outcome_visit": 1,
            }
            about = {"decisionId": str(i), "time": "", "arm": "policy", "unit": decisions.unit[i]}
            drawn = {"action": decisions.action[i], "propensity": 0.5, "weight": 2}
            file.write(json.dumps({**about, **drawn, **label, **named}) + "\n")
    again = load_decisions(path)
    contract = features(decisions)
    np.testing.assert_array_equal(again.encoded(contract), decisions.encoded(contract))
    assert again.outcomes["visit"].mean() == 1.0


def test_weights_undo_what_the_policy_preferred() -> None:
    effect = load_decisions(EXPORT).average_effect("visit", "mens_email")
    assert abs(effect.estimate - 0.2) < 3 * effect.standard_error < 0.3


def test_an_action_that_nobody_got_has_no_effect_to_estimate() -> None:
    with pytest.raises(ValueError, match="no decision for fax"):
        load_decisions(EXPORT).average_effect("visit", "fax")


def test_another_file_is_refused_by_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("decisionId,time\n1,2\n")
    with pytest.raises(ValueError, match="no column unit, arm, action"):
        load_decisions(path)
    path.write_text("decisionId\n")
    with pytest.raises(ValueError, match="found no row"):
        load_decisions(path)


def test_a_model_fitted_on_an_export_passes_every_gate(bundle: Bundle, tmp_path: Path) -> None:
    decisions = load_decisions(EXPORT)
    is_held_out = np.array([int(unit.rpartition("-")[2]) % 2 == 1 for unit in decisions.unit])
    train, holdout = (decisions.take(np.flatnonzero(is_held_out == side)) for side in (False, True))
    contract = features(decisions)
    model = fitted(train, contract)
    effects = {
        head: {action: holdout.average_effect(label, action) for action in ACTIONS}
        for head, label in LABELS.items()
    }
    evidence = Evidence(train.encoded(contract), holdout.encoded(contract), effects)
    even = dict.fromkeys(("no_offer", *ACTIONS), 1 / 3)
    assignment = {"kind": "randomized", "probabilities": even}
    record = replace(
        bundle.record,
        training={
            **bundle.record.training,
            "assignment": assignment,
            "postTreatment": ["visit", "spend", "redemptionCost", "value", "cost", "reward"],
        },
        uncertainty={"method": "bootstrap", "replicates": REPLICATES, "unit": "user"},
    )
    folder = tmp_path / "small-mail" / "1"
    write_bundle(folder, model, record, evidence)
    assert check_bundle(folder, None) == []


def features(decisions: LoggedDecisions) -> tuple[Feature, ...]:
    """The contract of the shipped model's features, with the categories of this log."""

    def words(name: str) -> tuple[str, ...]:
        return tuple(sorted({str(row[name]) for row in decisions.raw}))

    return (
        Feature("recency", "numeric", minimum=0.0, maximum=12.0),
        Feature("history_segment", "categorical", vocabulary=words("history_segment")),
        Feature("history", "numeric", minimum=0.0, maximum=10_000.0),
        Feature("mens", "boolean"),
        Feature("womens", "boolean"),
        Feature("zip_code", "categorical", vocabulary=words("zip_code")),
        Feature("newbie", "boolean"),
        Feature("channel", "categorical", vocabulary=words("channel")),
    )


def fitted(train: LoggedDecisions, contract: tuple[Feature, ...]) -> UpliftModel:
    """Two weighted models an action and head, on units drawn with replacement."""
    rows = train.encoded(contract)
    replicates: dict[str, list[dict[str, LearnerSpec]]] = {
        head: [replicate(train, rows, label, seed) for seed in range(REPLICATES)]
        for head, label in LABELS.items()
    }
    baseline = arm_model(train, rows, "visit", "no_offer")
    identity = {action: Identity() for action in ACTIONS}
    return UpliftModel(
        features=contract,
        actions=ACTIONS,
        heads=[
            UpliftHead("visit", "value", "Visits", "visit", 30, "visit", replicates["visit"]),
            UpliftHead(
                "incentive", "cost", "Cost", "redemptionCost", 30, "USD", replicates["incentive"]
            ),
        ],
        baselines=[
            BaselineHead("visit_baseline", "visit", "Visits", "visit", 30, "visit", baseline)
        ],
        calibration={"visit": dict(identity), "incentive": dict(identity)},
    )


def replicate(
    train: LoggedDecisions, rows: Float32Rows, label: str, seed: int
) -> dict[str, LearnerSpec]:
    drawn = np.random.default_rng(seed).integers(len(train), size=len(train))
    sample, sampled = train.take(drawn), rows[drawn]
    control = arm_model(sample, sampled, label, "no_offer")
    return {
        action: T(control=control, treated=arm_model(sample, sampled, label, action))
        for action in ACTIONS
    }


def arm_model(
    decisions: LoggedDecisions, rows: Float32Rows, label: str, action: str
) -> lightgbm.LGBMRegressor:
    """The outcome where the action was drawn, weighed by 1/propensity."""
    arm = decisions.action == action
    model = lightgbm.LGBMRegressor(
        n_estimators=5, num_leaves=4, min_child_samples=10, n_jobs=1, random_state=0, verbose=-1
    )
    return model.fit(
        rows[arm],
        decisions.outcomes[label][arm],
        sample_weight=decisions.weight[arm],
        categorical_feature=[1, 5, 7],
    )
