"""The manifest: what the model folder says about itself, as canonical JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np

from liftgate_training.contract import (
    UNKNOWN_CODE,
    BaselineHead,
    Evidence,
    Feature,
    ModelRecord,
    UpliftHead,
    UpliftModel,
)
from liftgate_training.encode import encode_default
from liftgate_training.golden import json_number
from liftgate_training.graph import INPUT, IR_VERSION, ML_OPSET, OPSET, Graph
from liftgate_training.parity import Parity
from liftgate_training.scores import ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE
from liftgate_training.statistics import statistics

ONNXRUNTIME_MIN = "1.22.0"
"""The first onnxruntime-node whose sessions tell the shapes of their inputs and outputs."""

VOCABULARY_SEPARATOR = "\x1f"

LIBRARIES = ("lightgbm", "scikit-learn", "causalml", "numpy", "onnx")


@dataclass(frozen=True)
class Checked:
    """What the gates found out."""

    graph: Graph
    parity: Parity
    golden: Mapping[str, Any]


def manifest(
    model: UpliftModel, record: ModelRecord, evidence: Evidence, checked: Checked
) -> dict[str, Any]:
    """The manifest but for `files`, which is known once they are written."""
    identity = record.identity
    return {
        "schema": "liftgate.model.v1",
        "name": identity.name,
        "version": identity.version,
        "createdAt": identity.created_at,
        "description": identity.description,
        "expiresAt": identity.expires_at,
        "graph": _graph_json(checked.graph),
        "features": [
            _feature_json(index, feature, evidence) for index, feature in enumerate(model.features)
        ],
        "featureDigest": feature_digest(model.features),
        "actions": list(model.actions),
        "heads": _heads_json(model),
        "replicates": len(model.heads[0].replicates),
        "calibration": {
            head.id: {
                action: model.calibration[head.id][action].to_json() for action in model.actions
            }
            for head in model.heads
        },
        "golden": {
            "file": "golden.json",
            "rows": len(checked.golden["rows"]),
            "tolerance": {"absolute": ABSOLUTE_TOLERANCE, "relative": RELATIVE_TOLERANCE},
        },
        "learner": {**record.learner, "libraries": _libraries()},
        "uncertainty": dict(record.uncertainty),
        "training": dict(record.training),
        "parity": {
            "rows": checked.parity.rows,
            "rowsOverTolerance": checked.parity.rows_over_tolerance,
            "maxAbsolute": checked.parity.max_absolute,
            "onnxruntime": checked.parity.onnxruntime,
        },
        "metrics": dict(record.metrics),
    }


def canonical_json(content: Mapping[str, Any]) -> bytes:
    """Sorted keys, two spaces, a trailing newline; NaN and infinity raise ValueError."""
    text = json.dumps(
        content, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False, default=_plain
    )
    return (text + "\n").encode()


def file_entry(content: bytes) -> dict[str, Any]:
    """A file's hash and size."""
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def feature_digest(features: Sequence[Feature]) -> str:
    """Pins the packed float32 layout: index, name, kind, vocabulary and unknown code in order."""
    lines = []
    for index, feature in enumerate(features):
        unknown = str(int(UNKNOWN_CODE)) if feature.kind == "categorical" else ""
        words = VOCABULARY_SEPARATOR.join(feature.vocabulary)
        lines.append("|".join((str(index), feature.name, feature.kind, words, unknown)) + "\n")
    return "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()


def _graph_json(graph: Graph) -> dict[str, Any]:
    return {
        "file": "model.onnx",
        "input": INPUT,
        "opset": OPSET,
        "mlOpset": ML_OPSET,
        "irVersion": IR_VERSION,
        "onnxruntimeMin": ONNXRUNTIME_MIN,
        "trees": graph.trees,
        "nodes": graph.nodes,
        "estimatedMicrosPerRow": round(graph.micros_per_row, 1),
        "treeOnly": graph.tree_only,
    }


def _feature_json(index: int, feature: Feature, evidence: Evidence) -> dict[str, Any]:
    categorical = feature.kind == "categorical"
    low, high = feature.code_range
    default = encode_default(feature)
    column = evidence.training_rows[:, index].astype(np.float64)
    return {
        "index": index,
        "name": feature.name,
        "kind": feature.kind,
        "source": feature.source,
        "nullable": feature.on_missing == "nan",
        "onMissing": feature.on_missing,
        "default": None if default is None else json_number(default),
        "min": None if categorical else json_number(low),
        "max": None if categorical else json_number(high),
        "vocabulary": list(feature.vocabulary) if categorical else None,
        "unknownCode": int(UNKNOWN_CODE) if categorical else None,
        "unit": feature.unit,
        "description": feature.description,
        "maxAge": feature.max_age,
        "statistics": statistics(feature, column),
    }


def _heads_json(model: UpliftModel) -> list[dict[str, Any]]:
    uplift = [{"kind": head.kind, **_head_json(head)} for head in model.heads]
    baselines = [
        {"kind": "baseline", "of": head.of, **_head_json(head)} for head in model.baselines
    ]
    return uplift + baselines


def _head_json(head: UpliftHead | BaselineHead) -> dict[str, Any]:
    return {
        "id": head.id,
        "label": head.label,
        "outcome": head.outcome,
        "horizonDays": head.horizon_days,
        "unit": head.unit,
    }


def _libraries() -> dict[str, str]:
    versions = {}
    for library in LIBRARIES:
        try:
            versions[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _plain(value: object) -> Any:
    """NumPy scalars and arrays as Python's own."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} {value!r} has no place in JSON")
