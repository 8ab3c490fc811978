"""The model a loop begins with: it knows no effect, and says so; only vouchers are taken to cost.

A program needs a model for its feature contract before there is any log to fit one on. With effects
of 0 nothing is worth its cost, so only the evaluation arm gives offers, and what is logged is a
randomized experiment. What a voucher costs is guessed, the same for everybody, as money is held
for it.

    python loop/first_model.py training/data/hillstrom/hillstrom.csv.gz models/winback-offers/1 \
        email=0.3 sms=0.4 letter=0.5
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import lightgbm
import numpy as np

from liftgate_training.bundle import write_bundle
from liftgate_training.contract import (
    NO_OFFER,
    AverageEffect,
    BaselineHead,
    Evidence,
    Float32Rows,
    Identity,
    ModelIdentity,
    ModelRecord,
    UpliftHead,
    UpliftModel,
)
from liftgate_training.hillstrom import file_sha256, load
from liftgate_training.hillstrom_contract import features
from liftgate_training.learners import Direct

REPLICATES = 2
HORIZON_DAYS = 3
# No knowledge: any effect on an order that a customer could have, any voucher money of a dollar.
UNKNOWN_STANDARD_ERROR = 1.0


def main(data: Path, folder: Path, costs: Mapping[str, float]) -> None:
    """Write the folder, which must not exist; `costs` are USD of voucher money by action."""
    customers = load(data)
    actions = tuple(costs)
    guesses = {"order": dict.fromkeys(actions, 0.0), "voucher": costs}
    scores = {
        head: {action: Direct(constant(customers.features, each[action])) for action in actions}
        for head, each in guesses.items()
    }
    identity = {action: Identity() for action in actions}
    model = UpliftModel(
        features=features(customers),
        actions=actions,
        heads=[
            UpliftHead(
                "order",
                "value",
                "Orders",
                "order",
                HORIZON_DAYS,
                "order",
                [scores["order"]] * REPLICATES,
            ),
            UpliftHead(
                "voucher",
                "cost",
                "Voucher money",
                "voucher",
                HORIZON_DAYS,
                "USD",
                [scores["voucher"]] * REPLICATES,
            ),
        ],
        baselines=[
            BaselineHead(
                "order_baseline",
                "order",
                "Orders",
                "order",
                HORIZON_DAYS,
                "order",
                Direct(constant(customers.features, 0.0)),
            )
        ],
        calibration={"order": identity, "voucher": identity},
    )
    effects = {
        head: {a: AverageEffect(guess, UNKNOWN_STANDARD_ERROR) for a, guess in each.items()}
        for head, each in guesses.items()
    }
    write_bundle(
        folder,
        model,
        record(data, len(customers), actions, (folder.parent.name, folder.name)),
        Evidence(customers.features, customers.features, effects),
    )


def constant(rows: Float32Rows, value: float) -> lightgbm.LGBMRegressor:
    """A tree of one leaf."""
    tree = lightgbm.LGBMRegressor(n_estimators=1, num_leaves=2, n_jobs=1, verbose=-1)
    return tree.fit(rows, np.full(len(rows), value))


def record(data: Path, rows: int, actions: tuple[str, ...], name: tuple[str, str]) -> ModelRecord:
    """What the manifest says of a model that was fitted on nothing."""
    arms = (NO_OFFER, *actions)
    return ModelRecord(
        identity=ModelIdentity(
            *name, "2026-01-01T00:00:00Z", "Knows no effect: all are 0, costs are guessed"
        ),
        training={
            "data": {
                "name": "customers without outcomes",
                "file": data.name,
                "sha256": file_sha256(data),
                "rows": rows,
            },
            "window": None,
            "rows": {"train": rows, "holdout": rows},
            "rowsPerArm": dict.fromkeys(arms, 0),
            "assignment": {
                "kind": "randomized",
                "probabilities": dict.fromkeys(arms, 1 / len(arms)),
            },
            "unit": "unit",
            "postTreatment": ["visit", "conversion", "spend", "order", "voucher"],
            "assumptions": [
                "nothing was observed: effects on orders are declared as 0, voucher money guessed"
            ],
        },
        learner={"family": "Direct", "base": "lightgbm.LGBMRegressor", "parameters": {}},
        uncertainty={"method": "none", "replicates": REPLICATES, "unit": "unit"},
        metrics={"actions": {}},
        card=f"# {name[0]} {name[1]}\n\nKnows no effect: all are 0; voucher money is guessed.\n",
    )


if __name__ == "__main__":
    costs = {name: float(usd) for name, usd in (each.split("=") for each in sys.argv[3:])}
    main(Path(sys.argv[1]), Path(sys.argv[2]), costs)
