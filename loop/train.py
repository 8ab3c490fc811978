"""The next version of the loop's model, fitted on logged decisions by one S-learner over all arms.

    f(x, a) = E[order | x, a],   value_a = f(x, a) - f(x, no_offer)
    cost_a  = r_a f(x, a),   r_a = redemption cost per order in arm a; 0 without an offer

One boosted model with the arm as its first column (Künzel et al. 2019, S-learner; several arms by
their number). A voucher is paid with an order, so what it costs follows from the chance of an
order, which all arms inform; a model of money within each arm has a fraction of the rows. Rows are
not weighed: what was offered depended on the columns of the model and on chance alone, so
E[order | x, a] is the same in every arm of the log, and weights of up to 1/p would only add noise.
`liftgate-train log`, which weighs them, has fewer assumptions and, at this size of effects, needs
many times the decisions. Every replicate is fitted on four fifths of the units: their mean is
steadier than one model. Their spread is not the error of an effect, and nothing here asks for it.

Gates judge a model fitted without the units held out. When it passes, the same recipe is fitted on
all units, and that is served: held-out units are a quarter of what there is to learn from. What the
manifest says of held-out rows is of a model that then saw them; its card says so.

    python loop/train.py training.csv models/winback-offers/1 models/winback-offers/2
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
from liftgate_training.learners import Inserted, S, Term
from liftgate_training.promise import Promise, read_promise
from liftgate_training.refit_record import card, metrics_json, training_json

REPLICATES = 3
REPLICATE_SHARE = 0.8
HELD_OUT_SHARE = 0.25
HORIZON_DAYS = 3
REFUSED = 3
ORDERS = {
    "n_estimators": 80,
    "num_leaves": 31,
    "learning_rate": 0.07,
    "min_child_samples": 150,
    "path_smooth": 200.0,
}
REFITTED = (
    "Gates passed on a model fitted without the held-out units; this one, by the same recipe, is "
    "fitted on all units."
)


@dataclass(frozen=True)
class Arm(S):
    """What arm number `code` adds to arm 0."""

    code: int = 1

    def terms(self) -> tuple[Term, ...]:
        return (
            Term(1.0, self.model, Inserted(0, float(self.code))),
            Term(-1.0, self.model, Inserted(0, 0.0)),
        )


@dataclass(frozen=True)
class Level(S):
    """The outcome in arm number `code`, times `weight`."""

    code: int = 0
    weight: float = 1.0

    def terms(self) -> tuple[Term, ...]:
        return (Term(self.weight, self.model, Inserted(0, float(self.code))),)


def main(data: Path, like: Path, folder: Path) -> None:
    """Write the folder, or raise BundleRefused with the gate that refused."""
    promise = read_promise(like)
    decisions = load_decisions(data)
    held_out = drawn_units(decisions, HELD_OUT_SHARE, 0)
    train = decisions.take(np.flatnonzero(~held_out))
    holdout = decisions.take(np.flatnonzero(held_out))
    effects = {
        head: {action: holdout.average_effect(label, action) for action in promise.actions}
        for head, label in promise.labels.items()
    }
    evidence = Evidence(train.encoded(promise.features), holdout.encoded(promise.features), effects)
    text = card(promise.name, folder.name, data, effects)
    record = ModelRecord(
        identity=ModelIdentity(promise.name, folder.name, decisions.last_time),
        training=training_json(data, decisions, (len(train), len(holdout)), promise),
        learner={"family": "S", "base": "lightgbm.LGBMRegressor", "parameters": ORDERS},
        uncertainty={"method": "none", "replicates": REPLICATES, "unit": "unit"},
        metrics=metrics_json(effects),
        card=f"{text}\n{REFITTED}\n",
    )
    with TemporaryDirectory() as judged:
        write_bundle(Path(judged) / folder.name, fitted(promise, train), record, evidence)
    write_bundle(folder, fitted(promise, decisions), record, evidence)


def drawn_units(decisions: LoggedDecisions, share: float, seed: int) -> NDArray[np.bool_]:
    """Rows of this share of the units: all decisions of a unit, or none."""
    units, member = np.unique(decisions.unit, return_inverse=True)
    drawn = np.random.default_rng(seed).random(len(units)) < share
    return np.asarray(drawn[member])


def fitted(promise: Promise, train: LoggedDecisions) -> UpliftModel:
    """The promised heads."""
    rows = train.encoded(promise.features)
    draws = [
        np.flatnonzero(drawn_units(train, REPLICATE_SHARE, 1 + replicate))
        for replicate in range(REPLICATES)
    ]
    words = [i for i, feature in enumerate(promise.features) if feature.kind == "categorical"]
    order_models = [orders(promise, train.take(drawn), rows[drawn], words) for drawn in draws]
    orders_by_arm = [
        {action: Arm(model, code=code) for code, action in enumerate(promise.actions, 1)}
        for model in order_models
    ]
    costs_by_arm = [
        {
            action: Level(model, code=code, weight=cost_of_order(train, action))
            for code, action in enumerate(promise.actions, 1)
        }
        for model in order_models
    ]
    identity = {action: Identity() for action in promise.actions}
    span = HORIZON_DAYS
    return UpliftModel(
        features=promise.features,
        actions=promise.actions,
        heads=[
            UpliftHead("order", "value", "Orders", "order", span, "order", orders_by_arm),
            UpliftHead("voucher", "cost", "Voucher money", "voucher", span, "USD", costs_by_arm),
        ],
        baselines=[
            BaselineHead(
                "order_baseline", "order", "Orders", "order", span, "order", Level(order_models[0])
            )
        ],
        calibration={"order": identity, "voucher": identity},
    )


def orders(
    promise: Promise, decisions: LoggedDecisions, rows: Float32Rows, words: list[int]
) -> lightgbm.LGBMRegressor:
    """f(x, a), the arm's number as the first column."""
    arms = [NO_OFFER, *promise.actions]
    code = np.array([arms.index(action) for action in decisions.action], dtype=np.float32)
    columns = np.column_stack([code, rows])
    return fit(columns, decisions.outcomes["order"], [1 + word for word in words], ORDERS)


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
        main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
    except BundleRefused as refusal:
        print(refusal)
        sys.exit(REFUSED)
