"""The causalml adapter: against the real library where it is installed, and by shape without it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import lightgbm
import numpy as np
import pytest

from liftgate_training.adapters.causalml import actions, replicates
from liftgate_training.contract import Feature, UpliftHead, UpliftModel
from liftgate_training.graph import build_graph
from liftgate_training.learners import X, predict
from liftgate_training.scores import Runtime, original_scores, tolerance
from liftgate_training.trees import UnsupportedModel

PROPENSITY = {"zebra": 0.4, "ant": 0.6}


def experiment() -> tuple[Any, Any, Any]:
    """Rows, groups and outcomes of a three-arm log. Seed 3."""
    random = np.random.default_rng(3)
    rows = random.normal(size=(900, 4)).astype(np.float32)
    groups = random.choice(np.array(["none", "zebra", "ant"]), size=len(rows))
    outcome = rows[:, 0] + (groups == "ant") * rows[:, 1] + random.normal(size=len(rows)) * 0.1
    return rows, groups, outcome


def regressor() -> lightgbm.LGBMRegressor:
    return lightgbm.LGBMRegressor(n_estimators=8, num_leaves=6, n_jobs=1, verbose=-1)


def shaped(name: str, **state: Any) -> Any:
    """An object whose class has the qualified name and the fitted state of a causalml learner."""
    kind = type(name, (), {"__module__": "causalml.inference.meta.xlearner"})
    learner = kind()
    vars(learner).update(state)
    return learner


def x_shaped(**state: Any) -> Any:
    rows, _, outcome = experiment()
    models = {
        group: regressor().set_params(random_state=seed).fit(rows, outcome * (seed + 1))
        for seed, group in enumerate(("ant", "zebra"))
    }
    fitted = {
        "t_groups": np.array(["ant", "zebra"]),
        "models_tau_c": models,
        "models_tau_t": models,
    }
    return shaped("BaseXRegressor", **(fitted | state))


def test_x_is_read_by_name_in_the_order_of_t_groups() -> None:
    learner = x_shaped()
    (replicate,) = replicates([learner], PROPENSITY)
    assert actions(learner) == tuple(replicate) == ("ant", "zebra")
    assert replicate["zebra"] == X(
        learner.models_tau_c["zebra"], learner.models_tau_t["zebra"], propensity=0.4
    )


def test_x_with_explicit_p_needs_the_propensity() -> None:
    with pytest.raises(UnsupportedModel, match="explicit p and stores no propensity"):
        replicates([x_shaped()])


def test_x_with_a_fitted_propensity_needs_the_known_one() -> None:
    with pytest.raises(UnsupportedModel, match=r"group zebra.*varies with x"):
        replicates([x_shaped(propensity_model={})], {"ant": 0.5})


def test_unfitted_unknown_and_classifying_learners_are_refused() -> None:
    with pytest.raises(UnsupportedModel, match="is not fitted"):
        actions(shaped("BaseXRegressor"))
    with pytest.raises(UnsupportedModel, match="no causalml adapter"):
        actions(shaped("CausalRandomForestRegressor", t_groups=np.array(["a"])))
    rows, _, outcome = experiment()
    classifier = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(rows, outcome > 0)
    classifying = shaped(
        "BaseTRegressor",
        t_groups=np.array(["a"]),
        models_c={"a": classifier},
        models_t={"a": classifier},
    )
    with pytest.raises(UnsupportedModel, match="LGBMClassifier is a classifier"):
        replicates([classifying])


def test_replicates_need_the_same_groups() -> None:
    with pytest.raises(UnsupportedModel, match="all need the same"):
        replicates([x_shaped(), x_shaped(t_groups=np.array(["ant"]))], PROPENSITY)


@pytest.fixture(scope="module")
def meta() -> ModuleType:
    """The real causalml."""
    return pytest.importorskip(
        "causalml.inference.meta", reason="causalml is not installed (extra 'causalml')"
    )


@pytest.mark.parametrize(
    "name",
    ["BaseXRegressor", "BaseTRegressor", "BaseSRegressor", "BaseRRegressor", "BaseDRRegressor"],
)
def test_the_graph_scores_as_causalml_does(meta: ModuleType, name: str) -> None:
    rows, groups, outcome = experiment()
    learner = getattr(meta, name)(learner=regressor(), control_name="none")
    given = {group: np.full(len(rows), p) for group, p in PROPENSITY.items()}
    scoring = {"p": given} if name.startswith(("BaseX", "BaseR")) else {}
    fitting = {} if name in ("BaseTRegressor", "BaseSRegressor") else {"p": given}
    if name == "BaseDRRegressor":
        fitting["p"] = {**given, "none": np.full(len(rows), 1.0 / 3.0)}
    learner.fit(X=rows, treatment=groups, y=outcome, **fitting)
    expected = learner.predict(X=rows, **scoring)
    specs = replicates([learner], PROPENSITY)
    for column, action in enumerate(actions(learner)):
        np.testing.assert_allclose(predict(specs[0][action], rows), expected[:, column], atol=1e-12)
    model = UpliftModel(
        [Feature(f"x{i}", "numeric", minimum=-9.0, maximum=9.0) for i in range(4)],
        actions(learner),
        [UpliftHead("y", "value", "", "y", 1, "", specs)],
        [],
        {},
    )
    found = Runtime(build_graph(model).content).scores(rows)["y"]
    reference = original_scores(model, rows)["y"]
    assert np.all(np.abs(found - reference) <= tolerance(reference))
    assert np.all(np.abs(found[:, :, 0] - expected) <= tolerance(expected))
