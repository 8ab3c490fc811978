"""Learner specs against their formulas, from the libraries' own predictions and in the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import onnx
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from liftgate_training.contract import (
    BaselineHead,
    Feature,
    Float32Rows,
    Float64s,
    UpliftHead,
    UpliftModel,
)
from liftgate_training.graph import build_graph
from liftgate_training.learners import DR, Direct, LearnerSpec, R, S, T, X, predict
from liftgate_training.scores import Runtime, original_scores, tolerance

RANDOM = np.random.default_rng(23)
ROWS: Float32Rows = RANDOM.normal(size=(800, 3)).astype(np.float32)
TREATED = RANDOM.integers(0, 2, size=800).astype(np.float32)
OUTCOME: Float64s = ROWS[:, 0] * (1.0 + TREATED) + RANDOM.normal(size=800) * 0.2


def boosted(seed: int, rows: Float32Rows = ROWS, outcome: Float64s = OUTCOME) -> Any:
    model = lightgbm.LGBMRegressor(n_estimators=8, num_leaves=6, n_jobs=1, verbose=-1)
    return model.set_params(random_state=seed).fit(rows, outcome * (seed + 1))


def probability(model: Any, rows: Float32Rows) -> Float64s:
    return np.asarray(model.predict_proba(rows))[:, 1]


def with_treatment(rows: Float32Rows, value: Any, index: int) -> Float32Rows:
    column = np.broadcast_to(np.float32(value), len(rows))
    return np.concatenate([rows[:, :index], column[:, None], rows[:, index:]], axis=1)


A, B, C = boosted(0), boosted(1), boosted(2)
LINE = LinearRegression().fit(ROWS, OUTCOME)
LIKELY = lightgbm.LGBMClassifier(n_estimators=8, num_leaves=6, n_jobs=1, verbose=-1).fit(
    ROWS, OUTCOME > 0
)
LOGIT = LogisticRegression().fit(ROWS, OUTCOME > 0.5)
FIRST = boosted(0, with_treatment(ROWS, TREATED, 0))
LAST = LinearRegression().fit(with_treatment(ROWS, TREATED, 3), OUTCOME)
LAST_LIKELY = LogisticRegression().fit(with_treatment(ROWS, TREATED, 3), OUTCOME > 0)

CASES: dict[str, tuple[LearnerSpec, Callable[[Float32Rows], Float64s]]] = {
    "direct": (Direct(A), A.predict),
    "s": (
        S(FIRST),
        lambda x: FIRST.predict(with_treatment(x, 1, 0)) - FIRST.predict(with_treatment(x, 0, 0)),
    ),
    "s linear": (
        S(LAST, treatment_index=3),
        lambda x: LAST.predict(with_treatment(x, 1, 3)) - LAST.predict(with_treatment(x, 0, 3)),
    ),
    "s logistic": (
        S(LAST_LIKELY, treatment_index=3),
        lambda x: (
            probability(LAST_LIKELY, with_treatment(x, 1, 3))
            - probability(LAST_LIKELY, with_treatment(x, 0, 3))
        ),
    ),
    "t": (T(control=A, treated=B), lambda x: B.predict(x) - A.predict(x)),
    "t of probabilities": (
        T(control=LOGIT, treated=LIKELY),
        lambda x: probability(LIKELY, x) - probability(LOGIT, x),
    ),
    "x": (X(A, B, propensity=0.3), lambda x: 0.3 * A.predict(x) + 0.7 * B.predict(x)),
    "x of trees and a line": (
        X(A, LINE, 0.3),
        lambda x: 0.3 * A.predict(x) + 0.7 * LINE.predict(x),
    ),
    "x of a probability": (
        X(LIKELY, A, propensity=0.3),
        lambda x: 0.3 * probability(LIKELY, x) + 0.7 * A.predict(x),
    ),
    "r": (R(B), B.predict),
    "dr": (DR([A, B, C]), lambda x: (A.predict(x) + B.predict(x) + C.predict(x)) / 3.0),
}


@pytest.mark.parametrize("name", CASES)
def test_predict_is_the_formula(name: str) -> None:
    spec, formula = CASES[name]
    np.testing.assert_allclose(predict(spec, ROWS), formula(ROWS), rtol=1e-6, atol=1e-6)


def assert_graph_is_exact(specs: dict[str, LearnerSpec]) -> None:
    """One head, the specs as its actions, two replicates."""
    features = [
        Feature(f"x{i}", "numeric", on_missing="reject", minimum=-9.0, maximum=9.0)
        for i in range(3)
    ]
    head = UpliftHead("y", "value", "", "y", 1, "", [specs, specs])
    model = UpliftModel(features, tuple(specs), [head], [], {})
    found = Runtime(build_graph(model).content).scores(ROWS)["y"]
    expected = original_scores(model, ROWS)["y"]
    assert found.shape == (len(ROWS), len(specs), 2)
    assert np.all(np.abs(found - expected) <= tolerance(expected))


@pytest.mark.parametrize("name", CASES)
def test_the_graph_of_one_learner(name: str) -> None:
    assert_graph_is_exact({"a": CASES[name][0]})


def test_one_graph_holds_every_learner() -> None:
    """All specs are the actions of one head: trees, lines and probabilities side by side."""
    assert_graph_is_exact({name: spec for name, (spec, _) in CASES.items()})


def test_a_probability_as_it_is_needs_no_mixing() -> None:
    features = [Feature(f"x{i}", "boolean", on_missing="reject") for i in range(3)]
    baseline = BaselineHead("b", "y", "", "y", 1, "", LIKELY)
    content = build_graph(UpliftModel(features, (), [], [baseline], {})).content
    assert "MatMul" not in {node.op_type for node in onnx.load_from_string(content).graph.node}
    found = Runtime(content).scores(ROWS)["b"]
    expected = probability(LIKELY, ROWS)
    assert np.all(np.abs(found - expected) <= tolerance(expected))


@pytest.mark.parametrize("propensity", [0.0, 1.0, -0.1, LOGIT, None])
def test_x_needs_a_known_propensity(propensity: Any) -> None:
    with pytest.raises(ValueError, match="give the known constant"):
        X(A, B, propensity)


def test_dr_needs_models() -> None:
    with pytest.raises(ValueError, match="list of models is empty"):
        DR([])
