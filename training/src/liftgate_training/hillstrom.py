"""The Hillstrom e-mail experiment (MineThatData, 2008) as arrays: rows, arms, outcomes.

Source, licence and column meanings: training/data/hillstrom/SOURCE.md and card.md beside it.
The arms were assigned uniformly (1/3 each) and independently of the columns, so every propensity
used here is known, none is estimated. Limit: the log holds no cost; see `incentive_cost`.
"""

import csv
import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from liftgate_training.contract import NO_OFFER

ACTIONS = ("mens_email", "womens_email")
ARMS = (NO_OFFER, *ACTIONS)
ARM_OF_SEGMENT = {"No E-Mail": 0, "Mens E-Mail": 1, "Womens E-Mail": 2}
ARM_PROBABILITY = 1.0 / 3.0

FEATURE_NAMES = (
    "recency",
    "history_segment",
    "history",
    "mens",
    "womens",
    "zip_code",
    "newbie",
    "channel",
)
CATEGORICAL = ("history_segment", "zip_code", "channel")
POST_TREATMENT = ("visit", "conversion", "spend")

VOUCHER_RATE = 0.10
EMAIL_FEE_USD = 0.01

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Experiment:
    """Customers of a randomized log: one row each, in the order of the file.

    `features` are float32 [n, 8] in the order of FEATURE_NAMES (categories as vocabulary codes);
    `arm` indexes ARMS; `outcomes` maps visit (0/1), conversion (0/1), spend (USD), incentive (USD).
    """

    features: NDArray[np.float32]
    arm: Integers
    outcomes: dict[str, Floats]
    vocabularies: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.arm)

    def take(self, rows: Integers) -> "Experiment":
        """The given rows, in the given order."""
        outcomes = {name: values[rows] for name, values in self.outcomes.items()}
        return Experiment(self.features[rows], self.arm[rows], outcomes, self.vocabularies)


def load(path: Path) -> Experiment:
    """Read `hillstrom.csv.gz`; every row must have all twelve columns and a known segment."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        raise ValueError(f"{path}: expected customers, found no row")
    expected = {*FEATURE_NAMES, "segment", *POST_TREATMENT}
    if set(rows[0]) != expected:
        raise ValueError(
            f"{path}: expected the columns {sorted(expected)}, found {sorted(rows[0])}"
        )
    vocabularies = {name: tuple(sorted({row[name] for row in rows})) for name in CATEGORICAL}
    columns = [_column(rows, name, vocabularies) for name in FEATURE_NAMES]
    arm = np.array([ARM_OF_SEGMENT[row["segment"]] for row in rows], dtype=np.int64)
    outcomes = {name: np.array([float(row[name]) for row in rows]) for name in POST_TREATMENT}
    outcomes["incentive"] = incentive_cost(outcomes["spend"], arm)
    return Experiment(np.column_stack(columns).astype(np.float32), arm, outcomes, vocabularies)


def _column(
    rows: list[dict[str, str]], name: str, vocabularies: dict[str, tuple[str, ...]]
) -> Floats:
    if name in vocabularies:
        code = {word: float(position) for position, word in enumerate(vocabularies[name])}
        return np.array([code[row[name]] for row in rows])
    return np.array([float(row[name]) for row in rows])


def incentive_cost(spend: Floats, arm: Integers) -> Floats:
    """Voucher money, USD per customer: an ASSUMPTION, the log holds no cost.

    Each e-mail is taken to carry a voucher of 10 % of whatever the customer spends in the two
    weeks, and those who would have bought anyway redeem it too. Without an e-mail there is no
    voucher, so the cost in the no_offer arm is exactly 0 and the incremental cost of an action is
    0.10 * E[spend | x, action]. The fee per e-mail belongs to the program, not here.
    """
    return np.where(arm > 0, VOUCHER_RATE * spend, 0.0)


def file_sha256(path: Path) -> str:
    """Hex SHA-256 of the file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
