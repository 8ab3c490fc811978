"""Writes uplift_metrics.json beside this file, with scikit-uplift 0.5.1 as the oracle.

Run by hand, in an environment that has it: pip install scikit-uplift==0.5.1; python <this file>.
The scores are plain columns of the data, so that the golden values need no fitted model: `fine` has
few ties, `coarse` has only twelve values.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from sklift.metrics import (  # type: ignore[import-not-found,unused-ignore]
    qini_auc_score,
    uplift_at_k,
    uplift_auc_score,
)

from liftgate_training.hillstrom import ACTIONS, FEATURE_NAMES, Experiment, load

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "data" / "hillstrom" / "hillstrom.csv.gz"
SCORES = {"fine": "history", "coarse": "recency"}
SHARES = (0.1, 0.2, 0.3, 0.5)


def case(customers: Experiment, arm: int, column: str) -> dict[str, float]:
    """The reference's figures for one action ranked by one column, on all customers."""
    pair = np.flatnonzero((customers.arm == 0) | (customers.arm == arm))
    outcome = customers.outcomes["visit"][pair].astype(int)
    treated = (customers.arm[pair] > 0).astype(int)
    score = customers.features[pair, FEATURE_NAMES.index(column)].astype(np.float64)
    found = {
        "qini_auc_score": qini_auc_score(outcome, score, treated),
        "uplift_auc_score": uplift_auc_score(outcome, score, treated),
    }
    for share in SHARES:
        top = uplift_at_k(outcome, score, treated, strategy="overall", k=share)
        found[f"uplift_at_k.{share:g}"] = top
    return {name: float(value) for name, value in found.items()}


def main() -> None:
    """Every action with every score."""
    customers = load(DATA)
    cases = {
        f"{action}.{name}": case(customers, arm, column)
        for arm, action in enumerate(ACTIONS, start=1)
        for name, column in SCORES.items()
    }
    content = {"oracle": "scikit-uplift 0.5.1", "data": "hillstrom, all rows", "cases": cases}
    (HERE / "uplift_metrics.json").write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
