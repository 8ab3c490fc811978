"""The ONNX backend: the heads of an uplift model to one graph, the same bytes for the same input.

Opset 18, ai.onnx.ml 3 and IR 10, always explicit: the defaults of onnx load in no ONNX Runtime up
to 1.30. `post_transform` is NONE and every sigmoid its own node. All arithmetic is double, with
one cast to float32 at the end.

Each head is one TreeEnsembleRegressor with actions x replicates targets. Measured on ONNX Runtime
1.30.0, one thread, 3 heads x 20 targets, median microseconds a run at batch 1 / 16 / 64:

    trees a target x depth      10 x 3          20 x 3            20 x 5
    one op a target, float   29 /  85 / 637   35 / 261 / 1349   44 / 557 / 2219
    one op a head, float     14 /  86 / 694   22 / 282 / 1465   36 / 685 / 2476
    one op a head, double    15 /  90 / 703   26 / 289 / 1480   30 / 546 / 2372
    one op a graph, double   15 /  89 / 727   25 / 311 / 1495   37 / 561 / 2552

One op a head halves the fixed cost of a run, which an online service pays most often, for some
6 % at batch 64. Double thresholds and leaves cost about 3 % and leave one float32 rounding of the
result as the error, however much the leaves cancel; float sums would not hold 1e-5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, ValueInfoProto, checker, helper, numpy_helper

from liftgate_training.columns import Columns, Linked, columns_of
from liftgate_training.contract import UpliftModel
from liftgate_training.learners import as_spec
from liftgate_training.readers import LinearForm, TreeForm
from liftgate_training.tree_op import tree_op
from liftgate_training.trees import Ensemble, UnsupportedModel

OPSET, ML_OPSET, IR_VERSION = 18, 3, 10
INPUT, DOUBLE_INPUT = "features", "features_double"


@dataclass(frozen=True)
class Graph:
    """The serialized model and what it costs."""

    content: bytes
    trees: int
    nodes: int
    micros_per_row: float
    tree_only: bool
    thresholds: tuple[tuple[int, float], ...]


def build_graph(model: UpliftModel) -> Graph:
    """The graph of every head and baseline. Raises UnsupportedModel."""
    try:
        return _build(model)
    except RecursionError as error:
        raise UnsupportedModel(
            "a tree is some hundreds of levels deep, once its category sets are lowered; "
            "limit the depth of the trees or the number of categories"
        ) from error


@dataclass
class _Draft:
    """The graph while it grows."""

    nodes: list[NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)
    outputs: list[ValueInfoProto] = field(default_factory=list)
    trees: int = 0
    tree_nodes: int = 0
    nanos_per_row: float = 0.0
    tree_only: bool = True
    thresholds: set[tuple[int, float]] = field(default_factory=set)

    def output(self, name: str, columns: Columns, shape: tuple[int, ...]) -> None:
        """An output `name` of shape [N, *shape] holding the columns."""
        scores = _add_scores(self, name, columns)
        size = self.constant(f"{name}/shape", np.array([-1, *shape], dtype=np.int64))
        self.add("Reshape", [scores, size], name)
        info = helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape])
        self.outputs.append(info)

    def add(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def add_trees(self, ensembles: Sequence[Ensemble], output: str) -> str:
        op = tree_op(ensembles, DOUBLE_INPUT, output)
        self.nodes.append(op.node)
        self.trees += op.trees
        self.tree_nodes += op.nodes
        self.nanos_per_row += op.nanos_per_row
        self.thresholds |= op.thresholds
        return output

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(value, name))
        return name


def _build(model: UpliftModel) -> Graph:
    draft = _Draft()
    draft.add("Cast", [INPUT], DOUBLE_INPUT, to=TensorProto.DOUBLE)
    for head in model.heads:
        specs = [each[action] for action in model.actions for each in head.replicates]
        columns = _columns(model, head.id, specs)
        draft.output(head.id, columns, (len(model.actions), len(head.replicates)))
    for baseline in model.baselines:
        columns = _columns(model, baseline.id, [as_spec(baseline.model)])
        draft.output(baseline.id, columns, ())
    return Graph(
        content=_serialize(draft, len(model.features)),
        trees=draft.trees,
        nodes=draft.tree_nodes,
        micros_per_row=draft.nanos_per_row / 1000.0,
        tree_only=draft.tree_only,
        thresholds=tuple(sorted(draft.thresholds)),
    )


def _columns(model: UpliftModel, head: str, specs: Sequence[object]) -> Columns:
    columns = columns_of([as_spec(spec) for spec in specs], len(model.features))
    nullable = [feature.name for feature in model.features if feature.on_missing == "nan"]
    if nullable and not columns.takes_missing:
        raise UnsupportedModel(
            f"head {head}: a model of it cannot score missing values, but {', '.join(nullable)} "
            "may be missing; set on_missing to default or reject, or fit a model that takes NaN"
        )
    return columns


def _add_scores(draft: _Draft, head: str, columns: Columns) -> str:
    """The nodes of the columns [N, columns], float32; returns the name of the last."""
    if columns.only_trees:
        return draft.add_trees(columns.trees, f"{head}/trees")
    draft.tree_only = False
    parts = []
    if any(ensemble.trees or ensemble.base for ensemble in columns.trees):
        trees = draft.add_trees(columns.trees, f"{head}/trees")
        parts.append(draft.add("Cast", [trees], f"{head}/trees_double", to=TensorProto.DOUBLE))
    if np.any(columns.coefficients) or np.any(columns.intercepts):
        affine = (columns.coefficients, columns.intercepts)
        parts.append(_add_affine(draft, f"{head}/linear", affine))
    if columns.linked:
        parts.append(_add_linked(draft, head, columns))
    total = parts[0] if len(parts) == 1 else draft.add("Sum", parts, f"{head}/total")
    return draft.add("Cast", [total], f"{head}/scores", to=TensorProto.FLOAT)


def _add_affine(draft: _Draft, name: str, affine: tuple[np.ndarray, np.ndarray]) -> str:
    weights = draft.constant(f"{name}/weights", affine[0])
    bias = draft.constant(f"{name}/bias", affine[1])
    product = draft.add("MatMul", [DOUBLE_INPUT, weights], f"{name}/product")
    return draft.add("Add", [product, bias], name)


def _add_linked(draft: _Draft, head: str, columns: Columns) -> str:
    """Margins of trees, then of linear functions, through the sigmoid, mixed into the columns."""
    trees = [each for each in columns.linked if isinstance(each.form, TreeForm)]
    linear = [each for each in columns.linked if isinstance(each.form, LinearForm)]
    margins = []
    if trees:
        ensembles = [each.form.ensemble for each in trees if isinstance(each.form, TreeForm)]
        scores = draft.add_trees(ensembles, f"{head}/tree_margins")
        name = f"{head}/tree_margins_double"
        margins.append(draft.add("Cast", [scores], name, to=TensorProto.DOUBLE))
    if linear:
        forms = [each.form for each in linear if isinstance(each.form, LinearForm)]
        weights = np.stack([form.coefficients for form in forms], axis=1)
        bias = np.array([form.intercept for form in forms])
        margins.append(_add_affine(draft, f"{head}/linear_margins", (weights, bias)))
    name = f"{head}/margins"
    joined = margins[0] if len(margins) == 1 else draft.add("Concat", margins, name, axis=1)
    probabilities = draft.add("Sigmoid", [joined], f"{head}/probabilities")
    mix = _mix([*trees, *linear], len(columns.trees))
    if np.array_equal(mix, np.eye(len(columns.trees))):
        return probabilities
    return draft.add(
        "MatMul", [probabilities, draft.constant(f"{head}/mix", mix)], f"{head}/linked"
    )


def _mix(linked: Sequence[Linked], width: int) -> np.ndarray:
    mix = np.zeros((len(linked), width))
    for row, each in enumerate(linked):
        mix[row, each.column] = each.weight
    return mix


def _serialize(draft: _Draft, width: int) -> bytes:
    source = helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["N", width])
    graph = helper.make_graph(draft.nodes, "uplift", [source], draft.outputs, draft.constants)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    proto = helper.make_model(graph, opset_imports=opsets, producer_name="liftgate")
    proto.ir_version = IR_VERSION
    checker.check_model(proto)
    return proto.SerializeToString(deterministic=True)
