"""The model card's sentences about figures, each chosen by the figure's interval.

A rerun on other data cannot leave a claim behind that its numbers do not carry.
"""

from __future__ import annotations

from collections.abc import Iterable

from liftgate_training import card_tables as tables
from liftgate_training.assess import HEADS, calibration_bins
from liftgate_training.calibration_metrics import ece_if_perfect, expected_calibration_error
from liftgate_training.compare import RIVALS
from liftgate_training.findings import Findings
from liftgate_training.hillstrom import ACTIONS
from liftgate_training.resampling import Draws


def judged(draws: Draws) -> str:
    """The interval in one of three phrases."""
    found = draws.interval()
    if found.low > 0:
        return "credibly above zero"
    return "credibly below zero" if found.high < 0 else "not told apart from zero"


def in_short(findings: Findings) -> str:
    """Ranking and leads, and how many comparisons are credible."""
    qini = [
        f"`{action}`: the order by predicted visit uplift has a Qini coefficient of "
        f"{tables.shown(findings.by_action[action]['visit.qini'])}, "
        f"{judged(findings.by_action[action]['visit.qini'])}."
        for action in ACTIONS
    ]
    middle = findings.terms.levels[len(findings.terms.levels) // 2]
    leads = []
    for rival in RIVALS:
        lead = findings.policies[f"dr.over_{rival}.value_at.{middle:g}"]
        leads.append(
            f"At an estimated spend of {middle:.4f} USD a customer, the lead over "
            f"{tables.POLICY_NAMES[rival]} is {tables.shown(lead)} USD a customer, {judged(lead)}."
        )
    return bullets([*qini, *leads, _overall(findings)])


def _overall(findings: Findings) -> str:
    intervals = [
        findings.policies[f"dr.over_{rival}.value_at.{level:g}"].interval()
        for rival in RIVALS
        for level in findings.terms.levels
    ]
    better = sum(found.low > 0 for found in intervals)
    worse = sum(found.high < 0 for found in intervals)
    return (
        f"Of the {len(intervals)} doubly robust comparisons at equal estimated spend below, "
        f"{better} are credibly in Liftgate's favour, {worse} credibly against it, and "
        f"{len(intervals) - better - worse} cannot be told."
    )


def profit_words(findings: Findings) -> str:
    """Net value over each rival treating everybody."""
    words = []
    for rival in RIVALS:
        lead = findings.policies[f"dr.over_{rival}.net_of_everyone"]
        words.append(
            f"Net value over {tables.POLICY_NAMES[rival]} to everybody: {tables.shown(lead)}, "
            f"{judged(lead)}."
        )
    return bullets(words)


def calibration_words(findings: Findings) -> str:
    """Which heads are off by more than chance allows."""
    off = []
    for name in HEADS:
        for column, action in enumerate(ACTIONS):
            found = calibration_bins(findings.holdout, column, name)
            if expected_calibration_error(found) > ece_if_perfect(found)[1]:
                off.append(f"`{name}` of `{action}`")
    if not off:
        return "No head is off by more than chance allows."
    return f"Off by more than chance allows in 19 of 20 cases: {', '.join(off)}."


def cannot_tell(findings: Findings) -> str:
    """What held-out data do not confirm, and what no split of these data could."""
    silent = []
    for name in HEADS:
        for action in ACTIONS:
            slope = findings.by_action[action][f"{name}.calibrationSlope"]
            if slope.interval().low <= 0:
                silent.append(
                    f"`{action}`, `{name}`: calibration slope {tables.shown(slope, 2)}, so "
                    "differences between customers are not confirmed on held-out data."
                )
    fixed = [
        *(_cost_words(findings, action) for action in ACTIONS),
        "Uncertainty. Replicates show how much the fit would move with other customers; the "
        "calibrators scale that spread, so where a slope below 1 is used the spread shown is "
        "smaller than that of the uncalibrated head.",
        "Time, other retailers, repeated e-mails, and vouchers that change behaviour: nothing here "
        "speaks to them.",
    ]
    return bullets([*silent, *fixed])


def _cost_words(findings: Findings, action: str) -> str:
    draws = findings.by_action[action]["incentive.averageEffect"]
    found = draws.interval()
    width = 100 * (found.high - found.low) / 2 / abs(found.estimate)
    return (
        f"Cost of `{action}`: few customers buy at all, so even its average, "
        f"{tables.shown(draws)} USD, is uncertain by {width:.0f} % either way, and every "
        "comparison at equal estimated spend inherits that."
    )


def bullets(lines: Iterable[str]) -> str:
    """A Markdown list."""
    return "\n".join(f"- {line}" for line in lines)
