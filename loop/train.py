"""The next version of the loop's model, fitted on logged decisions by half an X-learner.

    f0(x)   = E[order | x, no_offer],   by decisions without an offer
    value_a = E[order - f0(x) | x, a],  by decisions for a
    cost_a  = r_a (f0(x) + value_a),    r_a = redemption cost per order in arm a

Effects are those imputed to the treated (Künzel et al. 2019, X-learner, its tau_1): where most
decisions are without an offer, f0 is known far better than any arm, and a small model of what is
left over it is enough for an effect. A voucher is paid with an order, so what it costs follows
from the chance of an order. Rows are not weighed: what was offered depended on the columns of the
model and on chance alone, so E[order | x, a] is the same in every arm of the log, and weights of up
to 1/p would only add noise. `liftgate-train log`, which weighs them, has fewer assumptions and, at
this size of effects, needs many times the decisions.

What offers do may change, and is learned from decisions since a day that the operator names.
Decisions without an offer count from before it too, with "since that day" as their first column: f0
follows a change of the customers themselves where there is one.

Every replicate is fitted on four fifths of the units: their mean is steadier than one model. Their
spread is not the error of an effect, and nothing here asks for it.

Heads are not calibrated. On redrawn logs of the seeds 9001 and 9002 a head's mean is off by less
than half the standard error of the held-out average effect; an intercept by residuals weighed by
1/p is noisier, is refused by the gate `scale` no less often, and costs profit at equal spend.

Gates judge a model fitted without the units held out. When it passes, the same recipe is fitted on
all units, and that is served: held-out units are a quarter of what there is to learn from. What the
manifest says of held-out rows is of a model that then saw them; its card says so.

    python loop/train.py training.csv models/winback-offers/1 models/winback-offers/2 2026-01-01
"""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import lightgbm
import numpy as np
from numpy.typing import NDArray

from liftgate_training.bundle import write_bundle
from liftgate_training.contract import (
    NO_OFFER,
    BaselineHead,
    BundleRefused,
    Evidence,
    Float32Rows,
    Float64s,
    Identity,
    ModelIdentity,
    ModelRecord,
    UpliftHead,
    UpliftModel,
)
from liftgate_training.decision_log import LoggedDecisions, load_decisions
from liftgate_training.learners import Direct, Inserted, S, Term, predict
from liftgate_training.promise import Promise, read_promise
from liftgate_training.refit_record import card, metrics_json, training_json

REPLICATES = 3
REPLICATE_SHARE = 0.8
HELD_OUT_SHARE = 0.25
HORIZON_DAYS = 3
REFUSED = 3
BASELINE = {
    "n_estimators": 80,
    "num_leaves": 15,
    "learning_rate": 0.05,
    "min_child_samples": 100,
    "path_smooth": 100.0,
}
EFFECT = {**BASELINE, "num_leaves": 8, "path_smooth": 200.0}
REFITTED = (
    "Gates passed on a model fitted without the held-out units; this one, by the same recipe, is "
    "fitted on all units."
)


@dataclass(frozen=True)
class Level(S):
    """The outcome without an offer, now, and what one adds if it is given; times `weight`."""

    weight: float = 1.0
    effect: lightgbm.LGBMRegressor | None = None

    def terms(self) -> tuple[Term, ...]:
        without = Term(self.weight, self.model, Inserted(0, 1.0))
        return (without,) if self.effect is None else (without, Term(self.weight, self.effect))


def main(data: Path, like: Path, folder: Path, since: str) -> None:
    """Write the folder, or raise BundleRefused with the gate that refused.

    `since` is the day from which effects are learned, such as 2026-03-01.
    """
    promise = read_promise(like)
    decisions = load_decisions(data)
    held_out = drawn_units(decisions, HELD_OUT_SHARE, 0)
    train = decisions.take(np.flatnonzero(~held_out))
    holdout = decisions.take(np.flatnonzero(held_out & (decisions.time >= since)))
    effects = {
        head: {action: holdout.average_effect(label, action) for action in promise.actions}
        for head, label in promise.labels.items()
    }
    evidence = Evidence(train.encoded(promise.features), holdout.encoded(promise.features), effects)
    text = card(promise.name, folder.name, data, effects)
    record = ModelRecord(
        identity=ModelIdentity(promise.name, folder.name, decisions.last_time),
        training=training_json(data, decisions, (len(train), len(holdout)), promise),
        learner={
            "family": "X",
            "base": "lightgbm.LGBMRegressor",
            "parameters": {"baseline": BASELINE, "effect": EFFECT, "effectsSince": since},
        },
        uncertainty={"method": "none", "replicates": REPLICATES, "unit": "unit"},
        metrics=metrics_json(effects),
        card=f"{text}\n{REFITTED}\n",
    )
    with TemporaryDirectory() as judged:
        write_bundle(Path(judged) / folder.name, fitted(promise, train, since), record, evidence)
    write_bundle(folder, fitted(promise, decisions, since), record, evidence)


def drawn_units(decisions: LoggedDecisions, share: float, seed: int) -> NDArray[np.bool_]:
    """Rows of this share of the units: all decisions of a unit, or none."""
    units, member = np.unique(decisions.unit, return_inverse=True)
    drawn = np.random.default_rng(seed).random(len(units)) < share
    return np.asarray(drawn[member])


def fitted(promise: Promise, train: LoggedDecisions, since: str) -> UpliftModel:
    """The promised heads."""
    draws = [
        train.take(np.flatnonzero(drawn_units(train, REPLICATE_SHARE, 1 + replicate)))
        for replicate in range(REPLICATES)
    ]
    words = [i for i, feature in enumerate(promise.features) if feature.kind == "categorical"]
    baselines = [baseline(promise, drawn, words, since) for drawn in draws]
    recent = train.take(np.flatnonzero(train.time >= since))
    costs = {action: cost_of_order(recent, action) for action in promise.actions}
    values = []
    for drawn, without in zip(draws, baselines, strict=True):
        now = drawn.take(np.flatnonzero(drawn.time >= since))
        values.append(effects_by_arm(promise, now, words, without))
    identity = {action: Identity() for action in promise.actions}
    span = HORIZON_DAYS
    orders_by_arm = [{action: Direct(each[action]) for action in each} for each in values]
    costs_by_arm = [
        {action: Level(without, weight=costs[action], effect=each[action]) for action in each}
        for without, each in zip(baselines, values, strict=True)
    ]
    return UpliftModel(
        features=promise.features,
        actions=promise.actions,
        heads=[
            UpliftHead("order", "value", "Orders", "order", span, "order", orders_by_arm),
            UpliftHead("voucher", "cost", "Voucher money", "voucher", span, "USD", costs_by_arm),
        ],
        baselines=[
            BaselineHead(
                "order_baseline", "order", "Orders", "order", span, "order", Level(baselines[0])
            )
        ],
        calibration={"order": identity, "voucher": identity},
    )


def baseline(
    promise: Promise, decisions: LoggedDecisions, words: list[int], since: str
) -> lightgbm.LGBMRegressor:
    """f0(x), whether a decision was made since that day as the first column."""
    without = decisions.take(np.flatnonzero(decisions.action == NO_OFFER))
    is_recent = (without.time >= since).astype(np.float32)
    columns = np.column_stack([is_recent, without.encoded(promise.features)])
    return fit(columns, without.outcomes["order"], [1 + word for word in words], BASELINE)


def effects_by_arm(
    promise: Promise,
    decisions: LoggedDecisions,
    words: list[int],
    without: lightgbm.LGBMRegressor,
) -> dict[str, lightgbm.LGBMRegressor]:
    """What each arm added to the chance of an order without an offer."""
    rows = decisions.encoded(promise.features)
    added = decisions.outcomes["order"] - predict(Level(without), rows)
    arms = {action: decisions.action == action for action in promise.actions}
    return {action: fit(rows[arm], added[arm], words, EFFECT) for action, arm in arms.items()}


def cost_of_order(decisions: LoggedDecisions, action: str) -> float:
    """Redemption cost per order in the arm; 0 where nobody ordered."""
    arm = decisions.action == action
    ordered = float(decisions.outcomes["order"][arm].sum())
    return float(decisions.outcomes["redemptionCost"][arm].sum()) / ordered if ordered > 0 else 0.0


def fit(
    rows: Float32Rows, label: Float64s, words: list[int], parameters: dict[str, float]
) -> lightgbm.LGBMRegressor:
    """The same rows give the same model."""
    model = lightgbm.LGBMRegressor(
        **parameters,
        max_cat_to_onehot=8,
        deterministic=True,
        force_row_wise=True,
        n_jobs=1,
        random_state=0,
        verbose=-1,
    )
    return model.fit(rows, label, categorical_feature=words)


if __name__ == "__main__":
    # scikit-learn's wrapper warns that arrays carry no feature names; the order is pinned anyway.
    warnings.filterwarnings("ignore", message="X does not have valid feature names")
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
    except BundleRefused as refusal:
        print(refusal)
        sys.exit(REFUSED)
