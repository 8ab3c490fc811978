"""What the Hillstrom model promises its callers: features, heads, and what was assumed."""

from __future__ import annotations

from liftgate_training.contract import (
    BaselineHead,
    Calibrator,
    Feature,
    ModelIdentity,
    UpliftHead,
    UpliftModel,
)
from liftgate_training.hillstrom import ACTIONS, FEATURE_NAMES, Experiment
from liftgate_training.train import Trained

HORIZON_DAYS = 14
IDENTITY = ModelIdentity(
    name="hillstrom-email",
    version="1",
    created_at="2026-11-21T00:00:00Z",
    description=(
        "Effect of two merchandise e-mails on visits, spend and voucher cost within two weeks, "
        "from the randomized MineThatData e-mail experiment of 2008"
    ),
)
DESCRIPTIONS = {
    "recency": ("month", "Months since the last purchase"),
    "history_segment": ("", "Band of the money spent in the past year"),
    "history": ("USD", "Money spent in the past year"),
    "mens": ("", "Bought men's merchandise in the past year"),
    "womens": ("", "Bought women's merchandise in the past year"),
    "zip_code": ("", "Kind of place the customer lives in, spelled as in the data"),
    "newbie": ("", "Became a customer within the past twelve months"),
    "channel": ("", "Channels the customer bought through in the past year"),
}
NUMERIC_RANGES = {"recency": (0.0, 120.0), "history": (0.0, 1_000_000.0)}
HEAD_TEXT = {
    "visit": ("value", "visits within two weeks", "visit"),
    "spend": ("value", "spend within two weeks", "USD"),
    "incentive": ("cost", "voucher cost within two weeks, an assumption", "USD"),
}

ASSUMPTIONS = (
    "incentive: the log holds no cost. Each e-mail is taken to carry a voucher worth 10 % of what "
    "the customer spends in the two weeks, redeemed also by those who would have bought anyway; "
    "without an e-mail there is none, so the incremental cost of an action is "
    "0.10 * E[spend | x, action].",
    "fee: 0.01 USD per e-mail sent, the program's fixedCost; it is not in the incentive head.",
    "value: 3.00 USD per incremental visit, from incremental spend per incremental visit on the "
    "training part times a gross margin of 30 %; the margin is assumed.",
    "spillover: one customer's e-mail does not change another's outcome (SUTVA).",
    "transport: the 2008 customers of one retailer, all of whom bought within the past twelve "
    "months; elsewhere the effects must be measured again.",
)


def features(customers: Experiment) -> list[Feature]:
    """The eight pre-treatment columns in the order of the file."""
    return [_feature(name, customers.vocabularies) for name in FEATURE_NAMES]


def _feature(name: str, vocabularies: dict[str, tuple[str, ...]]) -> Feature:
    unit, description = DESCRIPTIONS[name]
    if name in vocabularies:
        words = vocabularies[name]
        return Feature(name, "categorical", vocabulary=words, unit=unit, description=description)
    if name in NUMERIC_RANGES:
        low, high = NUMERIC_RANGES[name]
        return Feature(
            name, "numeric", minimum=low, maximum=high, unit=unit, description=description
        )
    return Feature(name, "boolean", unit=unit, description=description)


def uplift_model(trained: Trained, customers: Experiment) -> UpliftModel:
    """The fitted heads under their names, with their calibrators."""
    calibration: dict[str, dict[str, Calibrator]] = {
        name: {action: head.calibrations[action].calibrator for action in ACTIONS}
        for name, head in trained.heads.items()
    }
    heads = [_head(name, trained) for name in HEAD_TEXT]
    baselines = [_baseline(name, trained) for name in HEAD_TEXT]
    return UpliftModel(features(customers), ACTIONS, heads, baselines, calibration)


def _head(name: str, trained: Trained) -> UpliftHead:
    kind, text, unit = HEAD_TEXT[name]
    return UpliftHead(
        id=name,
        kind="cost" if kind == "cost" else "value",
        label=f"Incremental {text}",
        outcome=name,
        horizon_days=HORIZON_DAYS,
        unit=unit,
        replicates=trained.heads[name].replicates,
    )


def _baseline(name: str, trained: Trained) -> BaselineHead:
    _, text, unit = HEAD_TEXT[name]
    return BaselineHead(
        id=f"{name}_baseline",
        of=name,
        label=f"Expected {text}, without an e-mail",
        outcome=name,
        horizon_days=HORIZON_DAYS,
        unit=unit,
        model=trained.baselines[name],
    )
