"""Re-verifies a model folder as a reader would: nothing here knows how the model was made.

Manifest against its JSON Schema; every file's hash and size; the feature digest; golden rows
encoded bit by bit, scored by ONNX Runtime within tolerance, in a batch as alone, with the same best
action.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from liftgate_training.contract import (
    NO_OFFER,
    Calibrator,
    Feature,
    Float32Rows,
    Identity,
    Isotonic,
    Linear,
)
from liftgate_training.encode import encode
from liftgate_training.manifest import feature_digest
from liftgate_training.scores import Runtime, Scores

SCHEMAS = {
    "manifest.json": "model-manifest.schema.json",
    "golden.json": "model-golden.schema.json",
}


def check_bundle(folder: Path, schemas: Path | None) -> list[str]:
    """The faults found, in words; none means the folder is good.

    A folder that breaks its schema is not read further, nor one whose files are not those listed.
    `schemas` is the directory of the JSON Schemas, None to go without them.
    """
    manifest = _read_json(folder / "manifest.json")
    if manifest.get("schema") != "liftgate.model.v1":
        return [f"manifest.json: schema is {manifest.get('schema')!r}, not 'liftgate.model.v1'"]
    faults = [] if schemas is None else list(_schema_faults(folder, schemas))
    faults = faults or list(_file_faults(folder, manifest["files"]))
    if faults:
        return faults
    features = [_feature(entry) for entry in manifest["features"]]
    if feature_digest(features) != manifest["featureDigest"]:
        faults.append("manifest.json: featureDigest does not match the features")
    golden = _read_json(folder / manifest["golden"]["file"])
    return faults + list(_golden_faults(folder, manifest, features, golden["rows"]))


def _schema_faults(folder: Path, schemas: Path) -> Iterator[str]:
    import jsonschema  # noqa: PLC0415  an optional extra, needed only to check

    for name, schema in SCHEMAS.items():
        validator = jsonschema.Draft202012Validator(_read_json(schemas / schema))
        for error in validator.iter_errors(_read_json(folder / name)):
            yield f"{name}: {error.json_path}: {error.message}"


def _file_faults(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    for name in sorted(found - set(files) - {"manifest.json"}):
        yield f"{name}: not listed in the manifest"
    for name, entry in files.items():
        if name not in found:
            yield f"{name}: listed in the manifest, but missing"
            continue
        content = (folder / name).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest != entry["sha256"] or len(content) != entry["bytes"]:
            yield f"{name}: sha256 {digest}, {len(content)} bytes; the manifest says otherwise"


def _golden_faults(
    folder: Path, manifest: Mapping[str, Any], features: list[Feature], rows: list[dict[str, Any]]
) -> Iterator[str]:
    if len(rows) != manifest["golden"]["rows"]:
        yield f"golden.json: {len(rows)} rows; the manifest says {manifest['golden']['rows']}"
    encoded = encode([row["raw"] for row in rows], features)
    written = np.array([[_number(value) for value in row["encoded"]] for row in rows])
    if encoded.tobytes() != written.astype(np.float32).tobytes():
        yield "golden.json: raw rows do not encode to the float32 values beside them"
    runtime = Runtime((folder / manifest["graph"]["file"]).read_bytes())
    batch = runtime.scores(encoded)
    for index, row in enumerate(rows):
        yield from _row_faults(index, row, batch, manifest)
        yield from _alone_faults(index, encoded, batch, runtime)


def _row_faults(
    index: int, row: Mapping[str, Any], batch: Scores, manifest: Mapping[str, Any]
) -> Iterator[str]:
    tolerance = manifest["golden"]["tolerance"]
    for head, outputs in row["outputs"].items():
        expected = np.array(outputs, dtype=np.float64)
        allowed = np.maximum(tolerance["absolute"], tolerance["relative"] * np.abs(expected))
        if not np.all(np.abs(batch[head][index] - expected) <= allowed):
            yield f"golden row {index}: head {head} is over tolerance"
    best = _best_action(index, batch, manifest)
    if best != row["bestAction"] and not row["nearTie"]:
        yield f"golden row {index}: the graph decides {best}, expected {row['bestAction']}"


def _alone_faults(
    index: int, encoded: Float32Rows, batch: Scores, runtime: Runtime
) -> Iterator[str]:
    for head, scores in runtime.scores(encoded[index : index + 1]).items():
        if not np.array_equal(scores[0], batch[head][index]):
            yield f"golden row {index}: head {head} differs alone and in a batch"


def _best_action(index: int, batch: Scores, manifest: Mapping[str, Any]) -> str:
    head = next(head["id"] for head in manifest["heads"] if head["kind"] == "value")
    calibrators = manifest["calibration"][head]
    values = [
        float(_calibrator(calibrators[action]).apply(batch[head][index, column].mean()))
        for column, action in enumerate(manifest["actions"])
    ]
    best = int(np.argmax(values))
    return str(manifest["actions"][best]) if values[best] > 0 else NO_OFFER


def _calibrator(entry: Mapping[str, Any]) -> Calibrator:
    if entry["kind"] == "linear":
        return Linear(entry["intercept"], entry["slope"])
    if entry["kind"] == "isotonic":
        return Isotonic(tuple(entry["x"]), tuple(entry["y"]))
    return Identity()


def _feature(entry: Mapping[str, Any]) -> Feature:
    return Feature(
        name=entry["name"],
        kind=entry["kind"],
        source=entry["source"],
        on_missing=entry["onMissing"],
        default=entry["default"],
        minimum=entry["min"],
        maximum=entry["max"],
        vocabulary=tuple(entry["vocabulary"] or ()),
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _read_json(path: Path) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise ValueError(f"{path}: {constant} is not JSON")

    content = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected an object, found {type(content).__name__}")
    return content
