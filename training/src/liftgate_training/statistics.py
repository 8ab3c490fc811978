"""Reference statistics of encoded training columns, for drift checks on live rows.

The population stability index compares shares over fixed bins. `psiBins` are the inner edges: the
distinct deciles of the training values, the highest value left out. `psiExpected` has one share
more: share i counts edge[i-1] < x <= edge[i]. Missing values are in `nullRate` alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from liftgate_training.contract import Feature, Float64s

DECILES = np.linspace(0.0, 1.0, 11)


def statistics(feature: Feature, column: Float64s) -> dict[str, Any]:
    """The statistics of one encoded column, NaN where missing, as the manifest holds them."""
    present = column[~np.isnan(column)]
    counted = {
        "count": len(column),
        "nullRate": 1.0 - len(present) / len(column) if len(column) else 0.0,
    }
    if feature.kind == "categorical":
        return counted | {"frequencies": _frequencies(present, len(feature.vocabulary))}
    return counted | _distribution(present if len(present) else np.zeros(1))


def _frequencies(codes: Float64s, size: int) -> list[float]:
    """Shares of the present values in vocabulary order; unknown ones are what is left to 1."""
    counts = np.array([np.count_nonzero(codes == code) for code in range(size)])
    return [float(share) for share in counts / max(1, len(codes))]


def _distribution(values: Float64s) -> dict[str, Any]:
    quantiles = np.quantile(values, DECILES)
    edges = np.unique(quantiles[1:-1])
    edges = edges[edges < values.max()]
    bins = np.searchsorted(edges, values, side="left")
    shares = np.bincount(bins, minlength=len(edges) + 1) / len(values)
    return {
        "mean": float(values.mean()),
        "std": float(values.std()),
        "min": float(values.min()),
        "max": float(values.max()),
        "quantiles": quantiles.tolist(),
        "psiBins": edges.tolist(),
        "psiExpected": shares.tolist(),
    }
