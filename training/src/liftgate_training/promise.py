"""What a model folder promises its callers, read back from its manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liftgate_training.contract import Feature

COST_LABEL = "redemptionCost"


@dataclass(frozen=True)
class Promise:
    """Features, actions, and heads as the manifest describes them."""

    name: str
    features: Sequence[Feature]
    actions: Sequence[str]
    heads: Sequence[Mapping[str, Any]]

    @property
    def labels(self) -> dict[str, str]:
        """Head -> the outcome of an export it is fitted on."""
        effects = (head for head in self.heads if head["kind"] != "baseline")
        return {h["id"]: COST_LABEL if h["kind"] == "cost" else h["id"] for h in effects}


def read_promise(folder: Path) -> Promise:
    """Features, actions and heads of a model folder's manifest."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    features = [_feature(each) for each in manifest["features"]]
    return Promise(manifest["name"], features, manifest["actions"], manifest["heads"])


def _feature(entry: Mapping[str, Any]) -> Feature:
    bounds = {name: None if entry[name] is None else float(entry[name]) for name in ("min", "max")}
    is_numeric = entry["kind"] == "numeric"
    return Feature(
        name=entry["name"],
        kind=entry["kind"],
        source=entry["source"],
        on_missing=entry["onMissing"],
        default=entry["default"],
        minimum=bounds["min"] if is_numeric else None,
        maximum=bounds["max"] if is_numeric else None,
        vocabulary=tuple(entry["vocabulary"] or ()),
        unit=entry["unit"],
        description=entry["description"],
        max_age=entry["maxAge"],
    )
