"""Calibrators recover known maps; calibration figures match closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from liftgate_training.calibrate import (
    MINIMUM_SLOPE,
    calibrate,
    fit_isotonic,
    fit_linear,
    posterior_slope,
    slope_with_error,
)
from liftgate_training.calibration_metrics import (
    Bin,
    Predicted,
    bins,
    ece_if_perfect,
    expected_calibration_error,
    line,
    monotonicity_violations,
)
from liftgate_training.contract import Isotonic, Linear

SEED = 5


def folds_of(count: int) -> np.ndarray:
    return np.arange(count) % 5


def test_a_line_is_recovered_where_the_data_speak() -> None:
    random = np.random.default_rng(SEED)
    scores = random.normal(0, 1, 20_000)
    pseudo = 0.3 + 2.0 * scores + random.normal(0, 1, 20_000)
    found = calibrate(scores, pseudo, folds_of(20_000))
    assert isinstance(found.calibrator, Linear)
    assert found.calibrator.slope == pytest.approx(2.0, abs=4 * found.slope_error)
    assert found.calibrator.intercept == pytest.approx(0.3, abs=0.03)


def test_the_slope_error_is_that_of_the_textbook() -> None:
    random = np.random.default_rng(SEED)
    scores = random.normal(0, 2, 50_000)
    pseudo = scores + random.normal(0, 3, 50_000)
    _, error = slope_with_error(scores, pseudo, np.zeros(50_000, dtype=np.int64))
    assert error == pytest.approx(3 / (2 * np.sqrt(50_000)), rel=0.03)


def test_differences_between_folds_do_not_move_the_slope() -> None:
    random = np.random.default_rng(SEED)
    fold = folds_of(5000)
    scores = random.normal(0, 1, 5000)
    pseudo = scores + random.normal(0, 0.1, 5000)
    slope, _ = slope_with_error(scores, pseudo, fold)
    shifted, _ = slope_with_error(scores + 10.0 * fold, pseudo - 10.0 * fold, fold)
    assert shifted == pytest.approx(slope, abs=1e-9)


def test_silent_data_leave_the_scale_and_correct_the_mean() -> None:
    scores = np.zeros(100)
    found = fit_linear(scores, np.full(100, 0.7), folds_of(100))
    assert (found.intercept, found.slope) == pytest.approx((0.7, 1.0))
    assert posterior_slope(-3.0, 1e9) == pytest.approx(1.0)


def test_a_credibly_falling_slope_is_held_at_the_minimum() -> None:
    random = np.random.default_rng(SEED)
    scores = random.normal(0, 1, 5000)
    found = calibrate(scores, -scores + random.normal(0, 0.1, 5000), folds_of(5000))
    assert found.kept_slope == MINIMUM_SLOPE
    assert found.to_json()["floored"] is True


def test_a_bent_curve_is_calibrated_by_isotonic_regression() -> None:
    random = np.random.default_rng(SEED)
    scores = random.uniform(-2, 2, 20_000)
    pseudo = np.maximum(scores, 0.0) * 2 + random.normal(0, 0.2, 20_000)
    found = calibrate(scores, pseudo, folds_of(20_000))
    assert isinstance(found.calibrator, Isotonic)
    at = np.array([-1.0, 0.5, 1.5])
    np.testing.assert_allclose(found.calibrator.apply(at), [0.0, 1.0, 3.0], atol=0.1)


def test_isotonic_regression_pools_adjacent_violators() -> None:
    found = fit_isotonic(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.0, 2.0, 4.0]))
    assert found == Isotonic((1.0, 2.5, 4.0), (1.0, 2.5, 4.0))


def test_equal_scores_share_one_isotonic_block() -> None:
    found = fit_isotonic(np.array([1.0, 1.0, 2.0, 2.0]), np.array([0.0, 2.0, 3.0, 5.0]))
    assert found == Isotonic((1.0, 2.0), (1.0, 4.0))


def test_bins_hold_the_difference_of_means_and_its_error() -> None:
    # Ten bins of four: two treated with outcomes 0 and 2, two control with 0 and 0.
    effect = np.repeat(np.arange(10.0), 4)
    arm = np.tile([1, 1, 0, 0], 10)
    outcome = np.tile([0.0, 2.0, 0.0, 0.0], 10)
    found = bins(Predicted(effect, outcome, arm, 1))
    assert [item.predicted for item in found] == list(range(10))
    assert all(item.observed == 1.0 for item in found)
    assert all(item.standard_error == pytest.approx(1.0) for item in found)
    assert expected_calibration_error(found) == pytest.approx(np.mean(np.abs(np.arange(10) - 1)))


def test_the_error_of_a_perfect_model_is_the_folded_normal() -> None:
    mean, limit = ece_if_perfect([Bin(0.0, 0.0, 2.0, 100)])
    assert mean == pytest.approx(2 * np.sqrt(2 / np.pi))
    assert limit == pytest.approx(2 * 1.959964, rel=0.02)


def test_the_calibration_line_is_least_squares_with_repeated_rows() -> None:
    effect = np.array([0.0, 1.0, 2.0, 5.0])
    pseudo = np.array([1.0, 2.0, 2.0, 7.0])
    slope, intercept = line(effect, pseudo, np.array([[1.0, 1, 1, 1], [2.0, 0, 1, 3]]))
    expected = [
        np.polyfit(effect, pseudo, 1),
        np.polyfit(effect[[0, 0, 2, 3, 3, 3]], pseudo[[0, 0, 2, 3, 3, 3]], 1),
    ]
    np.testing.assert_allclose(np.column_stack([slope, intercept]), expected)


def test_only_falls_beyond_their_errors_are_credible_violations() -> None:
    found = [Bin(0, 1.0, 0.1, 9), Bin(1, 0.9, 0.1, 9), Bin(2, 0.2, 0.1, 9), Bin(3, 2.0, 0.1, 9)]
    assert monotonicity_violations(found) == (2, 1)
