"""Rows that find conversion errors: on boundaries, missing, of unknown category, extreme.

Every row is one a caller could send: it goes through `decode` and `encode`, so that defaults are
filled in and codes are whole numbers. Missing is only set where the feature allows it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from liftgate_training.contract import UNKNOWN_CODE, Feature, Float32Rows
from liftgate_training.graph import Graph


@dataclass(frozen=True)
class Prober:
    """Makes probe rows from training rows and the thresholds of the graph's trees."""

    features: tuple[Feature, ...]
    rows: Float32Rows
    thresholds: tuple[tuple[int, float], ...]
    random: np.random.Generator

    def sample(self, count: int) -> Float32Rows:
        """Training rows, drawn with replacement."""
        return self.rows[self.random.integers(len(self.rows), size=count)]

    def boundary(self, count: int) -> Float32Rows:
        """One feature of each row on a random threshold, one float32 below it, or one above it."""
        rows = self.sample(count)
        if not self.thresholds:
            return rows
        picks = self.random.integers(len(self.thresholds), size=count)
        directions = (np.float32(-np.inf), None, np.float32(np.inf))
        for row, pick in enumerate(picks):
            feature, threshold = self.thresholds[pick]
            towards = directions[row % 3]
            value = np.float32(threshold)
            rows[row, feature] = value if towards is None else np.nextafter(value, towards)
        return rows

    def missing(self, count: int, share: float) -> Float32Rows:
        """Each value that may be missing is, with probability `share`, and at least one a row."""
        rows = self.sample(count)
        nullable = [i for i, f in enumerate(self.features) if f.on_missing != "reject"]
        if nullable:
            absent = self.random.random((count, len(nullable))) < share
            absent[np.arange(count), self.random.integers(len(nullable), size=count)] = True
            rows[:, nullable] = np.where(absent, np.float32(np.nan), rows[:, nullable])
        return rows

    def unknown(self, count: int) -> Float32Rows:
        """Each category is of no vocabulary with probability 1/2, and at least one a row."""
        rows = self.sample(count)
        categorical = [i for i, f in enumerate(self.features) if f.kind == "categorical"]
        if categorical:
            strange = self.random.random((count, len(categorical))) < 0.5
            strange[np.arange(count), self.random.integers(len(categorical), size=count)] = True
            code = np.float32(UNKNOWN_CODE)
            rows[:, categorical] = np.where(strange, code, rows[:, categorical])
        return rows

    def extremes(self, count: int) -> Float32Rows:
        """Rows of all lowest, of all highest, and of randomly lowest or highest values."""
        low, high = np.array([feature.code_range for feature in self.features]).T
        highest = self.random.random((count, len(self.features))) < 0.5
        highest[0::4], highest[1::4] = False, True
        return np.where(highest, high, low).astype(np.float32)

    def within_range(self, rows: Float32Rows) -> Float32Rows:
        """The rows clipped to what a caller may send."""
        low, high = np.array([feature.code_range for feature in self.features]).T
        return np.clip(rows, low, high).astype(np.float32)


def prober(features: tuple[Feature, ...], graph: Graph, rows: Float32Rows, seed: int) -> Prober:
    """A prober over the numeric thresholds of a graph."""
    numeric = {i for i, feature in enumerate(features) if feature.kind == "numeric"}
    thresholds = tuple(each for each in graph.thresholds if each[0] in numeric)
    return Prober(features, rows, thresholds, np.random.default_rng(seed))
