"""What is said of a model that was fitted on logged decisions: manifest and card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from liftgate_training.contract import NO_OFFER, AverageEffect
from liftgate_training.decision_log import MONEY_LABELS, LoggedDecisions
from liftgate_training.hillstrom import file_sha256
from liftgate_training.promise import Promise

Z_95 = 1.959963984540054
Effects = Mapping[str, Mapping[str, AverageEffect]]


def training_json(
    data: Path, decisions: LoggedDecisions, sizes: tuple[int, int], promise: Promise
) -> dict[str, Any]:
    """`sizes` are decisions to train on and held out."""
    arms = (NO_OFFER, *promise.actions)
    counts = {arm: int((decisions.action == arm).sum()) for arm in arms}
    return {
        "data": {
            "name": "logged decisions",
            "file": data.name,
            "sha256": file_sha256(data),
            "rows": len(decisions),
        },
        "window": None,
        "rows": {"train": sizes[0], "holdout": sizes[1]},
        "rowsPerArm": counts,
        "assignment": {
            "kind": "randomized",
            "probabilities": {arm: count / len(decisions) for arm, count in counts.items()},
        },
        "unit": "unit",
        "postTreatment": sorted({*MONEY_LABELS, *promise.labels.values()}),
        "assumptions": [
            "assignment: every decision was drawn with the propensity in the log, and is weighed "
            "by its inverse; the probabilities above are the shares of the decisions",
            "spillover: one unit's offer does not change another's outcome (SUTVA)",
        ],
    }


def metrics_json(effects: Effects) -> dict[str, Any]:
    """Average effects on held-out units with 95 % intervals."""
    actions: dict[str, dict[str, Any]] = {}
    for head, by_action in effects.items():
        for action, effect in by_action.items():
            half = Z_95 * effect.standard_error
            actions.setdefault(action, {})[f"{head}.averageEffect"] = {
                "estimate": effect.estimate,
                "low": effect.estimate - half,
                "high": effect.estimate + half,
            }
    return {"actions": actions}


def card(name: str, version: str, data: Path, effects: Effects) -> str:
    """The average effects in words."""
    rows = [
        f"| {head} | {action} | {effect.estimate:.6g} | {effect.standard_error:.3g} |"
        for head, by_action in effects.items()
        for action, effect in by_action.items()
    ]
    lines = [
        f"# {name} {version}",
        "",
        f"Fitted on the logged decisions of `{data.name}`, each weighed by 1/propensity.",
        "Average effects against no_offer on held-out units, from the draws alone:",
        "",
        "| head | action | effect | standard error |",
        "|---|---|---|---|",
        *rows,
    ]
    return "\n".join(lines) + "\n"
