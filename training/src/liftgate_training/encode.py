"""Raw rows, as a caller sends them, to the packed float32 rows every model is defined on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from liftgate_training.contract import UNKNOWN_CODE, Feature, Float32Rows


def encode(raw_rows: Sequence[Mapping[str, Any]], features: Sequence[Feature]) -> Float32Rows:
    """One float32 row [F] per raw row: numbers as they are, categories as codes, booleans 0 and 1.

    A missing value (absent or None) is NaN, the feature's default, or an error, as `on_missing`
    says. Raises ValueError with the feature and the value that does not fit.
    """
    encoded = np.empty((len(raw_rows), len(features)), dtype=np.float32)
    for row, raw in enumerate(raw_rows):
        for column, feature in enumerate(features):
            encoded[row, column] = _encode_value(feature, raw.get(feature.name))
    return encoded


def decode(encoded: Float32Rows, features: Sequence[Feature]) -> list[dict[str, Any]]:
    """Raw rows that encode to `encoded` bit by bit; an unknown code becomes an unknown word."""
    return [
        {f.name: _decode_value(f, float(row[i])) for i, f in enumerate(features)} for row in encoded
    ]


def encode_default(feature: Feature) -> float | None:
    """The encoded default of a feature that has one."""
    return None if feature.default is None else _encode_value(feature, feature.default)


def _encode_value(feature: Feature, value: Any) -> float:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return _encode_missing(feature)
    if feature.kind == "categorical":
        return _encode_category(feature, value)
    if feature.kind == "boolean":
        if value in (0, 1):
            return float(value)
        raise ValueError(f"feature {feature.name}: {value!r} is not a boolean (true or false)")
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise ValueError(f"feature {feature.name}: {value!r} is not a number")
    if not math.isfinite(value):
        raise ValueError(f"feature {feature.name}: {value!r} is not finite; send None for missing")
    return float(value)


def _encode_missing(feature: Feature) -> float:
    if feature.on_missing == "reject":
        raise ValueError(
            f"feature {feature.name}: the value is missing and the feature rejects that"
        )
    if feature.on_missing == "default":
        return _encode_value(feature, feature.default)
    return math.nan


def _encode_category(feature: Feature, value: Any) -> float:
    if not isinstance(value, str):
        raise ValueError(f"feature {feature.name}: {value!r} is not a string")
    if value not in feature.vocabulary:
        return UNKNOWN_CODE
    return float(feature.vocabulary.index(value))


def _decode_value(feature: Feature, value: float) -> Any:
    if math.isnan(value):
        return None
    if feature.kind == "boolean":
        return bool(value)
    if feature.kind == "numeric":
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    return feature.vocabulary[int(value)] if value >= 0 else _unknown_word(feature)


def _unknown_word(feature: Feature) -> str:
    word = "Carrier pigeon"
    while word in feature.vocabulary:
        word += " (unknown)"
    return word
