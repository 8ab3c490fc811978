"""The gates that score rows refuse a graph or a calibrator that is wrong in one number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from conftest import Bundle
from liftgate_training.contract import BundleRefused, Float64s
from liftgate_training.golden import check_golden
from liftgate_training.graph import Graph, build_graph
from liftgate_training.parity import check_parity
from liftgate_training.probes import prober


def spoiled(graph: Graph, output: str, attribute: str) -> Graph:
    """The graph with one number of one op's tensor attribute moved."""
    proto = onnx.load_from_string(graph.content)
    (op,) = (node for node in proto.graph.node if node.output[0] == output)
    (tensor,) = (each.t for each in op.attribute if each.name == attribute)
    values = numpy_helper.to_array(tensor).copy()
    values[np.argmax(np.abs(values))] += 0.5
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    return replace(graph, content=proto.SerializeToString())


@pytest.mark.parametrize("attribute", ["target_weights_as_tensor", "nodes_values_as_tensor"])
def test_parity_finds_one_wrong_number(bundle: Bundle, attribute: str) -> None:
    graph = spoiled(build_graph(bundle.model), "incentive/trees", attribute)
    source = prober(tuple(bundle.model.features), graph, bundle.evidence.training_rows, 1)
    with pytest.raises(BundleRefused, match=r"gate parity: \d+ of 5000 rows differ"):
        check_parity(bundle.model, graph, source)


def test_parity_passes_on_the_true_graph(bundle: Bundle) -> None:
    graph = build_graph(bundle.model)
    source = prober(tuple(bundle.model.features), graph, bundle.evidence.training_rows, 1)
    parity = check_parity(bundle.model, graph, source)
    assert (parity.rows, parity.rows_over_tolerance) == (5000, 0)
    assert set(parity.max_absolute) == {"visit", "incentive", "visit_baseline"}


def test_golden_finds_a_wrong_graph(bundle: Bundle) -> None:
    graph = spoiled(build_graph(bundle.model), "visit/trees", "base_values_as_tensor")
    source = prober(tuple(bundle.model.features), graph, bundle.evidence.training_rows, 1)
    with pytest.raises(BundleRefused, match=r"gate golden: row \d+ .*head visit is over tolerance"):
        check_golden(bundle.model, graph, source)


class Jagged:
    """A calibrator that is not monotone: rounding errors of the score decide the value."""

    def apply(self, scores: Float64s) -> Float64s:
        return np.asarray(1.5 + np.sin(scores * 1e12), dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        return {"kind": "identity"}


def test_golden_finds_another_best_action(bundle: Bundle) -> None:
    jagged = {action: Jagged() for action in bundle.model.actions}
    faulty = replace(bundle.model, calibration={"visit": jagged, "incentive": jagged})
    graph = build_graph(faulty)
    source = prober(tuple(faulty.features), graph, bundle.evidence.training_rows, 1)
    with pytest.raises(BundleRefused, match=r"gate golden: row \d+ .*the graph decides"):
        check_golden(faulty, graph, source)
