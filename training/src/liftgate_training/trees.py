"""The tree IR: what every tree library is read into, and what the graph is made from.

A node is a `Leaf` or a `Split` of one feature. The rule is the one of ONNX's
TreeEnsembleRegressor: take the true branch if `x MODE threshold` holds, or if x is NaN and
`missing_true` is set; else the false branch. Rows are float32; thresholds are the library's
doubles, rounded to float32 towards the side that changes no comparison with a float32 value
(`directed`). A nearest rounding sends rows that equal a threshold to the wrong side.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import numpy as np

from liftgate_training.learners import Inserted


class UnsupportedModel(ValueError):
    """A fitted model that cannot be exported exactly. The text says why and what would be right."""


class Mode(IntEnum):
    """The comparison of a split. The values index `ONNX_MODES` of the graph."""

    LEAF = 0
    LEQ = 1
    LT = 2
    GTE = 3
    GT = 4
    EQ = 5
    NEQ = 6


HOLDS: dict[Mode, Callable[[Any, Any], Any]] = {
    Mode.LEQ: operator.le,
    Mode.LT: operator.lt,
    Mode.GTE: operator.ge,
    Mode.GT: operator.gt,
    Mode.EQ: operator.eq,
    Mode.NEQ: operator.ne,
}
"""What each mode compares, of numbers and of arrays; of NaN only NEQ holds, as in ONNX Runtime."""


@dataclass(frozen=True)
class Leaf:
    """A constant."""

    value: float


@dataclass(frozen=True)
class Split:
    """One comparison and its two branches."""

    feature: int
    mode: Mode
    threshold: float
    missing_true: bool
    true: Node
    false: Node


Node = Leaf | Split


@dataclass(frozen=True)
class Ensemble:
    """base + the sum of the trees' leaves."""

    trees: tuple[Node, ...]
    base: float = 0.0


def scaled(root: Node, weight: float) -> Node:
    """The tree with every leaf multiplied by `weight`."""
    if isinstance(root, Leaf):
        return Leaf(root.value * weight)
    return replace(root, true=scaled(root.true, weight), false=scaled(root.false, weight))


def folded(root: Node, inserted: Inserted) -> Node:
    """The tree on rows without the constant column `inserted`: its splits are decided here."""
    if isinstance(root, Leaf):
        return root
    if root.feature == inserted.index:
        goes_true = HOLDS[root.mode](inserted.value, root.threshold)
        return folded(root.true if goes_true else root.false, inserted)
    return replace(
        root,
        feature=root.feature - (root.feature > inserted.index),
        true=folded(root.true, inserted),
        false=folded(root.false, inserted),
    )


def pruned(root: Node) -> Node:
    """The same function without splits whose two branches are equal leaves."""
    if isinstance(root, Leaf):
        return root
    true, false = pruned(root.true), pruned(root.false)
    if isinstance(true, Leaf) and true == false:
        return true
    return replace(root, true=true, false=false)


def merged(trees: Sequence[Node]) -> tuple[Node, ...]:
    """Trees of the same sum, those with the very same splits made one: boosted stumps repeat."""
    by_shape: dict[object, Node] = {}
    for tree in trees:
        shape = _shape(tree)
        found = by_shape.get(shape)
        by_shape[shape] = tree if found is None else _added(found, tree)
    return tuple(by_shape.values())


def splits(root: Node) -> Iterator[Split]:
    """Every split of the tree, in preorder."""
    if isinstance(root, Split):
        yield root
        yield from splits(root.true)
        yield from splits(root.false)


def membership(feature: int, members: tuple[int, ...], branches: tuple[Node, Node]) -> Node:
    """`x in members` as a chain of equality tests; missing and unknown codes are not members.

    The true branch is copied per member: shared subtrees have misbehaved in ONNX Runtime before.
    """
    inside, outside = branches
    chain = outside
    for member in reversed(members):
        chain = Split(feature, Mode.EQ, float(member), False, inside, chain)
    return chain


def directed(mode: Mode, threshold: float) -> float:
    """The float32 value that compares with every float32 x exactly as the double threshold does.

    x <= t and x > t: the largest float32 not above t. x < t and x >= t: the smallest not below t.
    Equality keeps t: a double that is no float32 value equals no x.
    """
    with np.errstate(over="ignore"):  # beyond float32: infinity, stepped back below if it must be
        nearest = np.float32(threshold)
    if mode in (Mode.LEQ, Mode.GT) and float(nearest) > threshold:
        return float(np.nextafter(nearest, np.float32(-np.inf)))
    if mode in (Mode.LT, Mode.GTE) and float(nearest) < threshold:
        return float(np.nextafter(nearest, np.float32(np.inf)))
    return threshold if mode in (Mode.EQ, Mode.NEQ) else float(nearest)


def _shape(node: Node) -> object:
    """The splits of a tree without its leaves, equal for trees that route every row alike."""
    if isinstance(node, Leaf):
        return None
    threshold = directed(node.mode, node.threshold)
    test = (node.feature, node.mode, threshold, node.missing_true)
    return (test, _shape(node.true), _shape(node.false))


def _added(node: Node, other: Node) -> Node:
    """The sum of two trees of the same shape."""
    if isinstance(node, Split) and isinstance(other, Split):
        true, false = _added(node.true, other.true), _added(node.false, other.false)
        return replace(node, true=true, false=false)
    if isinstance(node, Leaf) and isinstance(other, Leaf):
        return Leaf(node.value + other.value)
    raise TypeError("expected two trees of the same shape")
