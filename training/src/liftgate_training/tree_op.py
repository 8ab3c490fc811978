"""One TreeEnsembleRegressor (ai.onnx.ml 3) from ensembles, one target each, all in double."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import NodeProto, helper, numpy_helper

from liftgate_training.tree_table import Table, flatten
from liftgate_training.trees import Ensemble, Leaf, Mode, Node, Split

ONNX_MODES = (
    "LEAF",
    "BRANCH_LEQ",
    "BRANCH_LT",
    "BRANCH_GTE",
    "BRANCH_GT",
    "BRANCH_EQ",
    "BRANCH_NEQ",
)

NANOS_PER_LEVEL, NANOS_PER_LEAF = 7.0, 2.3
"""Cost of one tree for one row on one server core; measured within a factor of two of it."""


@dataclass(frozen=True)
class TreeOp:
    """The node and what it costs."""

    node: NodeProto
    trees: int
    nodes: int
    nanos_per_row: float
    thresholds: set[tuple[int, float]]


def tree_op(ensembles: Sequence[Ensemble], source: str, output: str) -> TreeOp:
    """`output` float32 [N, len(ensembles)] from the double rows named `source`."""
    tables = [
        (target, flatten(tree))
        for target, ensemble in enumerate(ensembles)
        for tree in _trees(ensemble)
    ]
    bases = np.array([_base(ensemble) for ensemble in ensembles], dtype=np.float64)
    node = helper.make_node(
        "TreeEnsembleRegressor",
        [source],
        [output],
        name=output,
        domain="ai.onnx.ml",
        n_targets=len(ensembles),
        aggregate_function="SUM",
        post_transform="NONE",
        base_values_as_tensor=numpy_helper.from_array(bases, "base"),
        **_attributes(tables),
    )
    return TreeOp(
        node=node,
        trees=len(tables),
        nodes=sum(len(table.mode) for _, table in tables),
        nanos_per_row=sum(NANOS_PER_LEVEL * table.depth + NANOS_PER_LEAF for _, table in tables),
        thresholds={pair for _, table in tables for pair in _thresholds(table)},
    )


def _trees(ensemble: Ensemble) -> list[Node]:
    """The trees that split; for a constant, one lone leaf.

    ONNX Runtime gives a target without any leaf 0, whatever its base value.
    """
    splitting: list[Node] = [tree for tree in ensemble.trees if isinstance(tree, Split)]
    return splitting or [Leaf(_constant(ensemble))]


def _base(ensemble: Ensemble) -> float:
    """What the leaves of `_trees` leave out."""
    constant = all(isinstance(tree, Leaf) for tree in ensemble.trees)
    return 0.0 if constant else _constant(ensemble)


def _constant(ensemble: Ensemble) -> float:
    """The base and every tree that is one leaf."""
    return ensemble.base + sum(tree.value for tree in ensemble.trees if isinstance(tree, Leaf))


def _thresholds(table: Table) -> list[tuple[int, float]]:
    """The (feature, threshold) pairs of the splits whose neighbours are finite float32 too."""
    finite = np.abs(table.threshold) < np.finfo(np.float32).max
    split = (table.mode != Mode.LEAF) & finite
    return list(zip(table.feature[split].tolist(), table.threshold[split].tolist(), strict=True))


def _attributes(tables: Sequence[tuple[int, Table]]) -> dict[str, Any]:
    """The op's parallel arrays: every node of every tree, then every leaf with its target."""
    sizes = [len(table.mode) for _, table in tables]
    trees = np.repeat(np.arange(len(tables)), sizes)
    nodes = np.concatenate([np.arange(size) for size in sizes])
    targets = np.repeat([target for target, _ in tables], sizes)
    whole = {
        name: np.concatenate([getattr(table, name) for _, table in tables])
        for name in ("feature", "mode", "threshold", "missing_true", "true", "false", "value")
    }
    leaf = whole["mode"] == Mode.LEAF
    return {
        "nodes_treeids": trees.tolist(),
        "nodes_nodeids": nodes.tolist(),
        "nodes_featureids": whole["feature"].tolist(),
        "nodes_modes": [ONNX_MODES[mode] for mode in whole["mode"]],
        "nodes_values_as_tensor": numpy_helper.from_array(whole["threshold"], "thresholds"),
        "nodes_truenodeids": whole["true"].tolist(),
        "nodes_falsenodeids": whole["false"].tolist(),
        "nodes_missing_value_tracks_true": whole["missing_true"].astype(np.int64).tolist(),
        "target_treeids": trees[leaf].tolist(),
        "target_nodeids": nodes[leaf].tolist(),
        "target_ids": targets[leaf].tolist(),
        "target_weights_as_tensor": numpy_helper.from_array(whole["value"][leaf], "weights"),
    }
