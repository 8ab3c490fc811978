"""Held-out value of policies at equal spend, by per-customer unbiased scores.

A policy family is a path: customers move, one step at a time, from no_offer to an action (or from
one action to a dearer one) in a fixed order. Along the path the incremental value and spend per
customer are running means of pseudo-outcomes (pseudo_outcomes.py), so both are unbiased at every
step, and the value at a spend is read off by linear interpolation, which is what drawing at random
between two neighbouring steps would earn.

Families: `liftgate`, steps of each customer's upper convex hull of (cost, value) by falling
efficiency (the LP relaxation of the multiple-choice knapsack, Sinha and Zoltners 1979); `ranked`,
one action per customer by a score; `uniform_mix`, everybody alike, thinned at random: a straight
line. Limits: the estimated spend may step backwards; its running maximum is used as the axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from liftgate_training.hillstrom import Floats, Integers


@dataclass(frozen=True)
class Steps:
    """Moves in order: `rows[i]` goes from action `left[i]` to `entered[i]`; -1 is no_offer."""

    rows: Integers
    left: Integers
    entered: Integers


@dataclass(frozen=True)
class Scores:
    """Pseudo-outcomes against no_offer [n, actions]: value in money, and spend."""

    value: Floats
    spend: Floats


@dataclass(frozen=True)
class Path:
    """Value and spend per customer after each step, [b, steps + 1], the first step being nobody."""

    value: Floats
    spend: Floats

    def value_at(self, spend: Floats) -> Floats:
        """Value at the given spend [b] of each resample; beyond the path's end, the end's value."""
        axis = np.maximum.accumulate(self.spend, axis=1)
        rows = zip(spend, axis, self.value, strict=True)
        return np.array([np.interp(at, x, y) for at, x, y in rows])

    def end(self) -> tuple[Floats, Floats]:
        """Value and spend [b] of the whole path."""
        return self.value[:, -1], self.spend[:, -1]


def hull_steps(value: Floats, cost: Floats) -> Steps:
    """Moves along every customer's hull over no_offer and the actions, by falling efficiency.

    `value` and `cost` are predicted, [n, actions]. Actions with value <= 0 are never entered; those
    with cost <= 0 count as free and come first.
    """
    rows, left, entered, efficiency = [], [], [], []
    order = np.argsort(cost, axis=1, kind="stable")
    for row in range(len(value)):
        for move in _hull(value[row], np.maximum(cost[row], 0.0), order[row]):
            rows.append(row)
            left.append(move[0])
            entered.append(move[1])
            efficiency.append(move[2])
    ranked = np.argsort(-np.array(efficiency), kind="stable")
    return Steps(np.array(rows)[ranked], np.array(left)[ranked], np.array(entered)[ranked])


def _hull(value: Floats, cost: Floats, order: Integers) -> list[tuple[int, int, float]]:
    hull: list[tuple[int, float, float, float]] = [(-1, 0.0, 0.0, np.inf)]
    for action in order:
        while value[action] > hull[-1][1]:
            gained, paid = value[action] - hull[-1][1], cost[action] - hull[-1][2]
            slope = gained / paid if paid > 0 else np.inf
            if len(hull) > 1 and slope >= hull[-1][3]:
                hull.pop()
                continue
            hull.append((int(action), float(value[action]), float(cost[action]), float(slope)))
            break
    return [(hull[i - 1][0], hull[i][0], hull[i][3]) for i in range(1, len(hull))]


def ranked_steps(score: Floats, action: Integers) -> Steps:
    """Each customer gets `action[i]`, in the order of falling score; ties in row order."""
    rows = np.argsort(-score, kind="stable")
    return Steps(rows, np.full(len(rows), -1), action[rows])


def follow(steps: Steps, scores: Scores, weights: Floats) -> Path:
    """Running value and spend per customer along the path, per resample of `weights` [b, n]."""
    total = weights.sum(axis=1, keepdims=True)
    ranked = weights[:, steps.rows] / total

    def running(pseudo: Floats) -> Floats:
        padded = np.hstack([pseudo, np.zeros((len(pseudo), 1))])
        moved = padded[steps.rows, steps.entered] - padded[steps.rows, steps.left]
        sums = np.cumsum(ranked * moved, axis=1)
        return np.hstack([np.zeros((len(weights), 1)), sums])

    return Path(running(scores.value), running(scores.spend))


def uniform_mix(shares: Floats, scores: Scores, weights: Floats) -> Path:
    """Everybody gets action a with chance `shares[a]`, thinned at random from nobody to all."""
    total = weights.sum(axis=1)
    value = weights @ (scores.value @ shares) / total
    spend = weights @ (scores.spend @ shares) / total
    nothing = np.zeros_like(value)
    return Path(np.stack([nothing, value], axis=1), np.stack([nothing, spend], axis=1))


def chosen_steps(net: Floats) -> Steps:
    """Everybody whose best predicted net value is above 0 gets that action; the others nothing."""
    rows = np.flatnonzero(net.max(axis=1) > 0)
    return Steps(rows, np.full(len(rows), -1), net[rows].argmax(axis=1))
