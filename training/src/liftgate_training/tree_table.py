"""A tree as a flat node table: the form the graph stores, and its interpreter.

`eval_numpy` scores the table on its own, without ONNX Runtime: it is the oracle of the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from liftgate_training.learners import Float32Rows, Float64s
from liftgate_training.trees import HOLDS, Ensemble, Leaf, Mode, Node, UnsupportedModel, directed

MAX_NODES_PER_TREE = 16_384
"""Lowering a set of categories copies subtrees; above this the tree is refused, not emitted."""


@dataclass(frozen=True)
class Table:
    """One tree as parallel arrays, the root first; `value` is the leaf's value, 0 at splits."""

    feature: npt.NDArray[np.int64]
    mode: npt.NDArray[np.int64]
    threshold: Float64s
    missing_true: npt.NDArray[np.bool_]
    true: npt.NDArray[np.int64]
    false: npt.NDArray[np.int64]
    value: Float64s
    depth: int


def flatten(root: Node) -> Table:
    """The node table of a tree in preorder, thresholds rounded by `directed`."""
    rows: list[list[float]] = []
    depth = _append(rows, root)
    feature, mode, threshold, missing, true, false, value = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    return Table(
        feature=feature.astype(np.int64),
        mode=mode.astype(np.int64),
        threshold=threshold.astype(np.float64),
        missing_true=missing.astype(np.bool_),
        true=true.astype(np.int64),
        false=false.astype(np.int64),
        value=value.astype(np.float64),
        depth=depth,
    )


def eval_numpy(table: Table, rows: Float32Rows) -> Float64s:
    """The tree's value [N], all rows descending one level at a time, compared in double."""
    at = np.zeros(len(rows), dtype=np.int64)
    for _ in range(table.depth):
        x = rows[np.arange(len(rows)), table.feature[at]].astype(np.float64)
        goes_true = _compare(table.mode[at], x, table.threshold[at])
        goes_true |= np.isnan(x) & table.missing_true[at]
        step = np.where(goes_true, table.true[at], table.false[at])
        at = np.where(table.mode[at] == Mode.LEAF, at, step)
    return table.value[at]


def eval_ensemble(ensemble: Ensemble, rows: Float32Rows) -> Float64s:
    """The ensemble's value [N] by `eval_numpy`."""
    total = np.full(len(rows), ensemble.base)
    for root in ensemble.trees:
        total += eval_numpy(flatten(root), rows)
    return total


def _append(rows: list[list[float]], node: Node) -> int:
    """Appends the subtree in preorder and returns its depth (0 for a leaf)."""
    if len(rows) >= MAX_NODES_PER_TREE:
        raise UnsupportedModel(
            f"a tree has more than {MAX_NODES_PER_TREE} nodes once its category sets are lowered; "
            "fit smaller trees, or encode categories by target or order instead of by set"
        )
    at = len(rows)
    if isinstance(node, Leaf):
        rows.append([0, Mode.LEAF, 0.0, False, 0, 0, node.value])
        return 0
    rows.append([])
    true_at, true_depth = len(rows), _append(rows, node.true)
    false_at, false_depth = len(rows), _append(rows, node.false)
    threshold = directed(node.mode, node.threshold)
    rows[at] = [node.feature, node.mode, threshold, node.missing_true, true_at, false_at, 0.0]
    return 1 + max(true_depth, false_depth)


def _compare(
    mode: npt.NDArray[np.int64], x: Float64s, threshold: Float64s
) -> npt.NDArray[np.bool_]:
    """`x MODE threshold`, False at leaves."""
    holds = np.zeros(len(x), dtype=np.bool_)
    for each, comparison in HOLDS.items():
        holds |= (mode == each) & comparison(x, threshold)
    return holds
