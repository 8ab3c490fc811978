"""Incremental value against incremental cost of one action, and the area under that curve (AUCC).

Customers are added by falling predicted efficiency (value per unit of incremental cost); over each
prefix of n customers, of which n_t treated and n_c control,

    value(n) = (V_t / n_t - V_c / n_c) * n,    cost(n) = (C_t / n_t - C_c / n_c) * n

    AUCC = area under value(cost) / (value(all) * cost(all)),   0.5 is a random order

Source: Du, Lee, Ghaffarizadeh, "Improve User Retention with Causal Learning" (2019), cost curve.
Variant: known equal propensities, ties form one step, signed trapezoids. Limits: the cost prefix
is an estimate and may step backwards on small samples; undefined where value or cost of all is 0.
"""

from dataclasses import dataclass

import numpy as np

from liftgate_training.hillstrom import Floats
from liftgate_training.uplift_metrics import Comparison, Curve, uplift_curve


@dataclass(frozen=True)
class CostComparison:
    """Customers of one action and of no_offer: predicted efficiency, value and cost observed."""

    efficiency: Floats
    treated: Floats
    value: Floats
    cost: Floats


def cost_curve(data: CostComparison, weights: Floats) -> Curve:
    """x: incremental cost, y: incremental value of the most efficient n, as sums; [b, steps]."""
    value = uplift_curve(Comparison(data.efficiency, data.treated, data.value), weights)
    cost = uplift_curve(Comparison(data.efficiency, data.treated, data.cost), weights)
    return Curve(cost.y, value.y)


def aucc(data: CostComparison, weights: Floats) -> Floats:
    """Normalised area under the cost curve [b]; 0.5 is a random order, higher is better."""
    curve = cost_curve(data, weights)
    return np.divide(curve.area(), curve.x[:, -1] * curve.y[:, -1])
