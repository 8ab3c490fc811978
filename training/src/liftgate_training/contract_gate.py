"""Gate "contract": names, shapes and completeness, all that a reader of the folder relies on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from liftgate_training.contract import (
    NO_OFFER,
    BundleRefused,
    Evidence,
    Feature,
    Float64s,
    ModelRecord,
    UpliftModel,
)

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
FEATURE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
DURATION = re.compile(r"[1-9][0-9]{0,5}[smhd]")

LEARNER_KEYS = frozenset({"family", "base", "parameters"})
UNCERTAINTY_KEYS = frozenset({"method", "replicates", "unit"})
TRAINING_KEYS = frozenset(
    {
        "data",
        "window",
        "rows",
        "rowsPerArm",
        "assignment",
        "unit",
        "postTreatment",
        "assumptions",
    }
)


def check_contract(model: UpliftModel, record: ModelRecord, evidence: Evidence) -> None:
    """Raises BundleRefused with the first thing that does not fit."""
    _check_names(model)
    _check_identity(record)
    _check_record(model, record)
    _check_heads(model)
    _check_replicates(model)
    _check_calibration(model)
    for rows in (evidence.training_rows, evidence.holdout_rows):
        _check_rows(model, rows)


def _check_names(model: UpliftModel) -> None:
    heads = [*(head.id for head in model.heads), *(head.id for head in model.baselines)]
    features = [feature.name for feature in model.features]
    _check_unique("action", model.actions, SLUG)
    _check_unique("head", heads, SLUG)
    _check_unique("feature", features, FEATURE_NAME)
    if NO_OFFER in model.actions:
        _refuse(f"{NO_OFFER} is an action; leave it out, its uplift is zero")
    for feature in model.features:
        if feature.max_age is not None and not DURATION.fullmatch(feature.max_age):
            _refuse(f"feature {feature.name}: max_age {feature.max_age!r}; write it as 30s, 5m, 7d")


def _check_unique(what: str, names: Iterable[str], pattern: re.Pattern[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if not pattern.fullmatch(name):
            _refuse(f"{what} {name!r} is not a name; it must match {pattern.pattern}")
        if name in seen:
            _refuse(f"{what} {name!r} stands twice; each must be unique")
        seen.add(name)


def _check_identity(record: ModelRecord) -> None:
    identity = record.identity
    if not SLUG.fullmatch(identity.name):
        _refuse(f"model name {identity.name!r}; it must match {SLUG.pattern}")
    if not VERSION.fullmatch(identity.version):
        _refuse(f"version {identity.version!r}; it must match {VERSION.pattern}")
    for instant in (identity.created_at, identity.expires_at):
        if instant is not None and not INSTANT.fullmatch(instant):
            _refuse(f"time {instant!r}; write it as 2026-11-21T00:00:00Z")


def _check_record(model: UpliftModel, record: ModelRecord) -> None:
    _check_keys("learner", record.learner, LEARNER_KEYS)
    _check_keys("uncertainty", record.uncertainty, UNCERTAINTY_KEYS)
    absent = sorted(TRAINING_KEYS - set(record.training))
    if absent:
        _refuse(f"training has no {', '.join(absent)}; give each, window may be None")
    for head in model.heads:
        if not 0 < len(head.replicates) == record.uncertainty["replicates"]:
            _refuse(
                f"uncertainty says {record.uncertainty['replicates']} replicates, "
                f"head {head.id} has {len(head.replicates)}; all need the same number, above 0"
            )


def _check_keys(what: str, content: Mapping[str, object], keys: frozenset[str]) -> None:
    if set(content) != keys:
        _refuse(f"{what} has the keys {sorted(content)}; it needs exactly {sorted(keys)}")


def _check_heads(model: UpliftModel) -> None:
    heads = {head.id for head in model.heads}
    if not any(head.kind == "value" for head in model.heads):
        _refuse("there is no value head; at least one is needed")
    for baseline in model.baselines:
        if baseline.of not in heads:
            _refuse(f"baseline {baseline.id} is of {baseline.of!r}, which is no head")


def _check_replicates(model: UpliftModel) -> None:
    for head in model.heads:
        for number, replicate in enumerate(head.replicates):
            absent = [action for action in model.actions if action not in replicate]
            if absent:
                _refuse(f"head {head.id} replicate {number} has no {', '.join(absent)}")


def _check_calibration(model: UpliftModel) -> None:
    for head in model.heads:
        for action in model.actions:
            calibrator = model.calibration.get(head.id, {}).get(action)
            if calibrator is None:
                _refuse(f"head {head.id}, action {action}: no calibrator; use Identity")
            elif calibrator.to_json().get("slope", 0.0) < 0.0:
                _refuse(
                    f"head {head.id}, action {action}: a negative slope turns the order round; "
                    "a calibrator must not decrease",
                )


def _check_rows(model: UpliftModel, rows: npt.NDArray[np.generic]) -> None:
    width = len(model.features)
    if rows.dtype != np.float32 or rows.ndim != 2 or rows.shape[1] != width or not len(rows):
        _refuse(
            f"rows are {rows.dtype} {rows.shape}; give encode(...)'s float32 [rows > 0, {width}]",
        )
    for index, feature in enumerate(model.features):
        column = rows[:, index].astype(np.float64)
        present = column[~np.isnan(column)]
        if feature.on_missing != "nan" and len(present) < len(column):
            _refuse(
                f"feature {feature.name} has missing rows but on_missing is {feature.on_missing!r}",
            )
        _check_range(feature, present)


def _check_range(feature: Feature, present: Float64s) -> None:
    low, high = feature.code_range
    if len(present) and (present.min() < low or present.max() > high):
        _refuse(
            f"feature {feature.name}: rows reach from {present.min():g} to {present.max():g}, "
            f"outside the allowed {low:g} to {high:g}",
        )


def _refuse(reason: str) -> NoReturn:
    raise BundleRefused("contract", reason)
