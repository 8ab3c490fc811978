"""Seeded, stratified partitions and resamples. Same seed, same rows: numpy's PCG64 streams.

Every purpose draws from its own stream, so adding a draw to one never moves another.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liftgate_training.hillstrom import Experiment, Integers

# Chosen before any fit, and never changed: the one split of this experiment (seeds tried: 1).
SEED = 20080320
HOLDOUT_SHARE = 0.4
MASKED_SHARE = 0.03
STREAMS = {
    "subsample": 0,
    "holdout": 1,
    "folds": 2,
    "replicates": 3,
    "mask": 4,
    "intervals": 5,
    "noise": 6,
}


@dataclass(frozen=True)
class Split:
    """Row numbers of the two disjoint parts, ascending; together they are all rows."""

    train: Integers
    holdout: Integers


def stream(purpose: str, *path: int) -> np.random.Generator:
    """The random stream of one purpose (a key of STREAMS) and position below it."""
    return np.random.default_rng([SEED, STREAMS[purpose], *path])


def subsample(experiment: Experiment, rows: int) -> Experiment:
    """`rows` customers without replacement (all, if there are no more), file order kept."""
    if rows >= len(experiment):
        return experiment
    chosen = stream("subsample").choice(len(experiment), size=rows, replace=False)
    return experiment.take(np.sort(chosen))


def split(experiment: Experiment) -> Split:
    """Set 40 % of each arm x visit stratum aside; nothing is fitted or chosen on that part."""
    random = stream("holdout")
    held: list[Integers] = []
    for rows in _strata(experiment):
        shuffled = random.permutation(rows)
        held.append(shuffled[: round(HOLDOUT_SHARE * len(rows))])
    holdout = np.sort(np.concatenate(held))
    return Split(np.setdiff1d(np.arange(len(experiment)), holdout), holdout)


def folds(experiment: Experiment, count: int) -> Integers:
    """A fold number 0..count-1 for every row, balanced within arm x visit."""
    random = stream("folds")
    fold = np.empty(len(experiment), dtype=np.int64)
    for rows in _strata(experiment):
        fold[random.permutation(rows)] = np.arange(len(rows)) % count
    return fold


def _strata(experiment: Experiment) -> Iterator[Integers]:
    stratum = experiment.arm * 2 + experiment.outcomes["visit"].astype(np.int64)
    for value in np.unique(stratum):
        yield np.flatnonzero(stratum == value)


def bootstrap_rows(count: int, replicate: int) -> Integers:
    """`count` customers drawn with replacement; the draw depends on `replicate` only."""
    return stream("replicates", replicate).integers(0, count, size=count)


def mask(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Hide 3 % of the values, each independently, as NaN.

    The log has no missing value, so without this the trees would send missing values wherever
    LightGBM's default happens to point instead of where they lose least.
    """
    hidden = stream("mask").random(features.shape) < MASKED_SHARE
    return np.where(hidden, np.float32("nan"), features)
