"""Raw rows to float32 and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conftest import FEATURES, experiment_rows
from liftgate_training.contract import UNKNOWN_CODE, Feature
from liftgate_training.encode import decode, encode

RAW = {"recency": 6, "spent": 329.08, "channel": "phone", "newbie": True}


def test_encodes_in_feature_order() -> None:
    expected = np.array([[6.0, np.float32(329.08), 1.0, 1.0]], dtype=np.float32)
    encoded = encode([RAW], FEATURES)
    assert encoded.dtype == np.float32
    assert np.array_equal(encoded, expected)


@pytest.mark.parametrize(
    ("changed", "column", "expected"),
    [
        ({"recency": None}, 0, np.nan),
        ({"spent": None}, 1, 20.5),
        ({"channel": "Carrier pigeon"}, 2, UNKNOWN_CODE),
        ({"channel": None}, 2, np.nan),
        ({"newbie": False}, 3, 0.0),
    ],
)
def test_missing_and_unknown(changed: dict[str, Any], column: int, expected: float) -> None:
    encoded = encode([RAW | changed], FEATURES)[0, column]
    assert np.array_equal(encoded, np.float32(expected), equal_nan=True)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"newbie": None}, "newbie: the value is missing"),
        ({"newbie": "yes"}, "newbie: 'yes' is not a boolean"),
        ({"recency": "six"}, "recency: 'six' is not a number"),
        ({"recency": True}, "recency: True is not a number"),
        ({"recency": float("inf")}, "recency: inf is not finite"),
        ({"channel": 3}, "channel: 3 is not a string"),
    ],
)
def test_what_does_not_fit_is_named(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        encode([RAW | changed], FEATURES)


def test_decode_inverts_encode_bit_by_bit() -> None:
    rows = experiment_rows(200, np.random.default_rng(1))
    rows[:20, 2] = UNKNOWN_CODE
    again = encode(decode(rows, FEATURES), FEATURES)
    assert np.array_equal(rows, again, equal_nan=True)


def test_the_unknown_word_is_in_no_vocabulary() -> None:
    feature = Feature("bird", "categorical", vocabulary=("Carrier pigeon", "owl"))
    (raw,) = decode(np.array([[UNKNOWN_CODE]], dtype=np.float32), [feature])
    assert raw["bird"] not in feature.vocabulary


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"kind": "categorical"}, "needs a vocabulary"),
        ({"kind": "categorical", "vocabulary": ("a", "a")}, "holds a value twice"),
        ({"kind": "boolean", "vocabulary": ("a",)}, "only a categorical feature"),
        ({"kind": "boolean", "on_missing": "default"}, "a default goes with"),
        ({"kind": "boolean", "default": True}, "a default goes with"),
        ({"kind": "numeric", "minimum": 0.0}, "needs a minimum and a maximum"),
    ],
)
def test_a_contradictory_feature_is_refused(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Feature("x", **arguments)
