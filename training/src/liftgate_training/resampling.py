"""Percentile bootstrap over customers for many statistics at once (Efron 1979).

A resample is a vector of integer weights (how often each customer was drawn), so a statistic that
accepts weights [b, n] handles b resamples in one array operation, and statistics computed from the
same weights are paired: the interval of their difference is the interval of draw-wise differences.
Limits: percentile intervals, first-order accurate; the fitted model is held fixed, so they cover
the sampling of held-out customers and not the variation of training.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from liftgate_training.hillstrom import Floats
from liftgate_training.split import stream

CHUNK = 25
COVERAGE = 0.95

Statistic = Callable[[Floats], Mapping[str, Floats]]


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % percentile interval, bounds included."""

    estimate: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """The manifest's form, rounded to 9 significant digits."""
        return {
            "estimate": float(f"{self.estimate:.9g}"),
            "low": float(f"{self.low:.9g}"),
            "high": float(f"{self.high:.9g}"),
        }


@dataclass(frozen=True)
class Draws:
    """One statistic: its value on the data and on every resample."""

    estimate: float
    resamples: Floats

    def interval(self) -> Interval:
        """Estimate and the 2.5 % and 97.5 % quantiles of the resampled values."""
        tail = (1 - COVERAGE) / 2
        low, high = np.quantile(self.resamples, [tail, 1 - tail])
        return Interval(self.estimate, float(low), float(high))

    def __sub__(self, other: "Draws") -> "Draws":
        """The paired difference; both must come from the same `bootstrap` call."""
        return Draws(self.estimate - other.estimate, self.resamples - other.resamples)


def bootstrap(statistic: Statistic, count: int, resamples: int, label: str) -> dict[str, Draws]:
    """Evaluate `statistic` on `count` customers as they are and on `resamples` resamples.

    `statistic` maps weights [b, count] to named arrays [b]. The same count and resamples give the
    same weights, whatever the statistic.
    """
    chunks: dict[str, list[Floats]] = {}
    plan = _weights(count, resamples)
    total = 1 + -(-resamples // CHUNK)
    for weights in tqdm(plan, desc=label, total=total, unit="chunk", leave=False):
        for name, values in statistic(weights).items():
            chunks.setdefault(name, []).append(values)
    joined = {name: np.concatenate(parts) for name, parts in chunks.items()}
    return {name: Draws(float(values[0]), values[1:]) for name, values in joined.items()}


def _weights(count: int, resamples: int) -> Iterator[Floats]:
    yield np.ones((1, count))
    random = stream("intervals")
    for start in range(0, resamples, CHUNK):
        rows = min(CHUNK, resamples - start)
        drawn = random.integers(0, count, size=(rows, count))
        yield np.stack([np.bincount(row, minlength=count) for row in drawn]).astype(np.float64)
