"""The golden rows: the right kinds and numbers, replayable in every layer."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from conftest import Bundle
from liftgate_training.contract import Isotonic, Linear
from liftgate_training.encode import encode
from liftgate_training.golden import best_actions, check_golden, json_number
from liftgate_training.graph import build_graph
from liftgate_training.learners import as_spec, predict
from liftgate_training.probes import prober
from liftgate_training.scores import Runtime


@pytest.fixture(scope="module")
def golden(bundle: Bundle) -> list[dict[str, Any]]:
    graph = build_graph(bundle.model)
    source = prober(tuple(bundle.model.features), graph, bundle.evidence.training_rows, 2)
    content = check_golden(bundle.model, graph, source)
    assert content["schema"] == "liftgate.golden.v1"
    rows: list[dict[str, Any]] = content["rows"]
    return rows


def encoded(golden: list[dict[str, Any]]) -> np.ndarray:
    rows = [[math.nan if value is None else value for value in row["encoded"]] for row in golden]
    return np.array(rows, dtype=np.float32)


def test_there_are_64_rows_of_seven_kinds(golden: list[dict[str, Any]]) -> None:
    assert Counter(tag for row in golden for tag in row["tags"]) == {
        "stratified": 24,
        "boundary": 12,
        "nan": 8,
        "all_missing": 4,
        "unknown_category": 8,
        "extreme": 4,
        "closest": 4,
    }


def test_raw_encodes_to_encoded_bit_by_bit(bundle: Bundle, golden: list[dict[str, Any]]) -> None:
    again = encode([row["raw"] for row in golden], bundle.model.features)
    assert np.array_equal(again, encoded(golden), equal_nan=True)


def test_outputs_are_the_original_librarys(bundle: Bundle, golden: list[dict[str, Any]]) -> None:
    rows = encoded(golden)
    for head in bundle.model.heads:
        for column, action in enumerate(bundle.model.actions):
            for number, replicate in enumerate(head.replicates):
                scores = [row["outputs"][head.id][column][number] for row in golden]
                assert scores == predict(replicate[action], rows).tolist()
    (baseline,) = bundle.model.baselines
    scores = [row["outputs"][baseline.id] for row in golden]
    assert scores == predict(as_spec(baseline.model), rows).tolist()


def test_kinds_are_what_they_say(bundle: Bundle, golden: list[dict[str, Any]]) -> None:
    by_tag: dict[str, list[dict[str, Any]]] = {}
    for row in golden:
        by_tag.setdefault(row["tags"][0], []).append(row["raw"])
    assert all(None in raw.values() for raw in by_tag["nan"])
    assert all(raw["recency"] is None and raw["channel"] is None for raw in by_tag["all_missing"])
    vocabulary = bundle.model.features[2].vocabulary
    assert all(raw["channel"] not in vocabulary for raw in by_tag["unknown_category"])
    assert by_tag["extreme"][0]["recency"] == 0
    assert by_tag["extreme"][1]["recency"] == 12


def test_onnx_runtime_decides_the_same(bundle: Bundle, golden: list[dict[str, Any]]) -> None:
    found = Runtime(build_graph(bundle.model).content).scores(encoded(golden))
    decided, _ = best_actions(bundle.model, found)
    compared = [row for row in golden if not row["nearTie"]]
    assert len(compared) > 40
    for row, action in zip(golden, decided, strict=True):
        assert row["nearTie"] or row["bestAction"] == action
    assert len({row["bestAction"] for row in golden}) == 3


def test_best_action_is_no_offer_unless_a_value_is_above_zero(bundle: Bundle) -> None:
    raw = np.array([[[0.2], [0.1]], [[-0.2], [-0.1]], [[0.1], [0.1]], [[0.0], [-1.0]]])
    single = [replace(head, replicates=head.replicates[:1]) for head in bundle.model.heads]
    straight = {"mail": Linear(0.0, 1.0), "call": Linear(0.0, 1.0)}
    model = replace(bundle.model, heads=single, calibration={"visit": straight})
    best, near = best_actions(model, {"visit": raw})
    assert best == ["mail", "no_offer", "mail", "no_offer"]
    assert near == [False, False, True, True]


def test_a_steep_calibrator_makes_near_ties(bundle: Bundle) -> None:
    """Raw scores 3e-6 apart, moved by their tolerance, can change places on a steep segment."""
    raw = np.array([[[0.5], [0.500003]]])
    steep = Isotonic((0.0, 0.49999, 0.50001, 1.0), (0.1, 0.1, 0.9, 0.9))
    model = replace(bundle.model, calibration={"visit": {"mail": steep, "call": steep}})
    best, near = best_actions(model, {"visit": raw})
    assert (best, near) == (["call"], [True])


def test_numbers_are_written_short() -> None:
    assert json_number(6.0) == 6
    assert isinstance(json_number(6.0), int)
    assert json_number(math.nan) is None
    assert json_number(float(np.float32(329.08))) == 329.0799865722656
