"""What a reader refuses, because the graph would not be exact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import pytest
from sklearn import ensemble, linear_model, neighbors, tree

from liftgate_training.graph import build_graph
from liftgate_training.readers import read
from liftgate_training.trees import UnsupportedModel
from test_readers import as_model, boosted, data, target


def unfit(name: str) -> Any:
    """A fitted model that must be refused."""
    rows = data("plain")
    outcome = target(rows)
    positive = outcome - outcome.min() + 1.0
    thirds = (outcome > 0).astype(int) + (outcome > 1).astype(int)
    pairs = np.stack([outcome, -outcome], axis=1)
    if name == "pandas categories":
        text = boosted().fit(rows, outcome).booster_.model_to_string()
        assert "pandas_categorical:null" in text
        return lightgbm.Booster(
            model_str=text.replace("pandas_categorical:null", 'pandas_categorical:[["a", "b"]]')
        )
    started = ensemble.GradientBoostingRegressor(n_estimators=3, init=linear_model.Ridge())
    makers: dict[str, Callable[[], Any]] = {
        "linear_tree": lambda: boosted(linear_tree=True).fit(rows, outcome),
        "poisson": lambda: boosted(objective="poisson").fit(rows, positive),
        "sqrt": lambda: boosted(reg_sqrt=True).fit(rows, positive),
        "multiclass": lambda: lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(rows, thirds),
        "two outputs": lambda: tree.DecisionTreeRegressor(max_depth=3).fit(rows, pairs),
        "linear outputs": lambda: linear_model.LinearRegression().fit(rows, pairs),
        "three classes": lambda: tree.DecisionTreeClassifier(max_depth=3).fit(rows, thirds),
        "started": lambda: started.fit(rows, outcome),
        "hist categories": lambda: ensemble.HistGradientBoostingRegressor(
            max_iter=3, categorical_features=[2]
        ).fit(np.where(rows < 0, 0, rows), outcome),
        "hist poisson": lambda: ensemble.HistGradientBoostingRegressor(
            loss="poisson", max_iter=3
        ).fit(rows, positive),
        "neighbours": lambda: neighbors.KNeighborsRegressor().fit(rows, outcome),
    }
    return makers[name]()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("linear_tree", "linear_tree=true cannot be exported; fit with false"),
        ("poisson", "objective 'poisson' cannot be exported"),
        ("sqrt", "without reg_sqrt"),
        ("multiclass", "trees per iteration"),
        ("pandas categories", "fitted on pandas categories"),
        ("two outputs", "fit one outcome at a time"),
        ("linear outputs", "fit one outcome at a time"),
        ("three classes", "fit a binary outcome"),
        ("started", "starts from a Ridge"),
        ("hist categories", "reorders its columns"),
        ("hist poisson", "loss 'poisson' has a link"),
        ("neighbours", "no reader for .*KNeighborsRegressor"),
    ],
)
def test_what_cannot_be_exact_is_refused(name: str, reason: str) -> None:
    with pytest.raises(UnsupportedModel, match=reason):
        read(unfit(name))


@pytest.mark.parametrize(
    "make", [linear_model.Ridge, ensemble.GradientBoostingRegressor], ids=["ridge", "boosting"]
)
def test_missing_features_need_a_model_that_takes_them(make: Callable[[], Any]) -> None:
    rows = data("plain")
    fitted = make().fit(rows, target(rows))
    with pytest.raises(UnsupportedModel, match="set on_missing to default or reject"):
        build_graph(as_model(fitted, missing=True))


def test_a_tree_too_deep_to_walk_is_refused() -> None:
    """Outcomes that grow by half each are split off one by one, from the top."""
    count = 1500
    rows = np.zeros((count, 4), dtype=np.float32)
    rows[:, 0] = np.arange(count)
    fitted = tree.DecisionTreeRegressor().fit(rows, 1.3 ** np.arange(count))
    assert fitted.get_depth() > 1000
    with pytest.raises(UnsupportedModel, match="some hundreds of levels deep"):
        build_graph(as_model(fitted, missing=True))
