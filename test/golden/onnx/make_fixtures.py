"""Writes the small model folder `tiny/1`, the bad graphs the loader's tests put in its place, and `wide/1`, which has
as many actions as a large program and little else.

    python test/golden/onnx/make_fixtures.py

Needs onnx (written with 1.23.2). Every number is exact in float32, and the expected outputs are
computed here by walking the trees in Python, never by ONNX Runtime. The same bytes at every run.
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

HERE = Path(__file__).resolve().parent
SEED = 20261121
REPLICATES = 2
VOCABULARY = ["web", "phone", "multi"]
LEAF = "LEAF"

# A tree is a leaf value or (mode, feature, threshold, missing goes to true, true branch, false branch).
Tree = Any


@dataclass(frozen=True)
class Made:
    """A model made by hand: per head one tree for each replicate of each action; a baseline head has one tree."""

    name: str
    actions: list[str]
    trees: dict[str, list[Tree]]
    calibration: dict[str, dict[str, Any]]


RECENCY, SPENT, CHANNEL, NEWBIE = range(4)
TINY_TREES: dict[str, list[Tree]] = {
    # One tree per target: mail 0, mail 1, call 0, call 1.
    "visit": [
        ("BRANCH_LEQ", RECENCY, 6.5, True, 0.0625, ("BRANCH_EQ", CHANNEL, 1.0, False, 0.125, -0.03125)),
        ("BRANCH_LEQ", RECENCY, 5.5, True, 0.09375, -0.015625),
        ("BRANCH_EQ", CHANNEL, 2.0, False, 0.1875, ("BRANCH_LEQ", SPENT, 100.25, False, -0.0625, 0.078125)),
        ("BRANCH_LEQ", SPENT, 90.75, False, -0.046875, ("BRANCH_LEQ", NEWBIE, 0.5, False, 0.109375, 0.03125)),
    ],
    "incentive": [
        ("BRANCH_LEQ", SPENT, 50.5, False, 0.25, 0.75),
        ("BRANCH_LEQ", SPENT, 60.5, False, 0.3125, 0.6875),
        ("BRANCH_LEQ", RECENCY, 3.5, False, 1.5, 2.25),
        ("BRANCH_LEQ", NEWBIE, 0.5, False, 1.25, 2.5),
    ],
    "visit_baseline": [("BRANCH_LEQ", RECENCY, 4.5, True, 0.1875, 0.09375)],
}
TINY_CALIBRATION = {
    "visit": {
        "mail": {"kind": "linear", "intercept": 0.0078125, "slope": 0.75},
        "call": {"kind": "isotonic", "x": [-0.0625, 0.0, 0.125], "y": [-0.03125, 0.0, 0.09375]},
    },
    "incentive": {"mail": {"kind": "identity"}, "call": {"kind": "identity"}},
}
TINY = Made("tiny", ["mail", "call"], TINY_TREES, TINY_CALIBRATION)
WIDE_ACTIONS = [f"offer_{number}" for number in range(1, 8)]


def main() -> None:
    """Writes everything."""
    base = graph(TINY)
    write_bundle(TINY, base.SerializeToString(deterministic=True))
    write_bundle(wide(), graph(wide()).SerializeToString(deterministic=True))
    for name, change in BAD_GRAPHS.items():
        bad = copy.deepcopy(base)
        change(bad)
        (HERE / "graphs" / f"{name}.onnx").write_bytes(bad.SerializeToString(deterministic=True))


def wide() -> Made:
    """Each tree asks for one amount of money."""
    targets = len(WIDE_ACTIONS) * REPLICATES
    trees: dict[str, list[Tree]] = {
        "visit": [("BRANCH_LEQ", SPENT, 8.0 * target + 0.5, True, target / 64, 1 / 64) for target in range(targets)],
        "incentive": [("BRANCH_LEQ", SPENT, 8.0 * target + 0.5, True, target / 32, 1 / 32) for target in range(targets)],
        "visit_baseline": [("BRANCH_LEQ", RECENCY, 4.5, True, 0.1875, 0.09375)],
    }
    identity = {action: {"kind": "identity"} for action in WIDE_ACTIONS}
    return Made("wide", WIDE_ACTIONS, trees, {"visit": identity, "incentive": identity})


# --- the graph ---


def graph(made: Made) -> ModelProto:
    """Input features [N, 4]; one TreeEnsembleRegressor and one Reshape per head."""
    nodes, outputs, constants = [], [], []
    for head, ensemble in made.trees.items():
        nodes.append(tree_node(head, ensemble))
        shape = [] if len(ensemble) == 1 else [len(made.actions), REPLICATES]
        constants.append(numpy_helper.from_array(np.array([-1, *shape], np.int64), f"{head}/shape"))
        nodes.append(helper.make_node("Reshape", [f"{head}/trees", f"{head}/shape"], [head], name=head))
        outputs.append(helper.make_tensor_value_info(head, TensorProto.FLOAT, ["N", *shape]))
    source = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", 4])
    body = helper.make_graph(nodes, made.name, [source], outputs, constants)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(body, opset_imports=opsets, producer_name="make_fixtures")
    model.ir_version = 10
    checker.check_model(model)
    return model


def tree_node(head: str, ensemble: list[Tree]) -> Any:
    """The ensemble as one node: tree t adds to target t."""
    table: dict[str, list[Any]] = {key: [] for key in ("tree", "id", "mode", "feature", "value", "missing", "true", "false")}
    leaves: dict[str, list[Any]] = {key: [] for key in ("tree", "node", "target", "weight")}
    for number, tree in enumerate(ensemble):
        ids = iter(range(1_000))
        add_node(number, tree, ids, table, leaves)
    return helper.make_node(
        "TreeEnsembleRegressor",
        ["features"],
        [f"{head}/trees"],
        name=f"{head}/trees",
        domain="ai.onnx.ml",
        n_targets=len(ensemble),
        aggregate_function="SUM",
        post_transform="NONE",
        nodes_treeids=table["tree"],
        nodes_nodeids=table["id"],
        nodes_modes=table["mode"],
        nodes_featureids=table["feature"],
        nodes_values=table["value"],
        nodes_missing_value_tracks_true=table["missing"],
        nodes_truenodeids=table["true"],
        nodes_falsenodeids=table["false"],
        target_treeids=leaves["tree"],
        target_nodeids=leaves["node"],
        target_ids=leaves["target"],
        target_weights=leaves["weight"],
    )


def add_node(number: int, tree: Tree, ids: Iterator[int], table: dict[str, list[Any]], leaves: dict[str, list[Any]]) -> int:
    """Appends a tree depth first; returns the id of its root."""
    node = next(ids)
    row = len(table["id"])
    is_leaf = isinstance(tree, float)
    mode, feature, value, missing = (LEAF, 0, 0.0, False) if is_leaf else tree[:4]
    for key, cell in zip(table, (number, node, mode, feature, value, int(missing), 0, 0), strict=True):
        table[key].append(cell)
    if is_leaf:
        for key, cell in zip(leaves, (number, node, number, tree), strict=True):
            leaves[key].append(cell)
    else:
        table["true"][row] = add_node(number, tree[4], ids, table, leaves)
        table["false"][row] = add_node(number, tree[5], ids, table, leaves)
    return node


def walk(tree: Tree, row: list[float]) -> float:
    """The oracle: one tree on one encoded row."""
    while not isinstance(tree, float):
        mode, feature, threshold, missing, true, false = tree
        value = row[feature]
        if math.isnan(value):
            tree = true if missing else false
        else:
            tree = true if (value <= threshold if mode == "BRANCH_LEQ" else value == threshold) else false
    return tree


# --- bad graphs ---


def nan_weights(model: ModelProto) -> None:
    """Every leaf of the first head is NaN."""
    weights = attribute(model.graph.node[0], "target_weights")
    weights.floats[:] = [math.nan] * len(weights.floats)


def five_features(model: ModelProto) -> None:
    """The graph reads one feature more than the manifest lists."""
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 5


def swapped_heads(model: ModelProto) -> None:
    """Value and cost change places: same shapes, other meaning."""
    other = {"visit": "incentive", "incentive": "visit"}
    for item in (*model.graph.node, *model.graph.output):
        item.name = other.get(item.name, item.name)
    for node in model.graph.node:
        node.output[0] = other.get(node.output[0], node.output[0])


def fixed_batch(model: ModelProto) -> None:
    """Only one row at a time."""
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


def double_output(model: ModelProto) -> None:
    """The first head in double."""
    node = model.graph.node[1]
    node.output[0] = "visit/float"
    model.graph.node.append(helper.make_node("Cast", ["visit/float"], ["visit"], to=TensorProto.DOUBLE))
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.DOUBLE


def missing_head(model: ModelProto) -> None:
    """The cost head is not an output."""
    del model.graph.output[1]


def external_initializer(model: ModelProto) -> None:
    """An initializer whose bytes lie in another file."""
    make_external(model.graph.initializer[0])


def external_constant(model: ModelProto) -> None:
    """A tensor of a node's attribute whose bytes lie in another file."""
    node = helper.make_node("Constant", [], ["visit/shape"], value=model.graph.initializer[0])
    make_external(attribute(node, "value").t)
    del model.graph.initializer[0]
    model.graph.node.insert(0, node)


def make_external(tensor: TensorProto) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.data")


def memory_bomb(model: ModelProto) -> None:
    """8 GB of zeros, folded while the graph is loaded."""
    model.graph.initializer.append(numpy_helper.from_array(np.array([2**31], np.int64), "size"))
    add_to_visit(model, [helper.make_node("ConstantOfShape", ["size"], ["zeros"])], "zeros")


def memory_bomb_at_run(model: ModelProto) -> None:
    """8 GB of zeros for every row, asked for when the graph runs."""
    model.graph.initializer.append(numpy_helper.from_array(np.array([2**29], np.int64), "scale"))
    nodes = [
        helper.make_node("Shape", ["features"], ["rows"], start=1),
        helper.make_node("Mul", ["rows", "scale"], ["size"]),
        helper.make_node("ConstantOfShape", ["size"], ["zeros"]),
    ]
    add_to_visit(model, nodes, "zeros")


def endless(model: ModelProto) -> None:
    """A loop of 2^62 turns."""
    turn = helper.make_tensor_value_info("turn", TensorProto.INT64, [])
    going = helper.make_tensor_value_info("going", TensorProto.BOOL, [])
    on = helper.make_tensor_value_info("on", TensorProto.BOOL, [])
    body_in = helper.make_tensor_value_info("carried", TensorProto.FLOAT, [1])
    body_out = helper.make_tensor_value_info("passed", TensorProto.FLOAT, [1])
    body_nodes = [helper.make_node("Identity", ["going"], ["on"]), helper.make_node("Neg", ["carried"], ["passed"])]
    body = helper.make_graph(body_nodes, "body", [turn, going, body_in], [on, body_out])
    turns = numpy_helper.from_array(np.array(2**62, np.int64), "turns")
    forever = numpy_helper.from_array(np.array(True), "forever")
    start = numpy_helper.from_array(np.zeros(1, np.float32), "start")
    model.graph.initializer.extend([turns, forever, start])
    add_to_visit(model, [helper.make_node("Loop", ["turns", "forever", "start"], ["zeros"], body=body)], "zeros")


def unknown_op(model: ModelProto) -> None:
    """A node no runtime has."""
    add_to_visit(model, [helper.make_node("Frobnicate", ["visit/plain"], ["zeros"], domain="com.example")], "zeros")
    model.opset_import.append(helper.make_opsetid("com.example", 1))


def fails_on_large(model: ModelProto) -> None:
    """Looks up a table of one entry with the largest value of the batch: fails at run time from 1 on."""
    zero = numpy_helper.from_array(np.zeros(1, np.float32), "zero")
    model.graph.initializer.append(zero)
    nodes = [
        helper.make_node("IsNaN", ["features"], ["gaps"]),
        helper.make_node("Where", ["gaps", "zero", "features"], ["filled"]),
        helper.make_node("ReduceMax", ["filled"], ["top"], keepdims=0),
        helper.make_node("Cast", ["top"], ["place"], to=TensorProto.INT64),
        helper.make_node("Gather", ["zero", "place"], ["found"]),
    ]
    add_to_visit(model, nodes, "found")


def add_to_visit(model: ModelProto, nodes: list[Any], addend: str) -> None:
    """visit + max(addend), so that no optimizer can leave the nodes out."""
    model.graph.node[1].output[0] = "visit/plain"
    model.graph.node.extend(nodes)
    model.graph.node.append(helper.make_node("ReduceMax", [addend], ["largest"], keepdims=0))
    model.graph.node.append(helper.make_node("Add", ["visit/plain", "largest"], ["visit"]))


def attribute(node: Any, name: str) -> Any:
    return next(each for each in node.attribute if each.name == name)


BAD_GRAPHS: dict[str, Callable[[ModelProto], None]] = {
    "nan-weights": nan_weights,
    "five-features": five_features,
    "swapped-heads": swapped_heads,
    "fixed-batch": fixed_batch,
    "double-output": double_output,
    "missing-head": missing_head,
    "external-initializer": external_initializer,
    "external-constant": external_constant,
    "memory-bomb": memory_bomb,
    "memory-bomb-at-run": memory_bomb_at_run,
    "endless": endless,
    "unknown-op": unknown_op,
    "fails-on-large": fails_on_large,
}


# --- the folder ---


def write_bundle(made: Made, content: bytes) -> None:
    """model.onnx, golden.json, card.md and the manifest that lists them."""
    folder = HERE / made.name / "1"
    files = {
        "model.onnx": content,
        "golden.json": json_bytes({"schema": "liftgate.golden.v1", "rows": golden_rows(made)}),
        "card.md": f"# {made.name}\n\nA made-up model for tests.\n".encode(),
    }
    manifest = manifest_of(made) | {
        "files": {name: {"sha256": hashlib.sha256(each).hexdigest(), "bytes": len(each)} for name, each in files.items()}
    }
    folder.mkdir(parents=True, exist_ok=True)
    (HERE / "graphs").mkdir(exist_ok=True)
    for name, each in {**files, "manifest.json": json_bytes(manifest)}.items():
        (folder / name).write_bytes(each)


def json_bytes(content: Any) -> bytes:
    return (json.dumps(content, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def golden_rows(made: Made) -> list[dict[str, Any]]:
    """64 rows: one with all missing, boundaries at ±1 ulp, unknown categories, the rest at random."""
    random.seed(SEED)
    raws = [random_raw() for _ in range(56)]
    raws += [{"recency": None, "spent": None, "channel": None, "newbie": flag} for flag in (True, False)]
    raws += [{"recency": 6, "spent": value, "channel": "web", "newbie": True} for value in (100.25, ulp(100.25, 1), ulp(100.25, -1))]
    raws += [{"recency": 12, "spent": 0.1, "channel": "Carrier pigeon", "newbie": 0}]
    raws += [{"recency": 0, "spent": 1000, "channel": "multi", "newbie": 1}, {"spent": 329.08, "newbie": False}]
    return [golden_row(made, raw) for raw in raws]


def random_raw() -> dict[str, Any]:
    return {
        "recency": random.choice([None, *range(13)]),
        "spent": random.choice([None, *(round(random.uniform(0, 200), 2) for _ in range(6))]),
        "channel": random.choice([None, "fax", *VOCABULARY]),
        "newbie": random.random() < 0.5,
    }


def golden_row(made: Made, raw: dict[str, Any]) -> dict[str, Any]:
    row = encoded(raw)
    outputs: dict[str, Any] = {}
    for head, trees in made.trees.items():
        values = [walk(tree, row) for tree in trees]
        by_action = [values[at : at + REPLICATES] for at in range(0, len(values), REPLICATES)]
        outputs[head] = values[0] if len(values) == 1 else by_action
    worth = {
        action: calibrated(made.calibration["visit"][action], sum(values) / REPLICATES)
        for action, values in zip(made.actions, outputs["visit"], strict=True)
    }
    best = max(worth, key=lambda action: worth[action])
    ordered = sorted([*worth.values(), 0.0])
    return {
        "tags": ["nan"] if any(math.isnan(value) for value in row) else ["typical"],
        "raw": raw,
        "encoded": [None if math.isnan(value) else value for value in row],
        "outputs": outputs,
        "bestAction": best if worth[best] > 0 else "no_offer",
        "nearTie": ordered[-1] - ordered[-2] < 1e-4,
    }


def encoded(raw: dict[str, Any]) -> list[float]:
    channel = raw.get("channel")
    codes = {None: math.nan} | {word: float(code) for code, word in enumerate(VOCABULARY)}
    spent = raw.get("spent")
    recency = raw.get("recency")
    return [
        math.nan if recency is None else float(recency),
        float32(20.5 if spent is None else spent),
        codes.get(channel, -1.0),
        float(raw["newbie"]),
    ]


def float32(value: float) -> float:
    return struct.unpack("<f", struct.pack("<f", value))[0]


def ulp(value: float, steps: int) -> float:
    return struct.unpack("<f", struct.pack("<i", struct.unpack("<i", struct.pack("<f", value))[0] + steps))[0]


def calibrated(calibrator: dict[str, Any], value: float) -> float:
    if calibrator["kind"] == "identity":
        return value
    if calibrator["kind"] == "linear":
        return calibrator["intercept"] + calibrator["slope"] * value
    return float(np.interp(value, calibrator["x"], calibrator["y"]))


def manifest_of(made: Made) -> dict[str, Any]:
    """Everything but `files`."""
    trees, nodes = sizes_of(made)
    features = [
        feature(RECENCY, "recency", min=0, max=12),
        feature(SPENT, "spent", onMissing="default", default=20.5, min=0, max=1000),
        feature(CHANNEL, "channel", kind="categorical", vocabulary=VOCABULARY, unknownCode=-1, maxAge="7d"),
        feature(NEWBIE, "newbie", kind="boolean", onMissing="reject", min=0, max=1, source="request"),
    ]
    lines = "".join(
        "|".join((str(f["index"]), f["name"], f["kind"], "\x1f".join(f["vocabulary"] or []), str(f["unknownCode"] or ""))) + "\n"
        for f in features
    )
    text = {"label": "", "outcome": "visit", "horizonDays": 14, "unit": "visit"}
    return {
        "schema": "liftgate.model.v1",
        "name": made.name,
        "version": "1",
        "createdAt": "2026-11-21T00:00:00Z",
        "description": "A made-up model for tests",
        "expiresAt": None,
        "graph": {
            "file": "model.onnx", "input": "features", "opset": 18, "mlOpset": 3, "irVersion": 10,
            "onnxruntimeMin": "1.22.0", "trees": trees, "nodes": nodes, "estimatedMicrosPerRow": 0.1, "treeOnly": True,
        },
        "features": features,
        "featureDigest": "sha256:" + hashlib.sha256(lines.encode()).hexdigest(),
        "actions": made.actions,
        "heads": [
            {"id": "visit", "kind": "value", **text},
            {"id": "incentive", "kind": "cost", **text, "unit": "USD"},
            {"id": "visit_baseline", "kind": "baseline", "of": "visit", **text},
        ],
        "replicates": REPLICATES,
        "calibration": made.calibration,
        "golden": {"file": "golden.json", "rows": 64, "tolerance": {"absolute": 1e-6, "relative": 1e-5}},
        "learner": {"family": "T", "base": "by hand", "parameters": {}, "libraries": {}},
        "uncertainty": {"method": "bootstrap", "replicates": REPLICATES, "unit": "customer"},
        "training": {
            "data": {"name": "none", "file": "none", "sha256": "0" * 64, "rows": 1},
            "assignment": {"kind": "randomized", "probabilities": {}},
            "unit": "customer",
            "postTreatment": ["visit"],
            "assumptions": ["nothing was trained"],
        },
        "parity": {"rows": 5000, "rowsOverTolerance": 0, "maxAbsolute": {}, "onnxruntime": "1.30.0"},
        "metrics": {},
    }


def sizes_of(made: Made) -> tuple[int, int]:
    """Trees, and nodes of all of them."""
    trees = [tree for ensemble in made.trees.values() for tree in ensemble]
    return len(trees), sum(map(nodes_in, trees))


def nodes_in(tree: Tree) -> int:
    return 1 if isinstance(tree, float) else 1 + nodes_in(tree[4]) + nodes_in(tree[5])


def feature(index: int, name: str, **fields: Any) -> dict[str, Any]:
    """A feature with its defaults; the statistics are made up."""
    full = {
        "index": index, "name": name, "kind": "numeric", "source": "store", "onMissing": "nan", "default": None,
        "min": None, "max": None, "vocabulary": None, "unknownCode": None, "unit": "", "description": "", "maxAge": None,
    } | fields
    counted = {"count": 0, "nullRate": 0}
    if full["kind"] == "categorical":
        statistics = counted | {"frequencies": [1 / len(full["vocabulary"])] * len(full["vocabulary"])}
    else:
        statistics = counted | {
            "mean": 0, "std": 0, "min": 0, "max": 0, "quantiles": [0] * 11, "psiBins": [0], "psiExpected": [0.5, 0.5],
        }
    return full | {"nullable": full["onMissing"] == "nan", "statistics": statistics}


if __name__ == "__main__":
    main()
