"""Writes a model folder, after every gate has passed, all of it or nothing."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from liftgate_training import gates
from liftgate_training.contract import BundleRefused, Evidence, ModelRecord, UpliftModel
from liftgate_training.contract_gate import check_contract
from liftgate_training.golden import check_golden
from liftgate_training.graph import build_graph
from liftgate_training.manifest import Checked, canonical_json, file_entry, manifest
from liftgate_training.parity import check_parity
from liftgate_training.probes import prober

PLOT_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*\.svg")


def write_bundle(
    folder: Path, model: UpliftModel, record: ModelRecord, evidence: Evidence
) -> dict[str, Any]:
    """Writes `folder`/{model.onnx, manifest.json, golden.json, card.md, plots/}.

    Returns the manifest. Raises BundleRefused when a gate refuses, UnsupportedModel when a model
    cannot be exported exactly, FileExistsError when the folder is there: a version never changes.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists; a version is written once, give a new version")
    checked = _check(model, record, evidence)
    files = _files(record, checked)
    content = manifest(model, record, evidence, checked)
    content["files"] = {name: file_entry(each) for name, each in files.items()}
    _write_atomically(folder, {**files, "manifest.json": canonical_json(content)})
    return content


def _check(model: UpliftModel, record: ModelRecord, evidence: Evidence) -> Checked:
    """Every gate, the cheap ones first."""
    check_contract(model, record, evidence)
    gates.check_pre_treatment(model, record)
    gates.check_identification(model, record)
    graph = build_graph(model)
    gates.check_limits(graph, evidence.limits)
    gates.check_scale(model, evidence)
    source = prober(tuple(model.features), graph, evidence.training_rows, evidence.seed)
    return Checked(graph, check_parity(model, graph, source), check_golden(model, graph, source))


def _files(record: ModelRecord, checked: Checked) -> dict[str, bytes]:
    for name in record.plots:
        if not PLOT_NAME.fullmatch(name):
            raise BundleRefused("contract", f"plot {name!r}: give a plain file name ending in .svg")
    return {
        "model.onnx": checked.graph.content,
        "golden.json": canonical_json(checked.golden),
        "card.md": record.card.encode(),
        **{f"plots/{name}": content for name, content in sorted(record.plots.items())},
    }


def _write_atomically(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes a sibling folder and renames it, so that a reader sees a whole folder or none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name, content in files.items():
            path = draft / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        draft.chmod(0o755)
        os.rename(draft, folder)
    except BaseException:
        shutil.rmtree(draft)
        raise
