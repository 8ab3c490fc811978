"""Reads fitted scikit-learn models: trees, forests, boosting, linear.

Trees compare float32 x with a double threshold, `x <= threshold` goes left, NaN goes where
`missing_go_to_left` says (sklearn/tree/_tree.pyx, 1.6 to 1.9). Forests average their trees;
gradient boosting adds `learning_rate` times each tree to its constant start. The histogram variant
stores leaves already shrunk (sklearn/ensemble/_hist_gradient_boosting/common.pyx).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from liftgate_training.readers.form import LinearForm, TreeForm
from liftgate_training.trees import Ensemble, Leaf, Mode, Node, Split, UnsupportedModel, scaled

HIST_IDENTITY_LOSSES = frozenset({"squared_error", "absolute_error", "quantile"})


def read_tree(model: Any) -> TreeForm:
    """DecisionTree and ExtraTree, regressor or binary classifier."""
    return TreeForm(Ensemble((_tree(model),)), takes_missing=_takes_missing(model))


def read_forest(model: Any) -> TreeForm:
    """RandomForest and ExtraTrees, regressor or binary classifier."""
    share = 1.0 / len(model.estimators_)
    trees = tuple(scaled(_tree(each), share) for each in model.estimators_)
    return TreeForm(Ensemble(trees), takes_missing=_takes_missing(model.estimators_[0]))


def read_gradient_boosting(model: Any) -> TreeForm:
    """GradientBoostingRegressor with its default constant start, or with init='zero'."""
    trees = tuple(scaled(_tree(each), model.learning_rate) for each in model.estimators_[:, 0])
    return TreeForm(Ensemble(trees, _constant_start(model)), takes_missing=False)


def read_hist_gradient_boosting(model: Any) -> TreeForm:
    """HistGradientBoosting without categorical features, regressor or binary classifier."""
    if model.is_categorical_ is not None and np.any(model.is_categorical_):
        raise UnsupportedModel(
            "HistGradientBoosting with categorical features reorders its columns and cannot be "
            "exported; fit without categorical_features, or fit LightGBM"
        )
    classifier = hasattr(model, "classes_")
    if classifier and len(model.classes_) != 2:
        raise UnsupportedModel("HistGradientBoostingClassifier has more than two classes")
    if not classifier and model.loss not in HIST_IDENTITY_LOSSES:
        raise UnsupportedModel(
            f"HistGradientBoostingRegressor loss {model.loss!r} has a link; "
            f"use one of {', '.join(sorted(HIST_IDENTITY_LOSSES))}"
        )
    trees = tuple(_histogram_node(stage[0].nodes, 0) for stage in model._predictors)
    base = float(np.ravel(model._baseline_prediction)[0])
    return TreeForm(Ensemble(trees, base), sigmoid=classifier)


def read_linear(model: Any) -> LinearForm:
    """LinearRegression, Ridge, Lasso, ElasticNet; LogisticRegression of two classes."""
    classifier = hasattr(model, "classes_")
    coefficients = np.atleast_2d(np.asarray(model.coef_, dtype=np.float64))
    if len(coefficients) != 1:
        raise UnsupportedModel(
            f"{type(model).__name__} has {len(coefficients)} outputs; fit one outcome at a time"
        )
    intercept = float(np.ravel(model.intercept_)[0])
    return LinearForm(coefficients[0], intercept, sigmoid=classifier)


def read_constant(model: Any) -> TreeForm:
    """DummyRegressor: one number for every row."""
    return TreeForm(Ensemble((), float(np.ravel(model.constant_)[0])))


def _tree(model: Any) -> Node:
    table = model.tree_
    if table.n_outputs != 1:
        raise UnsupportedModel(
            f"{type(model).__name__} has {table.n_outputs} outputs; fit one outcome at a time"
        )
    values = table.value[:, 0, :]
    if hasattr(model, "classes_"):
        if values.shape[1] != 2:
            raise UnsupportedModel(
                f"{type(model).__name__} has {values.shape[1]} classes; fit a binary outcome"
            )
        leaves = values[:, 1] / values.sum(axis=1)
    else:
        leaves = values[:, 0]
    return _node(table, leaves, 0)


def _node(table: Any, leaves: Any, at: int) -> Node:
    if table.children_left[at] < 0:
        return Leaf(float(leaves[at]))
    return Split(
        feature=int(table.feature[at]),
        mode=Mode.LEQ,
        threshold=float(table.threshold[at]),
        missing_true=bool(table.missing_go_to_left[at]),
        true=_node(table, leaves, int(table.children_left[at])),
        false=_node(table, leaves, int(table.children_right[at])),
    )


def _histogram_node(nodes: Any, at: int) -> Node:
    node = nodes[at]
    if node["is_leaf"]:
        return Leaf(float(node["value"]))
    return Split(
        feature=int(node["feature_idx"]),
        mode=Mode.LEQ,
        threshold=float(node["num_threshold"]),
        missing_true=bool(node["missing_go_to_left"]),
        true=_histogram_node(nodes, int(node["left"])),
        false=_histogram_node(nodes, int(node["right"])),
    )


def _constant_start(model: Any) -> float:
    if model.init_ == "zero":
        return 0.0
    if type(model.init_).__name__ != "DummyRegressor":
        raise UnsupportedModel(
            f"GradientBoostingRegressor starts from a {type(model.init_).__name__}; "
            "fit with init=None or init='zero'"
        )
    return float(np.ravel(model.init_.constant_)[0])


def _takes_missing(model: Any) -> bool:
    """Whether the library scores NaN: the tree's own tag, by splitter and criterion."""
    return bool(model.__sklearn_tags__().input_tags.allow_nan)
