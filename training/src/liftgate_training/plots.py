"""The card's figures as SVG: deterministic bytes, and readable in black and white."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from liftgate_training.assess import calibration_bins
from liftgate_training.compare import RIVALS, spend_curves
from liftgate_training.findings import Findings
from liftgate_training.hillstrom import ACTIONS, Integers
from liftgate_training.uplift_metrics import Comparison, qini_curve

NAMES = {
    "liftgate": "Liftgate, by efficiency",
    "random": "random e-mail, random customers",
    "best_email": "best single e-mail, random customers",
    "responders": "likeliest to visit first",
}
LINES = {"liftgate": "-", "random": ":", "best_email": "-.", "responders": "--"}
CURVE_POINTS = 200
STYLE: Any = {
    "svg.hashsalt": "liftgate",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=["black"]),
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


def render_plots(findings: Findings) -> dict[str, bytes]:
    """File name to SVG bytes."""
    return {
        "qini.svg": _qini(findings),
        "cost-curve.svg": _cost_curve(findings),
        "calibration-visit.svg": _calibration(findings, "visit", "visits per customer"),
        "calibration-incentive.svg": _calibration(findings, "incentive", "USD per customer"),
        "policy-value.svg": _policy_value(findings),
    }


def _qini(findings: Findings) -> bytes:
    with _figure(2) as (figure, axes):
        for column, action in enumerate(ACTIONS):
            _qini_panel(axes[column], findings, column)
            draws = findings.by_action[action]["visit.qini"].interval()
            axes[column].set_title(
                f"{action}\nQini {draws.estimate:.3f} [{draws.low:.3f}, {draws.high:.3f}]"
            )
        axes[0].set_ylabel("extra visits per 1,000 customers")
        return _svg(figure)


def _qini_panel(axis: Axes, findings: Findings, column: int) -> None:
    customers = findings.holdout.customers
    pair = np.flatnonzero((customers.arm == 0) | (customers.arm == column + 1))
    treated = (customers.arm[pair] > 0).astype(np.float64)
    score = findings.holdout.predicted["visit"][pair, column]
    data = Comparison(score, treated, customers.outcomes["visit"][pair])
    curve = qini_curve(data, np.ones((1, len(pair))))
    shown = _thinned(curve.x.shape[1])
    x, y = curve.x[0][shown] / len(pair), 1000 * curve.y[0][shown] / treated.sum()
    axis.plot(100 * x, y, "-", label="by predicted uplift")
    axis.plot([0, 100], [0, y[-1]], ":", label="random order")
    axis.set_xlabel("customers by falling score, %")
    axis.legend(loc="lower right")


def _cost_curve(findings: Findings) -> bytes:
    with _figure(1) as (figure, axes):
        for name, path in spend_curves(findings.holdout, findings.terms).items():
            spend = np.maximum.accumulate(path.spend[0])
            shown = _thinned(len(spend))
            axes[0].plot(spend[shown], path.value[0][shown], LINES[name], label=NAMES[name])
        axes[0].set_xlabel("spend, USD per customer")
        axes[0].set_ylabel("value, USD per customer")
        axes[0].set_title("Held-out value against spend (doubly robust)")
        axes[0].legend(loc="lower right")
        return _svg(figure)


def _calibration(findings: Findings, name: str, unit: str) -> bytes:
    with _figure(2) as (figure, axes):
        for column, action in enumerate(ACTIONS):
            found = calibration_bins(findings.holdout, column, name)
            predicted = [item.predicted for item in found]
            observed = [item.observed for item in found]
            errors = [1.96 * item.standard_error for item in found]
            ends = [min(predicted), max(predicted)]
            axes[column].errorbar(predicted, observed, errors, fmt="o", ms=4, lw=1, capsize=2)
            axes[column].plot(ends, ends, "--", lw=1, label="perfect calibration")
            axes[column].set_title(action)
            axes[column].set_xlabel(f"predicted, {unit}")
            axes[column].legend(loc="upper left")
        axes[0].set_ylabel(f"observed, {unit} (95 %)")
        return _svg(figure)


def _policy_value(findings: Findings) -> bytes:
    with _figure(1) as (figure, axes):
        levels = findings.terms.levels
        for offset, rival in enumerate(RIVALS):
            found = [
                findings.policies[f"dr.over_{rival}.value_at.{level:g}"].interval()
                for level in levels
            ]
            middle = np.array([item.estimate for item in found])
            sides = np.array([[m - i.low, i.high - m] for m, i in zip(middle, found, strict=True)])
            places = np.arange(len(levels)) + 0.2 * (offset - 1)
            axes[0].errorbar(
                places,
                middle,
                sides.T,
                fmt="so^"[offset],
                mfc="white",
                capsize=3,
                label=f"over: {NAMES[rival]}",
            )
        axes[0].axhline(0, lw=0.8, ls=":")
        axes[0].set_xticks(np.arange(len(levels)), [f"{level:.3f}" for level in levels])
        axes[0].set_xlabel("spend, USD per customer")
        axes[0].set_ylabel("extra value, USD per customer (95 %)")
        axes[0].set_title("Liftgate over each rival at equal spend")
        figure.legend(loc="outside lower center", fontsize=8)
        return _svg(figure)


def _thinned(points: int) -> Integers:
    return np.unique(np.linspace(0, points - 1, CURVE_POINTS).astype(np.int64))


@contextmanager
def _figure(panels: int) -> Iterator[tuple[Figure, list[Axes]]]:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.6 * panels if panels > 1 else 5.4, 3.4))
        yield figure, list(np.atleast_1d(figure.subplots(1, panels)))


def _svg(figure: Figure) -> bytes:
    target = io.BytesIO()
    figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    return target.getvalue()
