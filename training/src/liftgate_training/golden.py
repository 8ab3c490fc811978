"""Gate "golden": rows the service replays when it loads the model, in three layers.

raw -> encoded (bit by bit) -> outputs (within tolerance) -> best action. Expected outputs come
from the original library, never from ONNX Runtime.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from liftgate_training.contract import (
    NO_OFFER,
    BundleRefused,
    Float32Rows,
    Float64s,
    UpliftModel,
)
from liftgate_training.encode import decode, encode
from liftgate_training.graph import Graph
from liftgate_training.probes import Prober
from liftgate_training.scores import (
    Runtime,
    Scores,
    action_values,
    calibrated,
    original_scores,
    tolerance,
)

STRATIFIED, BOUNDARY, MISSING, ALL_MISSING, UNKNOWN, EXTREMES, CLOSEST = 24, 12, 8, 4, 8, 4, 4
CANDIDATES = 4000
"""Training rows among which the stratified and the closest are chosen."""


@dataclass(frozen=True)
class GoldenRows:
    """Chosen rows, encoded, with the tag of each."""

    tags: tuple[str, ...]
    encoded: Float32Rows
    raw: tuple[dict[str, Any], ...]


def check_golden(model: UpliftModel, graph: Graph, prober: Prober) -> dict[str, Any]:
    """The content of golden.json. Raises BundleRefused when ONNX Runtime decides otherwise."""
    rows = golden_rows(model, prober)
    expected = original_scores(model, rows.encoded)
    found = Runtime(graph.content).scores(rows.encoded)
    best, near_tie = best_actions(model, expected)
    decided, _ = best_actions(model, found)
    for index, tag in enumerate(rows.tags):
        for head, scores in expected.items():
            if not np.all(np.abs(found[head][index] - scores[index]) <= tolerance(scores[index])):
                raise BundleRefused("golden", f"row {index} ({tag}): head {head} is over tolerance")
        if decided[index] != best[index] and not near_tie[index]:
            raise BundleRefused(
                "golden",
                f"row {index} ({tag}): the graph decides {decided[index]}, the original library "
                f"{best[index]}",
            )
    return {
        "schema": "liftgate.golden.v1",
        "rows": [
            _row_json(rows, expected, index)
            | {"bestAction": best[index], "nearTie": near_tie[index]}
            for index in range(len(rows.tags))
        ],
    }


def golden_rows(model: UpliftModel, prober: Prober) -> GoldenRows:
    """64 rows: stratified by value and action, boundary, missing, unknown, extreme, closest."""
    candidates = prober.within_range(prober.sample(CANDIDATES))
    values = action_values(model, original_scores(model, candidates))
    groups = {
        "stratified": candidates[_stratified(values)],
        "boundary": prober.boundary(BOUNDARY),
        "nan": prober.missing(MISSING, share=0.3),
        "all_missing": prober.missing(ALL_MISSING, share=1.0),
        "unknown_category": prober.unknown(UNKNOWN),
        "extreme": prober.extremes(EXTREMES),
        "closest": candidates[np.argsort(_margins(values), kind="stable")[:CLOSEST]],
    }
    rows = prober.within_range(np.concatenate(list(groups.values())))
    raw = decode(rows, model.features)
    tags = tuple(tag for tag, group in groups.items() for _ in group)
    return GoldenRows(tags, encode(raw, model.features), tuple(raw))


def best_actions(model: UpliftModel, scores: Scores) -> tuple[list[str], list[bool]]:
    """The action of the highest calibrated value, no_offer if none is above 0; and near ties.

    A row is a near tie when moving raw scores by twice the tolerance could change the action.
    """
    names = [*model.actions, NO_OFFER]
    head = next(head.id for head in model.heads if head.kind == "value")
    points = scores[head].mean(axis=2)
    values = _with_no_offer(action_values(model, scores))
    slack = 2.0 * tolerance(scores[head]).max(axis=2)
    ends = [calibrated(model, head, points + sign * slack) for sign in (-1.0, 1.0)]
    low, high = np.minimum(*ends), np.maximum(*ends)
    best, near = [], []
    for row in range(len(values)):
        winner = len(names) - 1 if values[row, :-1].max() <= 0.0 else int(values[row].argmax())
        rivals = np.delete(_with_no_offer(high)[row], winner)
        best.append(names[winner])
        near.append(bool(rivals.max() >= _with_no_offer(low)[row, winner]))
    return best, near


def json_number(value: float) -> float | int | None:
    """A whole number without its point, missing as null, else the double's shortest decimal."""
    if math.isnan(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _row_json(rows: GoldenRows, expected: Scores, index: int) -> dict[str, Any]:
    return {
        "tags": [rows.tags[index]],
        "raw": rows.raw[index],
        "encoded": [json_number(float(value)) for value in rows.encoded[index]],
        "outputs": {head: scores[index].tolist() for head, scores in expected.items()},
    }


def _stratified(values: Float64s) -> list[int]:
    """Candidates at evenly spaced ranks of each action's value, STRATIFIED together."""
    actions = values.shape[1]
    chosen: list[int] = []
    for action in range(actions):
        count = STRATIFIED // actions + (action < STRATIFIED % actions)
        if count:
            ranks = np.linspace(0, len(values) - 1, count).round().astype(int)
            chosen.extend(np.argsort(values[:, action], kind="stable")[ranks].tolist())
    return chosen


def _margins(values: Float64s) -> Float64s:
    """The gap between the two highest values of each row, no_offer among them."""
    ordered = np.sort(_with_no_offer(values), axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2], dtype=np.float64)


def _with_no_offer(values: Float64s) -> Float64s:
    return np.append(values, np.zeros((len(values), 1)), axis=1)
