"""The tree IR: random trees score in ONNX Runtime as in `eval_numpy`, threshold by threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from liftgate_training.contract import Float32Rows, Float64s
from liftgate_training.graph import DOUBLE_INPUT, INPUT, IR_VERSION, ML_OPSET, OPSET
from liftgate_training.learners import Inserted
from liftgate_training.scores import Runtime
from liftgate_training.tree_op import tree_op
from liftgate_training.tree_table import (
    MAX_NODES_PER_TREE,
    eval_ensemble,
    eval_numpy,
    flatten,
)
from liftgate_training.trees import (
    Ensemble,
    Leaf,
    Mode,
    Node,
    Split,
    UnsupportedModel,
    directed,
    folded,
    membership,
    merged,
    pruned,
    scaled,
    splits,
)

WIDTH = 3
COMPARISONS = (Mode.LEQ, Mode.LT, Mode.GTE, Mode.GT, Mode.EQ, Mode.NEQ)


def onnx_scores(ensembles: list[Ensemble], rows: Float32Rows) -> Float64s:
    """The ensembles' scores [N, ensembles] by ONNX Runtime."""
    cast = helper.make_node("Cast", [INPUT], [DOUBLE_INPUT], to=TensorProto.DOUBLE)
    op = tree_op(ensembles, DOUBLE_INPUT, "scores")
    source = helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["N", rows.shape[1]])
    target = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", len(ensembles)])
    graph = helper.make_graph([cast, op.node], "trees", [source], [target])
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    proto = helper.make_model(graph, opset_imports=opsets)
    proto.ir_version = IR_VERSION
    return Runtime(proto.SerializeToString()).scores(rows)["scores"]


def random_tree(random: np.random.Generator, depth: int, modes: tuple[Mode, ...]) -> Node:
    if depth == 0 or random.random() < 0.15:
        return Leaf(float(random.normal()))
    mode = modes[int(random.integers(len(modes)))]
    whole = mode in (Mode.EQ, Mode.NEQ) or random.random() < 0.3
    threshold = float(random.integers(-2, 3)) if whole else float(random.normal())
    return Split(
        feature=int(random.integers(WIDTH)),
        mode=mode,
        threshold=threshold,
        missing_true=bool(random.random() < 0.5),
        true=random_tree(random, depth - 1, modes),
        false=random_tree(random, depth - 1, modes),
    )


def hard_rows(random: np.random.Generator, trees: list[Node], count: int) -> Float32Rows:
    """Rows of thresholds, their float32 neighbours, whole numbers and NaN."""
    thresholds = np.array(
        [split.threshold for tree in trees for split in splits(tree)] or [0.0], dtype=np.float32
    )
    values = np.concatenate(
        [
            thresholds,
            np.nextafter(thresholds, np.float32(-np.inf)),
            np.nextafter(thresholds, np.float32(np.inf)),
            np.arange(-3, 4, dtype=np.float32),
            np.full(max(1, len(thresholds)), np.nan, dtype=np.float32),
        ]
    )
    return np.asarray(random.choice(values, size=(count, WIDTH)), dtype=np.float32)


@pytest.mark.parametrize("mode", [*COMPARISONS, None])
@pytest.mark.parametrize("seed", range(4))
def test_onnx_runtime_routes_as_the_interpreter(mode: Mode | None, seed: int) -> None:
    random = np.random.default_rng(seed)
    modes = COMPARISONS if mode is None else (mode,)
    trees = [random_tree(random, 5, modes) for _ in range(6)]
    rows = hard_rows(random, trees, 800)
    ensembles = [Ensemble((tree,), base=0.25) for tree in trees]
    expected = np.stack([eval_ensemble(each, rows) for each in ensembles], axis=1)
    np.testing.assert_allclose(onnx_scores(ensembles, rows), expected, rtol=1e-6)


@given(
    threshold=st.floats(-1e30, 1e30),
    steps=st.integers(-2, 2),
    mode=st.sampled_from(COMPARISONS),
)
@settings(max_examples=500, deadline=None, derandomize=True)
def test_directed_rounding_changes_no_comparison(threshold: float, steps: int, mode: Mode) -> None:
    x = np.float32(threshold)
    for _ in range(abs(steps)):
        x = np.nextafter(x, np.float32(np.inf if steps > 0 else -np.inf))
    rounded = directed(mode, threshold)
    if mode not in (Mode.EQ, Mode.NEQ):
        assert rounded == float(np.float32(rounded))
    assert _holds(mode, float(x), rounded) == _holds(mode, float(x), threshold)


def _holds(mode: Mode, x: float, threshold: float) -> bool:
    return {
        Mode.LEQ: x <= threshold,
        Mode.LT: x < threshold,
        Mode.GTE: x >= threshold,
        Mode.GT: x > threshold,
        Mode.EQ: x == threshold,
        Mode.NEQ: x != threshold,
    }[mode]


def test_nearest_rounding_would_change_one() -> None:
    """The rule is needed: a cent amount whose nearest float32 lies above the double threshold."""
    x = np.float32(0.1)
    threshold = 0.1
    assert float(x) > threshold
    assert directed(Mode.LEQ, threshold) < float(x)


@pytest.mark.parametrize("missing_true", [True, False])
def test_missing_goes_where_the_flag_says(missing_true: bool) -> None:
    tree = Split(0, Mode.LEQ, 0.0, missing_true, Leaf(1.0), Leaf(2.0))
    rows = np.array([[np.nan, 0, 0], [0, 0, 0], [1, 0, 0]], dtype=np.float32)
    assert eval_numpy(flatten(tree), rows).tolist() == [1.0 if missing_true else 2.0, 1.0, 2.0]


def test_membership_is_exact_for_unknown_and_missing() -> None:
    tree = membership(1, (0, 3, 7), (Leaf(1.0), Leaf(-1.0)))
    codes = np.array([0, 1, 3, 6, 7, 8, -1, np.nan], dtype=np.float32)
    rows = np.stack([codes * 0, codes, codes * 0], axis=1).astype(np.float32)
    expected = [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, -1.0, -1.0]
    assert eval_numpy(flatten(tree), rows).tolist() == expected
    assert onnx_scores([Ensemble((tree,))], rows)[:, 0].tolist() == expected


@pytest.mark.parametrize("seed", range(5))
def test_folding_scaling_and_pruning_keep_the_function(seed: int) -> None:
    random = np.random.default_rng(seed)
    tree = random_tree(random, 5, COMPARISONS)
    rows = hard_rows(random, [tree], 300)
    constant = np.float32(random.integers(-2, 3))
    with_constant, without = rows.copy(), np.delete(rows, 1, axis=1)
    with_constant[:, 1] = constant
    expected = eval_numpy(flatten(tree), with_constant)
    narrow = folded(tree, Inserted(1, float(constant)))
    assert np.array_equal(eval_numpy(flatten(narrow), without), expected)
    assert np.array_equal(eval_numpy(flatten(scaled(tree, 2.0)), with_constant), 2.0 * expected)
    assert np.array_equal(eval_numpy(flatten(pruned(tree)), with_constant), expected)


@pytest.mark.parametrize("seed", range(5))
def test_merging_keeps_the_sum(seed: int) -> None:
    random = np.random.default_rng(seed)
    trees = [random_tree(random, depth, (Mode.LEQ,)) for depth in (0, 0, 1, 1, 2, 3)]
    doubled = [*trees, *(scaled(tree, 3.0) for tree in trees)]
    rows = hard_rows(random, trees, 300)
    fewer = merged(doubled)
    assert len(fewer) <= len(trees)
    np.testing.assert_allclose(
        eval_ensemble(Ensemble(fewer), rows), eval_ensemble(Ensemble(tuple(doubled)), rows)
    )


def test_trees_that_route_missing_differently_stay_apart() -> None:
    left, right = (Split(0, Mode.LEQ, 1.0, side, Leaf(1.0), Leaf(2.0)) for side in (True, False))
    assert merged([left, right]) == (left, right)


def test_pruning_drops_splits_of_equal_leaves() -> None:
    inner = Split(1, Mode.LEQ, 0.0, False, Leaf(3.0), Leaf(3.0))
    assert pruned(Split(0, Mode.LEQ, 0.0, False, inner, Leaf(3.0))) == Leaf(3.0)


def test_a_tree_of_too_many_nodes_is_refused() -> None:
    branch: Node = Leaf(0.0)
    for number in range(12):
        branch = membership(0, (0, 1, 2), (branch, Leaf(float(number))))
    with pytest.raises(UnsupportedModel, match=f"more than {MAX_NODES_PER_TREE} nodes"):
        flatten(branch)


def test_an_ensemble_of_lone_leaves_is_its_constant() -> None:
    rows = np.zeros((2, WIDTH), dtype=np.float32)
    scores = onnx_scores([Ensemble((Leaf(1.5), Leaf(2.0)), base=0.5), Ensemble(())], rows)
    assert scores.tolist() == [[4.0, 0.0], [4.0, 0.0]]
