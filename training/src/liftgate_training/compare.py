"""The policies put side by side on held-out customers at the same spend.

    liftgate      hull steps by predicted efficiency, or everybody with net = V - k > 0
    random        one of the e-mails at random, to a random share of customers
    best e-mail   the single e-mail with the higher average net value on TRAIN, to a random share
    responders    the e-mail with the higher predicted response mu_a, highest response first: who is
                  likely to visit, not whom the e-mail moves (the correlational baseline)

Value is held-out incremental visits in money, spend is incentive plus fee, both per customer of the
whole population. Spend is read three ways: `dr` (doubly robust value and spend), `ips` (no model in
either), `charged` (doubly robust value, spend as predicted, which is what a budget ledger would
reserve). Differences are paired: same resamples, and same spend within each resample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from liftgate_training.assess import Holdout
from liftgate_training.hillstrom import ACTIONS, EMAIL_FEE_USD, Floats
from liftgate_training.policy_value import (
    Path,
    Scores,
    Steps,
    chosen_steps,
    follow,
    hull_steps,
    ranked_steps,
    uniform_mix,
)
from liftgate_training.pseudo_outcomes import ips_scores
from liftgate_training.resampling import Draws, bootstrap

READINGS = ("dr", "ips", "charged")
RIVALS = ("random", "best_email", "responders")


@dataclass(frozen=True)
class Terms:
    """What was settled on the training part: money per visit, best e-mail's column, spend levels.

    `levels` are USD per customer of the whole population; `derived_value` is the unrounded figure
    behind `value_per_visit`.
    """

    value_per_visit: float
    best_email: int
    levels: Sequence[float]
    derived_value: float


def compare(holdout: Holdout, terms: Terms, resamples: int) -> dict[str, Draws]:
    """Every policy figure as `reading.policy.figure`, leads as `reading.over_rival.figure`."""
    steps = _steps(holdout, terms)
    readings = {reading: _scores(holdout, terms, reading) for reading in READINGS}

    def statistic(weights: Floats) -> dict[str, Floats]:
        figures: dict[str, Floats] = {}
        for reading, scores in readings.items():
            found = _figures(_paths(steps, scores, terms, weights), terms)
            figures |= {f"{reading}.{name}": values for name, values in found.items()}
        return figures

    return bootstrap(statistic, len(holdout.customers), resamples, "policies")


def treated_shares(holdout: Holdout, terms: Terms) -> dict[str, float]:
    """Share of customers the unconstrained policy gives each action, and no_offer."""
    net = terms.value_per_visit * holdout.predicted["visit"] - holdout.cost
    best = np.where(net.max(axis=1) > 0, net.argmax(axis=1), -1)
    shares = {action: float(np.mean(best == column)) for column, action in enumerate(ACTIONS)}
    return {"no_offer": float(np.mean(best == -1)), **shares}


def spend_curves(holdout: Holdout, terms: Terms) -> dict[str, Path]:
    """The value-spend path of every policy on held-out customers, doubly robust."""
    scores = _scores(holdout, terms, "dr")
    weights = np.ones((1, len(holdout.customers)))
    paths = _paths(_steps(holdout, terms), scores, terms, weights)
    return {name: path for name, path in paths.items() if name != "unconstrained"}


def _steps(holdout: Holdout, terms: Terms) -> dict[str, Steps]:
    value = terms.value_per_visit * holdout.predicted["visit"]
    response = holdout.response
    return {
        "liftgate": hull_steps(value, holdout.cost),
        "unconstrained": chosen_steps(value - holdout.cost),
        "responders": ranked_steps(response.max(axis=1), response.argmax(axis=1)),
    }


def _scores(holdout: Holdout, terms: Terms, reading: str) -> Scores:
    customers = holdout.customers
    if reading == "ips":
        visits, incentive = (
            ips_scores(customers.outcomes[name], customers.arm, len(ACTIONS))
            for name in ("visit", "incentive")
        )
        return Scores(terms.value_per_visit * visits, incentive + EMAIL_FEE_USD)
    value = terms.value_per_visit * holdout.pseudo["visit"]
    if reading == "charged":
        return Scores(value, holdout.cost)
    return Scores(value, holdout.pseudo["incentive"] + EMAIL_FEE_USD)


def _paths(
    steps: dict[str, Steps], scores: Scores, terms: Terms, weights: Floats
) -> dict[str, Path]:
    alone = np.eye(len(ACTIONS))[terms.best_email]
    evenly = np.full(len(ACTIONS), 1 / len(ACTIONS))
    followed = {name: follow(moves, scores, weights) for name, moves in steps.items()}
    return {
        **followed,
        "random": uniform_mix(evenly, scores, weights),
        "best_email": uniform_mix(alone, scores, weights),
    }


def _figures(paths: dict[str, Path], terms: Terms) -> dict[str, Floats]:
    value, spend = paths["unconstrained"].end()
    figures = {
        "unconstrained.value": value,
        "unconstrained.spend": spend,
        "unconstrained.net": value - spend,
    }
    for rival in RIVALS:
        figures[f"{rival}.value_at_same_spend"] = paths[rival].value_at(spend)
        everyone_value, everyone_spend = paths[rival].end()
        figures[f"{rival}.everyone_value"] = everyone_value
        figures[f"{rival}.everyone_spend"] = everyone_spend
        figures[f"{rival}.everyone_net"] = everyone_value - everyone_spend
        figures[f"over_{rival}.value_at_same_spend"] = value - paths[rival].value_at(spend)
        figures[f"over_{rival}.net_of_everyone"] = value - spend - everyone_value + everyone_spend
    for level in terms.levels:
        at = np.full(len(spend), level)
        budgeted = paths["liftgate"].value_at(at)
        figures[f"liftgate.value_at.{level:g}"] = budgeted
        for rival in RIVALS:
            rival_value = paths[rival].value_at(at)
            figures[f"{rival}.value_at.{level:g}"] = rival_value
            figures[f"over_{rival}.value_at.{level:g}"] = budgeted - rival_value
    return figures
