"""Adapter for causalml's meta-learners (0.17 and 0.18): fitted learners to replicates of specs.

Classes are matched by package and name, so that causalml is not imported here. Actions are
`t_groups`, sorted by causalml, never the order of the caller's list.

    BaseXRegressor, BaseXClassifier   models_tau_c[g], models_tau_t[g]   X
    BaseTRegressor                    models_c[g], models_t[g]           T
    BaseSRegressor                    models[g], treatment is column 0   S
    BaseRRegressor                    models_tau[g]                      R
    BaseDRRegressor                   models_tau[g], a list              DR
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from liftgate_training.learners import DR, LearnerSpec, R, S, T, X
from liftgate_training.trees import UnsupportedModel

Propensity = Mapping[str, float]


def actions(learner: Any) -> tuple[str, ...]:
    """The action axis: the treatment groups as causalml ordered them."""
    return tuple(str(group) for group in _fitted(learner).t_groups)


def replicates(
    learners: Sequence[Any], propensity: Propensity | None = None
) -> list[dict[str, LearnerSpec]]:
    """One learner per bootstrap sample to the replicates of an uplift head.

    X-learners need `propensity`: for each action P(action | action or control), the known constant
    of the randomized log. Raises UnsupportedModel.
    """
    orders = {actions(learner) for learner in learners}
    if len(orders) != 1:
        raise UnsupportedModel(
            f"the replicates have treatment groups {sorted(orders)}; all need the same"
        )
    return [_replicate(learner, propensity) for learner in learners]


def _replicate(learner: Any, propensity: Propensity | None) -> dict[str, LearnerSpec]:
    compile_group = COMPILERS[type(learner).__name__]
    return {str(group): compile_group(learner, group, propensity) for group in learner.t_groups}


def _fitted(learner: Any) -> Any:
    kind = type(learner)
    if kind.__module__.partition(".")[0] != "causalml" or kind.__name__ not in COMPILERS:
        raise UnsupportedModel(
            f"no causalml adapter for {kind.__module__}.{kind.__qualname__}; "
            f"fit one of {', '.join(sorted(COMPILERS))}"
        )
    if not hasattr(learner, "t_groups"):
        raise UnsupportedModel(f"{kind.__name__} is not fitted; call fit(X=, treatment=, y=) first")
    return learner


def _x(learner: Any, group: Any, propensity: Propensity | None) -> LearnerSpec:
    known = None if propensity is None else propensity.get(str(group))
    if known is None:
        stored = (
            "its fitted propensity model varies with x"
            if hasattr(learner, "propensity_model")
            else "it was fitted with an explicit p and stores no propensity"
        )
        raise UnsupportedModel(
            f"X-learner, group {group}: {stored}; give propensity={{{str(group)!r}: "
            "P(group | group or control)}, the known constant of the randomized log"
        )
    return X(
        tau_control=_regressor(learner.models_tau_c[group]),
        tau_treated=_regressor(learner.models_tau_t[group]),
        propensity=known,
    )


def _t(learner: Any, group: Any, _: Propensity | None) -> LearnerSpec:
    return T(_regressor(learner.models_c[group]), _regressor(learner.models_t[group]))


def _s(learner: Any, group: Any, _: Propensity | None) -> LearnerSpec:
    return S(_regressor(learner.models[group]), treatment_index=0)


def _r(learner: Any, group: Any, _: Propensity | None) -> LearnerSpec:
    return R(_regressor(learner.models_tau[group]))


def _dr(learner: Any, group: Any, _: Propensity | None) -> LearnerSpec:
    return DR([_regressor(model) for model in learner.models_tau[group]])


def _regressor(model: Any) -> Any:
    """The model, unless it is a classifier: causalml takes its labels, a spec its probabilities."""
    if hasattr(model, "predict_proba"):
        raise UnsupportedModel(
            f"{type(model).__name__} is a classifier where causalml calls predict; fit a regressor"
        )
    return model


COMPILERS: dict[str, Callable[[Any, Any, Propensity | None], LearnerSpec]] = {
    "BaseXRegressor": _x,
    "BaseXClassifier": _x,
    "BaseTRegressor": _t,
    "BaseSRegressor": _s,
    "BaseRRegressor": _r,
    "BaseDRRegressor": _dr,
}
