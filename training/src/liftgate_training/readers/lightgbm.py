"""Reads a fitted LightGBM model from `dump_model()`.

The rules are those of LightGBM's `Tree::NumericalDecision` and `Tree::CategoricalDecision`
(include/LightGBM/tree.h, 4.x): `x <= threshold` goes left; the missing type NaN sends NaN to the
default side, None reads NaN as 0, Zero reads NaN as 0 and sends |x| <= 1e-35 to the default side.
Every x with |x| <= 1e-35 is read as 0, since dense rows drop such values before they are scored.
A category goes left when its code is in the set; a missing or negative code goes right.
Early stopping is honoured: the dump ends at the best iteration.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from liftgate_training.readers.form import TreeForm
from liftgate_training.trees import (
    Ensemble,
    Leaf,
    Mode,
    Node,
    Split,
    UnsupportedModel,
    membership,
    scaled,
)

IDENTITY_OBJECTIVES = frozenset(
    {"regression", "regression_l1", "huber", "fair", "quantile", "mape"},
)
ZERO = float(np.float32(1e-35))
"""LightGBM's kZeroThreshold."""
BELOW_ZERO = float(np.nextafter(np.float32(-ZERO), np.float32(-np.inf)))
"""The largest float32 below -ZERO: `x <= it` leaves every near-zero x out."""


def read(model: Any) -> TreeForm:
    """The trees of a `Booster` or of a fitted `LGBMRegressor` / `LGBMClassifier`."""
    booster = getattr(model, "booster_", model)
    if booster.pandas_categorical:
        raise UnsupportedModel(
            "LightGBM was fitted on pandas categories, whose codes only pandas knows; "
            "fit on encode(...)'s float32 codes with categorical_feature=[column, ...]"
        )
    dump = booster.dump_model()
    if dump["num_tree_per_iteration"] != 1:
        raise UnsupportedModel(
            f"LightGBM has {dump['num_tree_per_iteration']} trees per iteration (multiclass); "
            "fit a regression or a binary objective"
        )
    margin_scale = _sigmoid_scale(str(dump.get("objective", "none")))
    trees = [_node(tree["tree_structure"]) for tree in dump["tree_info"]]
    share = 1.0 / len(trees) if dump.get("average_output") and trees else 1.0
    weight = share * (margin_scale or 1.0)
    ensemble = Ensemble(tuple(scaled(tree, weight) for tree in trees))
    return TreeForm(ensemble, sigmoid=margin_scale is not None)


def _sigmoid_scale(objective: str) -> float | None:
    """None when the prediction is the sum of the trees, else k in sigmoid(k * sum)."""
    name, *options = objective.split()
    if name in IDENTITY_OBJECTIVES and "sqrt" not in options:
        return None
    if name == "binary":
        return float(dict(option.split(":") for option in options)["sigmoid"])
    if name == "cross_entropy":
        return 1.0
    raise UnsupportedModel(
        f"LightGBM objective {objective!r} cannot be exported; use one of "
        f"{', '.join(sorted(IDENTITY_OBJECTIVES))} (without reg_sqrt), binary or cross_entropy"
    )


def _node(node: dict[str, Any]) -> Node:
    if "leaf_coeff" in node:
        raise UnsupportedModel("LightGBM linear_tree=true cannot be exported; fit with false")
    if "split_feature" not in node:
        return Leaf(float(node["leaf_value"]))
    left, right = _node(node["left_child"]), _node(node["right_child"])
    feature = int(node["split_feature"])
    if node["decision_type"] == "==":
        members = tuple(int(code) for code in str(node["threshold"]).split("||"))
        return membership(feature, members, (left, right))
    if node["decision_type"] != "<=":
        raise UnsupportedModel(f"LightGBM decision type {node['decision_type']!r} is not known")
    threshold, missing_type = float(node["threshold"]), str(node["missing_type"])
    if missing_type == "Zero":
        return _zero_as_missing(feature, threshold, (left, right), bool(node["default_left"]))
    missing_left = bool(node["default_left"]) if missing_type == "NaN" else threshold >= 0.0
    return Split(feature, Mode.LEQ, _around_zero(threshold), missing_left, left, right)


def _around_zero(threshold: float) -> float:
    """The threshold moved out of -ZERO..ZERO, so that all x in there go where 0 goes."""
    if 0.0 <= threshold < ZERO:
        return ZERO
    return BELOW_ZERO if -ZERO <= threshold < 0.0 else threshold


def _zero_as_missing(
    feature: int, threshold: float, branches: tuple[Node, Node], default_left: bool
) -> Node:
    """The split `x <= threshold`, but with NaN and |x| <= 1e-35 sent to the default side."""
    left, right = branches
    if default_left and threshold < -ZERO:
        near_zero = Split(feature, Mode.LEQ, ZERO, True, left, right)
        beyond = Split(feature, Mode.LT, -ZERO, False, right, near_zero)
        return Split(feature, Mode.LEQ, threshold, False, left, beyond)
    if default_left:
        return Split(feature, Mode.LEQ, max(threshold, ZERO), True, left, right)
    if threshold >= ZERO:
        near_zero = Split(feature, Mode.GTE, -ZERO, True, right, left)
        above_zero = Split(feature, Mode.GT, ZERO, False, left, near_zero)
        return Split(feature, Mode.GT, threshold, False, right, above_zero)
    return Split(feature, Mode.LEQ, min(threshold, BELOW_ZERO), False, left, right)
