"""Learner specs: what a fitted uplift learner computes, as a weighted sum of fitted models.

    Direct  tau(x) = f(x)
    S       tau(x) = f(x, 1) - f(x, 0)
    T       tau(x) = f_arm(x) - f_control(x)
    X       tau(x) = p * tau_control(x) + (1 - p) * tau_treated(x)
    R       tau(x) = f(x)
    DR      tau(x) = mean_k f_k(x)

Source: Künzel, Sekhon, Bickel, Yu (2019), "Metalearners for estimating heterogeneous treatment
effects using machine learning", PNAS 116(10), for S, T, X; Nie and Wager (2021) for R; Kennedy
(2020), arXiv:2004.14497, for DR. Variant of X: the propensity p is one known number per action,
as in a randomized log, which makes every spec linear in its models; a fitted propensity is
refused. In `X`, `tau_control` is the model fitted on the control rows' imputed effects and
`tau_treated` the one fitted on the treated rows'; p = P(treated | treated or control).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Float32Rows = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Inserted:
    """A constant column put in front of column `index` before a model sees the row."""

    index: int
    value: float


@dataclass(frozen=True)
class Term:
    """`weight` times the prediction of `model`: a probability for classifiers, else `predict`."""

    weight: float
    model: Any
    inserted: Inserted | None = None


@dataclass(frozen=True)
class Direct:
    """One model that predicts the quantity itself."""

    model: Any

    def terms(self) -> tuple[Term, ...]:
        return (Term(1.0, self.model),)


@dataclass(frozen=True)
class S:
    """One model of the outcome that saw the treatment (0 or 1) as its column `treatment_index`."""

    model: Any
    treatment_index: int = 0

    def terms(self) -> tuple[Term, ...]:
        return (
            Term(1.0, self.model, Inserted(self.treatment_index, 1.0)),
            Term(-1.0, self.model, Inserted(self.treatment_index, 0.0)),
        )


@dataclass(frozen=True)
class T:
    """One model of the outcome per arm."""

    control: Any
    treated: Any

    def terms(self) -> tuple[Term, ...]:
        return (Term(1.0, self.treated), Term(-1.0, self.control))


@dataclass(frozen=True)
class X:
    """Two models of imputed effects, blended by the known propensity (0 < p < 1)."""

    tau_control: Any
    tau_treated: Any
    propensity: float

    def __post_init__(self) -> None:
        if not isinstance(self.propensity, (int, float)) or not 0.0 < self.propensity < 1.0:
            raise ValueError(
                f"X: the propensity is {self.propensity!r}; give the known constant "
                "P(treated | treated or control), above 0 and below 1, of the randomized log"
            )

    def terms(self) -> tuple[Term, ...]:
        return (
            Term(float(self.propensity), self.tau_control),
            Term(1.0 - float(self.propensity), self.tau_treated),
        )


@dataclass(frozen=True)
class R:
    """One model of the effect fitted by the residual-on-residual loss."""

    tau: Any

    def terms(self) -> tuple[Term, ...]:
        return (Term(1.0, self.tau),)


@dataclass(frozen=True)
class DR:
    """Cross-fitted models of the doubly robust pseudo-outcome, averaged."""

    models: Sequence[Any]

    def __post_init__(self) -> None:
        if not self.models:
            raise ValueError("DR: the list of models is empty; give at least one fitted model")

    def terms(self) -> tuple[Term, ...]:
        return tuple(Term(1.0 / len(self.models), model) for model in self.models)


LearnerSpec = Direct | S | T | X | R | DR


def as_spec(model: object) -> LearnerSpec:
    """A learner spec as it is; a fitted model as `Direct`."""
    return model if isinstance(model, LearnerSpec) else Direct(model)


def predict(spec: LearnerSpec, rows: Float32Rows) -> Float64s:
    """The spec's scores [N] from the original libraries: the reference every graph is held to."""
    scores = np.zeros(len(rows), dtype=np.float64)
    for term in spec.terms():
        scores += term.weight * predict_model(term.model, _with_inserted(rows, term.inserted))
    return scores


def predict_model(model: Any, rows: Float32Rows) -> Float64s:
    """The library's own prediction [N]: the probability of class 1 where the model has classes."""
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(rows.astype(np.float64))[:, 1], dtype=np.float64)
    return np.asarray(model.predict(rows.astype(np.float64)), dtype=np.float64).reshape(len(rows))


def _with_inserted(rows: Float32Rows, inserted: Inserted | None) -> Float32Rows:
    if inserted is None:
        return rows
    return np.insert(rows, inserted.index, np.float32(inserted.value), axis=1)
