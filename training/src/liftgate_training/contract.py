"""What a model folder holds: features, heads, calibrators, and what is said about them.

The names are those of the manifest (`openapi/model-manifest.schema.json`). Everything here is a
frozen value; nothing reads or writes a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from liftgate_training.learners import LearnerSpec

Float32Rows = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]

NO_OFFER = "no_offer"
"""The action that is always there and never a column of the graph: its uplift is zero."""

UNKNOWN_CODE = -1.0
"""The code of a category that is not in the vocabulary. Missing is NaN, which is not the same."""


class BundleRefused(Exception):
    """A gate refused to write the folder. `gate` names it; the text says what would be right."""

    def __init__(self, gate: str, reason: str) -> None:
        super().__init__(f"gate {gate}: {reason}")
        self.gate = gate


@dataclass(frozen=True)
class Feature:
    """One column of the packed float32 row.

    `minimum` and `maximum` are the range a caller may send, ends included (numeric only);
    `vocabulary` gives a categorical feature's codes: the code is the position.
    """

    name: str
    kind: Literal["numeric", "categorical", "boolean"]
    source: Literal["store", "request", "context"] = "store"
    on_missing: Literal["nan", "default", "reject"] = "nan"
    default: float | str | bool | None = None
    minimum: float | None = None
    maximum: float | None = None
    vocabulary: tuple[str, ...] = ()
    unit: str = ""
    description: str = ""
    max_age: str | None = None

    def __post_init__(self) -> None:
        categorical = self.kind == "categorical"
        if categorical and not self.vocabulary:
            raise ValueError(f"feature {self.name}: a categorical feature needs a vocabulary")
        if len(set(self.vocabulary)) != len(self.vocabulary):
            raise ValueError(f"feature {self.name}: the vocabulary holds a value twice")
        if not categorical and self.vocabulary:
            raise ValueError(f"feature {self.name}: only a categorical feature has a vocabulary")
        if (self.on_missing == "default") != (self.default is not None):
            raise ValueError(
                f"feature {self.name}: a default goes with on_missing='default' and only with it"
            )
        if self.kind == "numeric" and (self.minimum is None or self.maximum is None):
            raise ValueError(
                f"feature {self.name}: a numeric feature needs a minimum and a maximum"
            )

    @property
    def code_range(self) -> tuple[float, float]:
        """The lowest and the highest value of the encoded column; missing is apart."""
        if self.kind == "categorical":
            return UNKNOWN_CODE, float(len(self.vocabulary) - 1)
        if self.minimum is None or self.maximum is None:
            return 0.0, 1.0
        return self.minimum, self.maximum


@dataclass(frozen=True)
class UpliftHead:
    """A head of output shape [N, actions, replicates]: the effect of each action on one outcome.

    `replicates` has one item per bootstrap fit, each a learner spec per action. The head's point
    estimate is the mean over replicates, its uncertainty their sample standard deviation.
    """

    id: str
    kind: Literal["value", "cost"]
    label: str
    outcome: str
    horizon_days: int
    unit: str
    replicates: Sequence[Mapping[str, LearnerSpec]]


@dataclass(frozen=True)
class BaselineHead:
    """A head of output shape [N]: the outcome without any action, for the value head `of`.

    `model` is a fitted model a reader understands, or a learner spec.
    """

    id: str
    of: str
    label: str
    outcome: str
    horizon_days: int
    unit: str
    model: object


class Calibrator(Protocol):
    """A monotone map from raw scores to values, applied by the service, never in the graph."""

    def apply(self, scores: Float64s) -> Float64s: ...

    def to_json(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Identity:
    """The score is the value."""

    def apply(self, scores: Float64s) -> Float64s:
        return scores

    def to_json(self) -> dict[str, Any]:
        return {"kind": "identity"}


@dataclass(frozen=True)
class Linear:
    """value = intercept + slope * score."""

    intercept: float
    slope: float

    def apply(self, scores: Float64s) -> Float64s:
        return self.intercept + self.slope * scores

    def to_json(self) -> dict[str, Any]:
        return {"kind": "linear", "intercept": float(self.intercept), "slope": float(self.slope)}


@dataclass(frozen=True)
class Isotonic:
    """Piecewise linear through (x, y), clipped at the ends; x increases, y does not decrease."""

    x: tuple[float, ...]
    y: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y) or not self.x:
            raise ValueError("an isotonic calibrator needs as many x as y, at least one")
        if np.any(np.diff(self.x) <= 0) or np.any(np.diff(self.y) < 0):
            raise ValueError("an isotonic calibrator needs x strictly increasing, y not decreasing")

    def apply(self, scores: Float64s) -> Float64s:
        return np.asarray(np.interp(scores, self.x, self.y), dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": "isotonic",
            "x": [float(value) for value in self.x],
            "y": [float(value) for value in self.y],
        }


@dataclass(frozen=True)
class UpliftModel:
    """Everything that scores: what `model.onnx` and the calibrators of the manifest are made from.

    `actions` leaves out no_offer and gives the order of the action axis. `calibration` needs every
    head of `heads` and every action.
    """

    features: Sequence[Feature]
    actions: Sequence[str]
    heads: Sequence[UpliftHead]
    baselines: Sequence[BaselineHead]
    calibration: Mapping[str, Mapping[str, Calibrator]]


@dataclass(frozen=True)
class ModelIdentity:
    """Which model this is. `created_at` is given, never read from the clock: digests reproduce."""

    name: str
    version: str
    created_at: str
    description: str = ""
    expires_at: str | None = None


@dataclass(frozen=True)
class ModelRecord:
    """What is said about the model: goes into the manifest and the card as it is.

    `training` needs the manifest's keys data, window, rows, rowsPerArm, assignment, unit,
    postTreatment, assumptions; `learner` needs family, base, parameters (libraries is filled in).
    `plots` maps a file name, such as `qini.svg`, to its bytes.
    """

    identity: ModelIdentity
    training: Mapping[str, Any]
    learner: Mapping[str, Any]
    uncertainty: Mapping[str, Any]
    metrics: Mapping[str, Any]
    card: str
    plots: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class AverageEffect:
    """An average treatment effect from randomization alone (IPS or DR), with its standard error."""

    estimate: float
    standard_error: float


@dataclass(frozen=True)
class Limits:
    """Above these the folder is refused: an online service scores every action of every request."""

    max_micros_per_row: float = 200.0
    max_mb: float = 64.0


@dataclass(frozen=True)
class Evidence:
    """What the gates check the model against.

    `training_rows` (encoded, float32) feed the feature statistics, the parity gate and the golden
    rows. `holdout_rows` were not trained on; `holdout_effects` are head -> action -> the average
    effect on those same rows, in the calibrated scale of the head.
    """

    training_rows: Float32Rows
    holdout_rows: Float32Rows
    holdout_effects: Mapping[str, Mapping[str, AverageEffect]]
    limits: Limits = Limits()
    seed: int = 20261121
