"""Readers: fitted models of other libraries to the tree IR or a linear form.

Classes are matched by package and class name, so that no library is imported here. The match is
exact: a subclass may predict otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from liftgate_training.readers import lightgbm, scikit
from liftgate_training.readers.form import Form, LinearForm, TreeForm
from liftgate_training.trees import UnsupportedModel

__all__ = ["Form", "LinearForm", "TreeForm", "read"]

Reader = Callable[[Any], Form]

READERS: dict[tuple[str, str], Reader] = {
    **{
        ("lightgbm", name): lightgbm.read for name in ("Booster", "LGBMRegressor", "LGBMClassifier")
    },
    **{
        ("sklearn", f"{family}{kind}"): reader
        for kind in ("Regressor", "Classifier")
        for family, reader in (
            ("DecisionTree", scikit.read_tree),
            ("ExtraTree", scikit.read_tree),
            ("RandomForest", scikit.read_forest),
            ("ExtraTrees", scikit.read_forest),
            ("HistGradientBoosting", scikit.read_hist_gradient_boosting),
        )
    },
    ("sklearn", "GradientBoostingRegressor"): scikit.read_gradient_boosting,
    ("sklearn", "DummyRegressor"): scikit.read_constant,
    **{
        ("sklearn", name): scikit.read_linear
        for name in (
            "LinearRegression",
            "Ridge",
            "RidgeCV",
            "Lasso",
            "LassoCV",
            "ElasticNet",
            "ElasticNetCV",
            "LogisticRegression",
            "LogisticRegressionCV",
        )
    },
}


def read(model: object) -> Form:
    """The form of a fitted model. Raises UnsupportedModel when it cannot be exported exactly."""
    kind = type(model)
    reader = READERS.get((kind.__module__.partition(".")[0], kind.__name__))
    if reader is None:
        known = ", ".join(sorted(f"{package}.{name}" for package, name in READERS))
        raise UnsupportedModel(
            f"no reader for {kind.__module__}.{kind.__qualname__}; fit one of {known}"
        )
    return reader(model)
