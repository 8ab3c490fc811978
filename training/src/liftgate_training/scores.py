"""The scores of a model twice: from the original libraries and from ONNX Runtime.

Both are a mapping of head to raw (uncalibrated) scores: [N, actions, replicates] for uplift heads,
[N] for baselines.
"""

from __future__ import annotations

import numpy as np

from liftgate_training.contract import BundleRefused, Float32Rows, Float64s, UpliftModel
from liftgate_training.graph import INPUT
from liftgate_training.learners import as_spec, predict

Scores = dict[str, Float64s]

ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE = 1e-6, 1e-5
DENIED_RUNTIMES = ("1.26.", "1.27.", "1.28.")
"""These return wrong probabilities from tree classifiers (microsoft/onnxruntime #28557)."""


def original_scores(model: UpliftModel, rows: Float32Rows) -> Scores:
    """What the libraries that fitted the model predict: the reference."""
    scores: Scores = {}
    for head in model.heads:
        by_action = [
            np.stack([predict(each[action], rows) for each in head.replicates], axis=1)
            for action in model.actions
        ]
        scores[head.id] = np.stack(by_action, axis=1)
    for baseline in model.baselines:
        scores[baseline.id] = predict(as_spec(baseline.model), rows)
    return scores


class Runtime:
    """One ONNX Runtime session with one thread, as the service runs it."""

    def __init__(self, content: bytes) -> None:
        import onnxruntime  # noqa: PLC0415  an optional extra, needed only to check

        self.version = str(onnxruntime.__version__)
        if self.version.startswith(DENIED_RUNTIMES):
            raise BundleRefused(
                "parity", f"onnxruntime {self.version} scores trees wrongly; install 1.30.0"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )
        self._names = [output.name for output in self._session.get_outputs()]

    def scores(self, rows: Float32Rows) -> Scores:
        """The graph's outputs, widened to double."""
        outputs = self._session.run(None, {INPUT: rows})
        return {
            name: np.asarray(output, dtype=np.float64)
            for name, output in zip(self._names, outputs, strict=True)
        }


def tolerance(reference: Float64s) -> Float64s:
    """How far a graph's score may be from the reference."""
    return np.maximum(ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE * np.abs(reference))


def action_values(model: UpliftModel, scores: Scores) -> Float64s:
    """Calibrated point estimates [N, actions] of the first value head: what decides golden rows."""
    head = next(head.id for head in model.heads if head.kind == "value")
    return calibrated(model, head, scores[head].mean(axis=2))


def calibrated(model: UpliftModel, head: str, points: Float64s) -> Float64s:
    """The calibrated values [N, actions] of a head's raw points (means over replicates)."""
    by_action = [
        model.calibration[head][action].apply(points[:, column])
        for column, action in enumerate(model.actions)
    ]
    return np.stack(by_action, axis=1)
