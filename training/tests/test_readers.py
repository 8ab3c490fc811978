"""Every reader on every kind of data: not one row over tolerance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import pytest
from sklearn import dummy, ensemble, linear_model, tree

from liftgate_training.contract import BaselineHead, Feature, Float32Rows, UpliftHead, UpliftModel
from liftgate_training.graph import build_graph
from liftgate_training.learners import Direct
from liftgate_training.readers import read
from liftgate_training.scores import Runtime, original_scores, tolerance

COUNT = 1500
CODES = 12


def data(kind: str) -> Float32Rows:
    """Four float32 columns, the third whole numbers from -1. Seed 17."""
    random = np.random.default_rng(17)
    rows = random.normal(size=(COUNT, 4)) * 10.0
    if kind == "cents":
        rows = rows.round(2)
    if kind == "big_ids":
        rows = random.integers(9_000_000, 10_000_000, size=(COUNT, 4)).astype(np.float64)
    if kind == "zeros":
        rows = np.where(random.random(rows.shape) < 0.4, 0.0, rows.round())
    rows[:, 2] = random.integers(-1, CODES, size=COUNT)
    if kind in ("missing", "zeros"):
        rows[random.random(rows.shape) < 0.2] = np.nan
    return rows.astype(np.float32)


def target(rows: Float32Rows) -> Any:
    """An outcome of all columns, with noise. Seed 18."""
    clean = np.nan_to_num(rows.astype(np.float64), nan=1.0)
    scaled = (clean - clean.mean(axis=0)) / clean.std(axis=0)
    noise = np.random.default_rng(18).normal(size=len(rows)) * 0.3
    return scaled[:, 0] - scaled[:, 1] * (clean[:, 2] % 3 == 1) + scaled[:, 3] ** 2 + noise


def probes(rows: Float32Rows, model: Any, missing: bool) -> Float32Rows:
    """Training rows, rows on and next to thresholds, and if `missing`, NaN anywhere. Seed 19."""
    random = np.random.default_rng(19)
    graph = build_graph(as_model(model, missing))
    more = rows[random.integers(len(rows), size=3000)]
    numeric = [pair for pair in graph.thresholds if pair[0] != 2]
    for row in range(2000 if numeric else 0):
        feature, threshold = numeric[int(random.integers(len(numeric)))]
        value = np.float32(threshold)
        towards = (value, np.float32(np.inf), np.float32(-np.inf))[row % 3]
        more[row, feature] = np.nextafter(value, towards)
    if missing:
        more[random.random(more.shape) < 0.1] = np.nan
    return np.concatenate([rows, more])


def as_model(fitted: Any, missing: bool) -> UpliftModel:
    """One head and one baseline, both the fitted model itself."""
    features = [
        Feature(
            f"x{i}",
            "numeric",
            minimum=-1e9,
            maximum=1e9,
            on_missing="nan" if missing else "reject",
        )
        for i in range(4)
    ]
    head = UpliftHead("y", "value", "", "y", 1, "", [{"a": Direct(fitted)}])
    return UpliftModel(
        features, ["a"], [head], [BaselineHead("b", "y", "", "y", 1, "", fitted)], {}
    )


def assert_exact(fitted: Any, rows: Float32Rows, missing: bool) -> None:
    tested = probes(rows, fitted, missing)
    model = as_model(fitted, missing)
    expected = original_scores(model, tested)
    found = Runtime(build_graph(model).content).scores(tested)
    for head, reference in expected.items():
        over = np.abs(found[head] - reference) > tolerance(reference)
        assert int(over.sum()) == 0, f"{head}: {int(over.sum())} of {over.size} over tolerance"
    assert np.ptp(expected["b"]) > 0.0


def boosted(**parameters: Any) -> lightgbm.LGBMRegressor:
    settings = {"n_estimators": 15, "num_leaves": 12, "n_jobs": 1, "verbose": -1, "random_state": 1}
    return lightgbm.LGBMRegressor(**(settings | parameters))


@pytest.mark.parametrize("kind", ["plain", "cents", "big_ids", "missing", "zeros"])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"use_missing": False},
        {"zero_as_missing": True},
        {"boosting_type": "dart"},
        {"boosting_type": "rf", "n_estimators": 7, "subsample": 0.6, "subsample_freq": 1},
        {"objective": "regression_l1"},
        {"objective": "quantile", "alpha": 0.7},
        {"objective": "huber"},
    ],
    ids=lambda parameters: "-".join(str(value) for value in parameters.values()) or "default",
)
def test_lightgbm_regressor(kind: str, parameters: dict[str, Any]) -> None:
    rows = data(kind)
    assert_exact(boosted(**parameters).fit(rows, target(rows)), rows, missing=True)


@pytest.mark.parametrize("kind", ["plain", "missing"])
def test_lightgbm_categories(kind: str) -> None:
    rows = data(kind)
    settings = {"min_data_per_group": 5, "cat_smooth": 1.0, "max_cat_to_onehot": 1}
    fitted = boosted(**settings).fit(rows, target(rows), categorical_feature=[2])
    sets = [node for node in str(fitted.booster_.dump_model()).split("'") if "||" in node]
    assert sets, "the fit must hold a split by a set of categories"
    assert_exact(fitted, rows, missing=True)


@pytest.mark.parametrize("threshold", ["0", "5e-36", "-5e-36"])
def test_lightgbm_reads_tiny_numbers_as_zero(threshold: str) -> None:
    rows = data("plain")
    stump = boosted(n_estimators=1, num_leaves=2).fit(rows, rows[:, 0])
    lines = stump.booster_.model_to_string().splitlines()
    text = "\n".join(
        f"threshold={threshold}" if line.startswith("threshold=") else line
        for line in lines
        if not line.startswith("tree_sizes=")
    )
    booster = lightgbm.Booster(model_str=text)
    tiny = np.zeros((9, 4), dtype=np.float32)
    tiny[:, 0] = [0.0, -0.0, 1e-36, -1e-36, 7e-36, -7e-36, 1e-34, -1e-34, np.nan]
    expected = booster.predict(tiny.astype(np.float64))
    assert len(set(expected)) == 2
    found = Runtime(build_graph(as_model(booster, missing=True)).content).scores(tiny)["b"]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_lightgbm_early_stopping_ends_at_the_best_iteration() -> None:
    rows = data("plain")
    noise = np.random.default_rng(4).normal(size=len(rows))
    fitted = boosted(n_estimators=80).fit(
        rows,
        noise,
        eval_X=rows[:300],
        eval_y=noise[:300][::-1],
        callbacks=[lightgbm.early_stopping(3, verbose=False)],
    )
    assert 0 < fitted.best_iteration_ < 80
    read_form: Any = read(fitted)
    assert len(read_form.ensemble.trees) == fitted.best_iteration_


@pytest.mark.parametrize(
    "parameters", [{}, {"sigmoid": 2.5}, {"objective": "cross_entropy"}], ids=str
)
def test_lightgbm_probabilities(parameters: dict[str, Any]) -> None:
    rows = data("missing")
    settings = {"n_estimators": 15, "num_leaves": 8, "n_jobs": 1, "verbose": -1} | parameters
    labels = (target(rows) > 0).astype(float)
    if "objective" in parameters:
        booster = lightgbm.train(settings, lightgbm.Dataset(rows, labels), 15)
        assert_exact(booster, rows, missing=True)
    else:
        assert_exact(lightgbm.LGBMClassifier(**settings).fit(rows, labels), rows, missing=True)


SKLEARN: dict[str, Callable[[], Any]] = {
    "tree": lambda: tree.DecisionTreeRegressor(max_leaf_nodes=40, random_state=0),
    "extra tree": lambda: tree.ExtraTreeRegressor(max_leaf_nodes=40, random_state=0),
    "forest": lambda: ensemble.RandomForestRegressor(8, max_leaf_nodes=40, random_state=0),
    "extra trees": lambda: ensemble.ExtraTreesRegressor(8, max_leaf_nodes=40, random_state=0),
    "hist boosting": lambda: ensemble.HistGradientBoostingRegressor(max_iter=10, random_state=0),
    "tree probabilities": lambda: tree.DecisionTreeClassifier(max_leaf_nodes=40, random_state=0),
    "forest probabilities": lambda: ensemble.RandomForestClassifier(
        8, max_leaf_nodes=40, random_state=0
    ),
    "hist probabilities": lambda: ensemble.HistGradientBoostingClassifier(
        max_iter=10, random_state=0
    ),
}


@pytest.mark.parametrize("kind", ["plain", "cents", "big_ids", "missing"])
@pytest.mark.parametrize("name", SKLEARN)
def test_scikit_trees(name: str, kind: str) -> None:
    rows = data(kind)
    outcome = target(rows)
    labels = outcome > np.median(outcome) if "probabilities" in name else outcome
    assert_exact(SKLEARN[name]().fit(rows, labels), rows, missing=True)


@pytest.mark.filterwarnings("ignore:An ill-conditioned matrix", "ignore:Objective did not")
@pytest.mark.parametrize("kind", ["plain", "cents", "big_ids"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: ensemble.GradientBoostingRegressor(n_estimators=10, random_state=0),
        lambda: ensemble.GradientBoostingRegressor(n_estimators=10, init="zero", random_state=0),
        linear_model.LinearRegression,
        linear_model.Ridge,
        lambda: linear_model.Lasso(alpha=0.01),
    ],
    ids=["boosting", "boosting from zero", "linear", "ridge", "lasso"],
)
def test_scikit_without_missing(make: Callable[[], Any], kind: str) -> None:
    rows = data(kind)
    assert_exact(make().fit(rows, target(rows)), rows, missing=False)


def test_logistic_regression() -> None:
    rows = data("plain")
    fitted = linear_model.LogisticRegression().fit(rows, target(rows) > 0)
    assert_exact(fitted, rows, missing=False)


def test_a_constant_is_read() -> None:
    rows = data("missing")
    fitted = dummy.DummyRegressor(strategy="constant", constant=0.3).fit(rows, np.ones(len(rows)))
    model = as_model(fitted, missing=True)
    found = Runtime(build_graph(model).content).scores(rows)
    assert np.all(np.abs(found["b"] - 0.3) < 1e-7)
