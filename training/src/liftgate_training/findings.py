"""What a run found out, and its form in the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from liftgate_training.assess import (
    HEADS,
    Holdout,
    calibration_bins,
    calibration_summary,
    rank_stability,
)
from liftgate_training.compare import Terms, treated_shares
from liftgate_training.crossfit import FOLDS
from liftgate_training.hillstrom import (
    ACTIONS,
    ARM_PROBABILITY,
    ARMS,
    POST_TREATMENT,
    Experiment,
    file_sha256,
)
from liftgate_training.hillstrom_contract import ASSUMPTIONS
from liftgate_training.resampling import Draws
from liftgate_training.split import HOLDOUT_SHARE, MASKED_SHARE, SEED
from liftgate_training.train import Trained


@dataclass(frozen=True)
class Findings:
    """Everything the card, the plots and the manifest say about one run."""

    holdout: Holdout
    training: Experiment
    trained: Trained
    terms: Terms
    by_action: Mapping[str, Mapping[str, Draws]]
    policies: Mapping[str, Draws]
    resamples: int

    @property
    def is_complete(self) -> bool:
        """Whether all 64,000 customers took part; a smaller run is a test and not for use."""
        return len(self.training) + len(self.holdout.customers) == 64_000


def metrics_json(findings: Findings) -> dict[str, Any]:
    """Held-out figures with intervals, and the selection record, for `manifest.metrics`."""
    holdout = findings.holdout
    heads = {
        name: {
            action: {
                "calibration": calibration_summary(calibration_bins(holdout, column, name)),
                "rankStability": rank_stability(holdout, name, column),
                "fittedCalibration": findings.trained.heads[name].calibrations[action].to_json(),
            }
            for column, action in enumerate(ACTIONS)
        }
        for name in HEADS
    }
    return {
        "part": "holdout",
        "intervals": {
            "method": "percentile bootstrap over customers, model held fixed",
            "coverage": 0.95,
            "resamples": findings.resamples,
        },
        "actions": {action: _intervals(draws) for action, draws in findings.by_action.items()},
        "heads": heads,
        "policies": {
            "valuePerVisitUsd": findings.terms.value_per_visit,
            "derivedValuePerVisitUsd": float(f"{findings.terms.derived_value:.9g}"),
            "bestEmailOnTrain": ACTIONS[findings.terms.best_email],
            "spendLevelsUsdPerCustomer": list(findings.terms.levels),
            "shares": treated_shares(holdout, findings.terms),
            "figures": _intervals(findings.policies),
        },
        "selection": {
            "seedsTried": 1,
            "splitsTried": 1,
            "folds": FOLDS,
            "trials": {
                name: [trial.to_json() for trial in head.trials]
                for name, head in findings.trained.heads.items()
            },
        },
    }


def training_json(data: Path, customers: Experiment, findings: Findings) -> dict[str, Any]:
    """Where the model comes from, for `manifest.training`."""
    return {
        "data": {
            "name": "hillstrom",
            "file": data.name,
            "sha256": file_sha256(data),
            "rows": len(customers),
        },
        "window": None,
        "windowReason": "the publisher gives no dates of the e-mails; published 2008-03-20",
        "rows": {"train": len(findings.training), "holdout": len(findings.holdout.customers)},
        "rowsPerArm": {
            name: int(np.sum(findings.training.arm == arm)) for arm, name in enumerate(ARMS)
        },
        "assignment": {
            "kind": "randomized",
            "probabilities": dict.fromkeys(ARMS, ARM_PROBABILITY),
        },
        "unit": "customer",
        "postTreatment": list(POST_TREATMENT),
        "assumptions": list(ASSUMPTIONS),
        "split": {
            "seed": SEED,
            "holdoutShare": HOLDOUT_SHARE,
            "strata": "arm x visit",
            "maskedShare": MASKED_SHARE,
        },
    }


def _intervals(draws: Mapping[str, Draws]) -> dict[str, Any]:
    return {name: values.interval().to_json() for name, values in draws.items()}
