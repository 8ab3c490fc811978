"""What a reader returns: a model as trees or as a linear function, and the link on top."""

from __future__ import annotations

from dataclasses import dataclass

from liftgate_training.learners import Float64s
from liftgate_training.trees import Ensemble


@dataclass(frozen=True)
class TreeForm:
    """score = ensemble(x), through 1 / (1 + exp(-score)) when `sigmoid` is set."""

    ensemble: Ensemble
    sigmoid: bool = False
    takes_missing: bool = True


@dataclass(frozen=True)
class LinearForm:
    """score = intercept + coefficients . x, through the sigmoid when set; x has no missing."""

    coefficients: Float64s
    intercept: float
    sigmoid: bool = False
    takes_missing: bool = False


Form = TreeForm | LinearForm
