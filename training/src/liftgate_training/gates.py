"""The gates on what the model claims: pre-treatment, identification, scale, limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NoReturn

from liftgate_training.contract import (
    NO_OFFER,
    BundleRefused,
    Evidence,
    Float64s,
    Limits,
    ModelRecord,
    UpliftModel,
)
from liftgate_training.graph import Graph
from liftgate_training.scores import calibrated, original_scores

STANDARD_ERRORS = 3.0


def check_pre_treatment(model: UpliftModel, record: ModelRecord) -> None:
    """No feature is an outcome or anything else that exists only after the treatment."""
    after = {head.outcome.lower() for head in model.heads}
    after |= {head.outcome.lower() for head in model.baselines}
    after |= {name.lower() for name in record.training["postTreatment"]}
    leaks = [feature.name for feature in model.features if feature.name.lower() in after]
    if leaks:
        _refuse(
            "pre-treatment",
            f"features {', '.join(leaks)} are outcomes or post-treatment; leave them out",
        )


def check_identification(model: UpliftModel, record: ModelRecord) -> None:
    """The effect is identified: randomized with known probabilities, or argued for and refuted."""
    assignment = record.training["assignment"]
    if assignment.get("kind") == "randomized":
        _check_probabilities(model, assignment.get("probabilities", {}))
        return
    missing = [key for key in ("graph", "adjustmentSet", "refutations") if not assignment.get(key)]
    if missing:
        _refuse(
            "identification",
            f"assignment is {assignment.get('kind')!r}; give kind 'randomized' with probabilities, "
            f"or also {', '.join(missing)}",
        )
    failed = [each["name"] for each in assignment["refutations"] if each["passed"] is not True]
    if failed:
        _refuse("identification", f"refutations {', '.join(failed)} did not pass; all must")


def check_scale(model: UpliftModel, evidence: Evidence) -> None:
    """On held-out rows the mean value of each head and action is within 3 SE of its ATE."""
    scores = original_scores(model, evidence.holdout_rows)
    for head in model.heads:
        values = calibrated(model, head.id, scores[head.id].mean(axis=2))
        for column, action in enumerate(model.actions):
            _check_mean(head.id, action, values[:, column], evidence)


def check_limits(graph: Graph, limits: Limits) -> None:
    """Prints the estimate, then refuses a graph that is too slow or too large to serve."""
    mb = len(graph.content) / 1e6
    print(
        f"model.onnx: {graph.trees} trees, {graph.nodes} nodes, {mb:.2f} MB, "
        f"estimated {graph.micros_per_row:.1f} us a row"
    )
    if graph.micros_per_row > limits.max_micros_per_row:
        _refuse(
            "limits",
            f"an estimated {graph.micros_per_row:.1f} us a row is above "
            f"{limits.max_micros_per_row:g}; fit fewer or shallower trees, or fewer replicates",
        )
    if mb > limits.max_mb:
        _refuse("limits", f"{mb:.1f} MB is above {limits.max_mb:g}; fit fewer or smaller trees")


def _check_probabilities(model: UpliftModel, probabilities: Mapping[str, float]) -> None:
    absent = [arm for arm in (NO_OFFER, *model.actions) if not probabilities.get(arm, 0.0) > 0.0]
    if absent:
        _refuse(
            "identification", f"no probability above 0 for {', '.join(absent)}; give each arm's"
        )
    total = math.fsum(probabilities.values())
    if abs(total - 1.0) > 1e-6:
        _refuse("identification", f"the assignment probabilities sum to {total:.6g}, not to 1")


def _check_mean(head: str, action: str, values: Float64s, evidence: Evidence) -> None:
    effect = evidence.holdout_effects.get(head, {}).get(action)
    if effect is None:
        _refuse("scale", f"head {head}, action {action}: give its average effect on held-out rows")
    mean = float(values.mean())
    if not abs(mean - effect.estimate) <= STANDARD_ERRORS * effect.standard_error + 1e-9:
        _refuse(
            "scale",
            f"head {head}, action {action}: the mean value {mean:.6g} is not within 3 standard "
            f"errors of the average effect {effect.estimate:.6g} (SE {effect.standard_error:.3g}); "
            "calibrate the head, or fit it on the right outcome",
        )


def _refuse(gate: str, reason: str) -> NoReturn:
    raise BundleRefused(gate, reason)
