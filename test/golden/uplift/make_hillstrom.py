"""Writes hillstrom.json beside this file, with scikit-uplift 0.5.1 and causalml 0.18.0 as the oracles.

Run by hand: pip install scikit-uplift==0.5.1 causalml==0.18.0; python <this file>.
The scores are formulas of the data, so that the golden values need no fitted model. With i the row in
the file, from 0:

    fine    history + i / 1048576        no two rows alike: causalml leaves the order of ties to its sort
    coarse  recency                      twelve values; scikit-uplift alone
    worse   -fine
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from causalml.metrics.visualize import auuc_score, get_cumgain, get_qini, qini_score
from sklift.metrics import (
    qini_auc_score,
    qini_curve,
    uplift_at_k,
    uplift_auc_score,
    uplift_curve,
)

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "training" / "data" / "hillstrom" / "hillstrom.csv.gz"
ACTIONS = ("Mens E-Mail", "Womens E-Mail")
SHARES = (0.1, 0.3, 0.5)
POINTS = 20


def main() -> None:
    """Every action with every score."""
    data = pd.read_csv(DATA)
    fine = data["history"] + np.arange(len(data)) / 1048576
    scores = {"fine": fine, "coarse": data["recency"].astype(float), "worse": -fine}
    cases = [
        {"action": action, "score": name} | case(data, action, score, ties=name == "coarse")
        for action in ACTIONS
        for name, score in scores.items()
    ]
    content = {"oracles": ["scikit-uplift 0.5.1", "causalml 0.18.0"], "cases": cases}
    (HERE / "hillstrom.json").write_text(json.dumps(content, indent=1) + "\n")


def case(data: pd.DataFrame, action: str, score: pd.Series, *, ties: bool) -> dict[str, object]:
    pair = data["segment"].isin(["No E-Mail", action]).to_numpy()
    frame = pd.DataFrame(
        {
            "y": data["visit"][pair].to_numpy(),
            "w": (data["segment"][pair] == action).astype(int).to_numpy(),
            "score": score[pair].to_numpy(),
        }
    )
    columns = frame["y"], frame["score"], frame["w"]
    found: dict[str, object] = {
        "qini_auc_score": float(qini_auc_score(*columns)),
        "uplift_auc_score": float(uplift_auc_score(*columns)),
        "qini_curve": points(*qini_curve(*columns)),
        "uplift_curve": points(*uplift_curve(*columns)),
    }
    for strategy in ("overall", "by_group"):
        found[f"uplift_at_k.{strategy}"] = [
            [k, float(uplift_at_k(*columns, strategy=strategy, k=k))] for k in SHARES
        ]
    return found if ties else found | causal(frame)


def causal(frame: pd.DataFrame) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, curve, area in (("gain", get_cumgain, auuc_score), ("qini", get_qini, qini_score)):
        plain = curve(frame, normalize=False)["score"].to_numpy()
        found[f"causalml.{name}"] = points(np.arange(len(plain)), plain)
        found[f"causalml.{name}.normalized"] = float(area(frame, normalize=True)["score"])
    return found


def points(x: np.ndarray, y: np.ndarray) -> list[list[float]]:
    """Some of a curve's points, with the first and the last: [position, x, y]."""
    at = np.unique(np.linspace(0, len(x) - 1, POINTS).round().astype(int))
    return [[int(i), float(x[i]), float(y[i])] for i in at]


if __name__ == "__main__":
    main()
