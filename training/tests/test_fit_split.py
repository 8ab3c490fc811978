"""The data, its one split, and the fits are what the card says, and the same every time."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from liftgate_training.experiment import GROSS_MARGIN, VALUE_PER_VISIT_USD, settle_terms
from liftgate_training.fit import HeadShapes, TreeShape, fit_cost, fit_x, raw_scores, resampled
from liftgate_training.hillstrom import ARMS, Experiment, incentive_cost, load
from liftgate_training.split import MASKED_SHARE, bootstrap_rows, folds, mask, split, subsample

DATA = Path(__file__).parents[1] / "data" / "hillstrom" / "hillstrom.csv.gz"
SMALL = HeadShapes(TreeShape(10, 4, 50), TreeShape(10, 4, 50))


@pytest.fixture(scope="module")
def customers() -> Experiment:
    return load(DATA)


def test_the_file_holds_the_published_counts_and_means(customers: Experiment) -> None:
    # The table of training/data/hillstrom/SOURCE.md.
    assert [int(np.sum(customers.arm == arm)) for arm in range(len(ARMS))] == [21306, 21307, 21387]
    visits = [customers.outcomes["visit"][customers.arm == arm].mean() for arm in range(3)]
    np.testing.assert_allclose(visits, [0.106167, 0.182757, 0.151400], atol=5e-7)
    assert customers.outcomes["spend"].mean() == pytest.approx(1.050908, abs=5e-7)
    assert customers.outcomes["conversion"].sum() == 578


def test_a_file_with_other_columns_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "other.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    with pytest.raises(ValueError, match=r"expected the columns .*recency.*found \['a', 'b'\]"):
        load(path)


def test_no_voucher_is_paid_without_an_email() -> None:
    cost = incentive_cost(np.array([50.0, 50.0, 0.0]), np.array([0, 1, 2]))
    np.testing.assert_allclose(cost, [0.0, 5.0, 0.0])


def test_the_split_is_a_partition_and_the_same_every_time(customers: Experiment) -> None:
    first, second = split(customers), split(customers)
    np.testing.assert_array_equal(first.holdout, second.holdout)
    both = np.concatenate([first.train, first.holdout])
    np.testing.assert_array_equal(np.sort(both), np.arange(64_000))


def test_the_split_keeps_arms_and_visits_in_proportion(customers: Experiment) -> None:
    parts = split(customers)
    for arm in range(len(ARMS)):
        for visit in (0.0, 1.0):
            stratum = (customers.arm == arm) & (customers.outcomes["visit"] == visit)
            assert abs(stratum[parts.holdout].sum() - 0.4 * stratum.sum()) <= 0.5


def test_folds_are_balanced_within_arms(customers: Experiment) -> None:
    fold = folds(customers, 5)
    for arm in range(len(ARMS)):
        counts = np.bincount(fold[customers.arm == arm])
        assert counts.max() - counts.min() <= 2


def test_replicates_differ_and_repeat() -> None:
    np.testing.assert_array_equal(bootstrap_rows(100, 3), bootstrap_rows(100, 3))
    assert not np.array_equal(bootstrap_rows(100, 3), bootstrap_rows(100, 4))


def test_the_mask_hides_its_share_and_changes_nothing_else(customers: Experiment) -> None:
    hidden = mask(customers.features)
    missing = np.isnan(hidden)
    assert missing.mean() == pytest.approx(MASKED_SHARE, abs=0.001)
    np.testing.assert_array_equal(hidden[~missing], customers.features[~missing])


def test_a_visit_is_worth_three_dollars_on_the_training_part(customers: Experiment) -> None:
    training = customers.take(split(customers).train)
    terms = settle_terms(training)
    spend, visit = training.outcomes["spend"], training.outcomes["visit"]
    arms = [training.arm == arm for arm in range(3)]
    gained = [sum(y[arms[a]].mean() - y[arms[0]].mean() for a in (1, 2)) for y in (spend, visit)]
    assert terms.derived_value == pytest.approx(GROSS_MARGIN * gained[0] / gained[1], rel=1e-12)
    assert round(terms.derived_value, 1) == VALUE_PER_VISIT_USD


def test_the_x_learner_finds_an_effect_that_depends_on_one_feature(customers: Experiment) -> None:
    random = np.random.default_rng(7)
    few = subsample(customers, 12_000)
    womens = few.features[:, 4] == 1
    effect = np.where(few.arm == 2, np.where(womens, 0.5, 0.1), 0.0) + 0.3 * (few.arm == 1)
    outcome = few.features[:, 0] / 12 + effect + random.normal(0, 0.2, len(few))
    world = Experiment(few.features, few.arm, {"visit": outcome}, few.vocabularies)
    shapes = HeadShapes(TreeShape(60, 8, 50), TreeShape(60, 4, 50))
    scores = raw_scores([fit_x(world, "visit", shapes)], few.features)[:, :, 0]
    assert scores[:, 0].mean() == pytest.approx(0.3, abs=0.02)
    assert scores[womens, 1].mean() == pytest.approx(0.5, abs=0.03)
    assert scores[~womens, 1].mean() == pytest.approx(0.1, abs=0.03)


def test_fits_are_bitwise_the_same_twice(customers: Experiment) -> None:
    few = subsample(customers, 4000)
    first, second = (
        raw_scores([fit_x(resampled(few, 0), "visit", SMALL)], few.features) for _ in range(2)
    )
    assert first.tobytes() == second.tobytes()


def test_the_cost_head_predicts_the_mean_cost_of_the_treated(customers: Experiment) -> None:
    scores = raw_scores([fit_cost(customers, "incentive", SMALL)], customers.features)[:, :, 0]
    for arm in (1, 2):
        observed = customers.outcomes["incentive"][customers.arm == arm].mean()
        assert scores[:, arm - 1].mean() == pytest.approx(observed, rel=0.05)
