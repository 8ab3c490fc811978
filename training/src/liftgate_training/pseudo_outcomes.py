"""Per-customer unbiased scores of an action's effect in a randomized log with known propensities.

    ips_a = 1[A = a] y / p_a - 1[A = 0] y / p_0
    dr_a  = q_a - q_0 + 1[A = a] (y - q_a) / p_a - 1[A = 0] (y - q_0) / p_0

Source: Horvitz, Thompson (1952); Robins, Rotnitzky, Zhao (1994). Their mean over customers
estimates the average effect, their mean under a policy that picks a the policy's value over
no_offer. Unbiased for any q that did not see the customer's own outcome, because p is known.
Limits: no trimming; p = 1/3 everywhere, so no weight exceeds 3.
"""

from __future__ import annotations

import numpy as np

from liftgate_training.contract import AverageEffect
from liftgate_training.hillstrom import ARM_PROBABILITY, Floats, Integers


def ips_scores(outcome: Floats, arm: Integers, actions: int) -> Floats:
    """Effects against no_offer without a model, [n, actions]."""
    return dr_scores(outcome, arm, np.zeros((len(outcome), actions + 1)))


def dr_scores(outcome: Floats, arm: Integers, expected: Floats) -> Floats:
    """Effects against no_offer around `expected` outcomes [n, 1 + actions], no_offer first."""
    shown = arm[:, None] == np.arange(expected.shape[1])
    by_arm = expected + shown * (outcome[:, None] - expected) / ARM_PROBABILITY
    return by_arm[:, 1:] - by_arm[:, :1]


def average_effect(scores: Floats) -> AverageEffect:
    """Mean of one action's scores [n] with its standard error."""
    return AverageEffect(float(scores.mean()), float(scores.std(ddof=1) / np.sqrt(len(scores))))
