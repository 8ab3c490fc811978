"""The model card's tables, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from liftgate_training.assess import HEADS, SHARES, calibration_bins, rank_stability
from liftgate_training.calibration_metrics import (
    ece_if_perfect,
    expected_calibration_error,
    monotonicity_violations,
)
from liftgate_training.compare import READINGS, RIVALS
from liftgate_training.findings import Findings
from liftgate_training.hillstrom import ACTIONS
from liftgate_training.hillstrom_contract import features
from liftgate_training.resampling import Draws

POLICY_NAMES = {
    "random": "random",
    "best_email": "best e-mail",
    "responders": "likeliest to visit",
}
READING_NAMES = {
    "dr": "estimated, doubly robust",
    "ips": "estimated, IPS",
    "charged": "as predicted (charged)",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def shown(draws: Draws, digits: int = 3) -> str:
    """`estimate [low, high]`."""
    found = draws.interval()
    return f"{found.estimate:.{digits}f} [{found.low:.{digits}f}, {found.high:.{digits}f}]"


def feature_table(findings: Findings) -> str:
    """Every feature with its kind and allowed values."""
    rows = []
    for feature in features(findings.training):
        allowed = {
            "numeric": f"{feature.minimum:,g} to {feature.maximum:,g} {feature.unit}".replace(
                "1e+06", "1,000,000"
            )
            if feature.kind == "numeric"
            else "",
            "boolean": "true, false",
            "categorical": "; ".join(f"`{word}`" for word in feature.vocabulary),
        }[feature.kind]
        rows.append([f"`{feature.name}`", feature.kind, allowed, feature.description])
    return table(["feature", "kind", "allowed", "meaning"], rows)


def trial_table(findings: Findings) -> str:
    """Every shape tried, with its out-of-fold gain over a constant effect."""
    rows = []
    for name, head in findings.trained.heads.items():
        for trial in head.trials:
            mark = "chosen" if trial.shape == head.shapes.effect else ""
            shape = trial.shape
            gain = f"{trial.gain_over_constant:.3g} ({trial.standard_error:.2g})"
            rows.append(
                [
                    name,
                    f"{shape.trees}",
                    f"{shape.leaves}",
                    f"{shape.customers_per_leaf}",
                    gain,
                    mark,
                ]
            )
    head_line = ["head", "trees", "leaves", "customers a leaf", "gain over constant (SE)", ""]
    return table(head_line, rows)


def effect_table(findings: Findings) -> str:
    """Average effects by difference of arms on the held-out part."""
    rows = [
        [name, *(shown(findings.by_action[action][f"{name}.averageEffect"]) for action in ACTIONS)]
        for name in HEADS
    ]
    return table(["average effect on", *ACTIONS], rows)


def ranking_table(findings: Findings) -> str:
    """How well each action's score orders customers."""
    names = {
        "visit.qini": "Qini coefficient (0 random, 1 perfect)",
        "visit.auuc": "AUUC (0 random, 1 perfect)",
        "visit.aucc": "AUCC (0.5 random)",
        "spend.excessArea": "spend: area over random, USD a customer",
        **{f"visit.upliftAt.{k:g}": f"visit uplift in the top {100 * k:g} %" for k in SHARES},
    }
    rows = [
        [text, *(shown(findings.by_action[action][name]) for action in ACTIONS)]
        for name, text in names.items()
    ]
    return table(["held out", *ACTIONS], rows)


def calibration_table(findings: Findings) -> str:
    """Predicted against observed effects, head by head."""
    rows = []
    for name in HEADS:
        for column, action in enumerate(ACTIONS):
            found = calibration_bins(findings.holdout, column, name)
            draws = findings.by_action[action]
            mean, limit = ece_if_perfect(found)
            falls, credible = monotonicity_violations(found)
            stability = rank_stability(findings.holdout, name, column)
            rows.append(
                [
                    f"{name}, {action}",
                    shown(draws[f"{name}.calibrationSlope"], 2),
                    shown(draws[f"{name}.calibrationIntercept"]),
                    f"{expected_calibration_error(found):.4f}",
                    f"{mean:.4f}, {limit:.4f}",
                    f"{falls} ({credible})",
                    "none" if stability is None else f"{stability:.2f}",
                ]
            )
    head = [
        "head, action",
        "slope",
        "intercept",
        "ECE",
        "ECE by chance: mean, 95 %",
        "falls (credible)",
        "rank stability",
    ]
    return table(head, rows)


def fitted_table(findings: Findings) -> str:
    """The calibrators and the out-of-fold slopes behind them."""
    rows = []
    for name in HEADS:
        for action in ACTIONS:
            found = findings.trained.heads[name].calibrations[action]
            kind = str(found.calibrator.to_json()["kind"])
            estimated = f"{found.slope:.2f} ({found.slope_error:.2f})"
            kept = f"{found.kept_slope:.2f}" if kind == "linear" else "as fitted"
            rows.append([f"{name}, {action}", estimated, kind, kept])
    return table(["head, action", "out-of-fold slope (SE)", "calibrator", "slope used"], rows)


def spend_table(findings: Findings) -> str:
    """Value at equal spend, and Liftgate's lead over each rival, for every reading of spend."""
    rows = []
    for reading in READINGS:
        for level in findings.terms.levels:
            at = f"value_at.{level:g}"
            rows.append(
                [
                    READING_NAMES[reading],
                    f"{level:.4f}",
                    shown(findings.policies[f"{reading}.liftgate.{at}"]),
                    *(shown(findings.policies[f"{reading}.over_{rival}.{at}"]) for rival in RIVALS),
                ]
            )
    leads = [f"lead over {POLICY_NAMES[rival]}" for rival in RIVALS]
    return table(["spend read", "spend", "Liftgate's value", *leads], rows)


def profit_table(findings: Findings) -> str:
    """Value, spend and net value without a budget, doubly robust."""
    figures = findings.policies
    rows = [
        [
            "Liftgate, net > 0",
            *(shown(figures[f"dr.unconstrained.{name}"]) for name in ("value", "spend", "net")),
        ]
    ]
    for rival in RIVALS:
        cells = [
            shown(figures[f"dr.{rival}.everyone_{name}"]) for name in ("value", "spend", "net")
        ]
        rows.append([f"{POLICY_NAMES[rival]}, everybody", *cells])
    return table(["policy", "value", "spend", "net"], rows)
