"""Gate "parity": the original library and ONNX Runtime agree on each of 5,000 probe rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from liftgate_training.contract import BundleRefused, Float32Rows, UpliftModel
from liftgate_training.encode import decode, encode
from liftgate_training.graph import Graph
from liftgate_training.probes import Prober
from liftgate_training.scores import Runtime, Scores, original_scores, tolerance

PROBES = {"sample": 2500, "boundary": 1500, "missing": 500, "unknown": 300, "extremes": 200}
"""Rows of each kind: 5,000 together."""

SINGLES = 32
"""Rows also scored one by one: a tree-only graph must give the same bits."""


@dataclass(frozen=True)
class Parity:
    """The outcome of the comparison; `max_absolute` is per head."""

    rows: int
    rows_over_tolerance: int
    max_absolute: dict[str, float]
    onnxruntime: str


def check_parity(model: UpliftModel, graph: Graph, prober: Prober) -> Parity:
    """Raises BundleRefused when any row is over tolerance."""
    rows = parity_rows(model, prober)
    runtime = Runtime(graph.content)
    parity = compare(original_scores(model, rows), runtime, rows)
    if parity.rows_over_tolerance:
        raise BundleRefused(
            "parity",
            f"{parity.rows_over_tolerance} of {parity.rows} rows differ between the original "
            f"library and onnxruntime {parity.onnxruntime} (largest difference per head: "
            f"{parity.max_absolute}); no row may. Fit on float32 rows from encode(...)",
        )
    if graph.tree_only:
        _check_singles(runtime, rows[:: len(rows) // SINGLES])
    return parity


def parity_rows(model: UpliftModel, prober: Prober) -> Float32Rows:
    """The probe rows, encoded as a caller's would be."""
    kinds = [
        prober.sample(PROBES["sample"]),
        prober.boundary(PROBES["boundary"]),
        prober.missing(PROBES["missing"], share=0.3),
        prober.unknown(PROBES["unknown"]),
        prober.extremes(PROBES["extremes"]),
    ]
    return encode(decode(np.concatenate(kinds), model.features), model.features)


def compare(reference: Scores, runtime: Runtime, rows: Float32Rows) -> Parity:
    """Counts the rows with any score over tolerance (NaN is over it)."""
    found = runtime.scores(rows)
    over = np.zeros(len(rows), dtype=np.bool_)
    max_absolute = {}
    for head, expected in reference.items():
        difference = np.abs(found[head] - expected)
        within = difference <= tolerance(expected)
        over |= ~within.reshape(len(rows), -1).all(axis=1)
        max_absolute[head] = float(difference.max())
    return Parity(len(rows), int(over.sum()), max_absolute, runtime.version)


def _check_singles(runtime: Runtime, rows: Float32Rows) -> None:
    batch = runtime.scores(rows)
    for index in range(len(rows)):
        single = runtime.scores(rows[index : index + 1])
        for head, scores in single.items():
            if not np.array_equal(scores[0], batch[head][index]):
                raise BundleRefused(
                    "parity", f"head {head}: a row scores differently alone and in a batch"
                )
