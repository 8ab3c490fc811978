"""The model card: what the model is, what was found, and what the data cannot tell.

A paragraph of the card is one long line.
"""
# ruff: noqa: E501

from __future__ import annotations

from liftgate_training import card_tables as tables
from liftgate_training import card_words as words
from liftgate_training.compare import treated_shares
from liftgate_training.crossfit import FOLDS
from liftgate_training.findings import Findings
from liftgate_training.hillstrom import ACTIONS, ARMS, EMAIL_FEE_USD, POST_TREATMENT
from liftgate_training.hillstrom_contract import ASSUMPTIONS, IDENTITY
from liftgate_training.split import HOLDOUT_SHARE, MASKED_SHARE, SEED


def render_card(findings: Findings) -> str:
    """The whole card as Markdown."""
    sections = (
        _what_it_is(findings),
        "## In short\n\nAll on held-out customers, with 95 % intervals.\n\n"
        + words.in_short(findings),
        _use(),
        _data(findings),
        _assumptions(findings),
        _fitting(findings),
        _ranking(findings),
        _calibration(findings),
        _policies(findings),
        "## What the data cannot tell\n\n" + words.cannot_tell(findings),
        _reproduce(findings),
    )
    return "\n\n".join(sections) + "\n"


def _what_it_is(findings: Findings) -> str:
    warning = (
        ""
        if findings.is_complete
        else "\n\n**Not for use: fitted on a subsample, to test the software.**"
    )
    return f"""# {IDENTITY.name}, version {IDENTITY.version}{warning}

{IDENTITY.description}. For a customer it predicts, for each of {_listed(ACTIONS)} against `no_offer`, the incremental visits (`visit`), incremental spend (`spend`, USD) and incremental voucher cost (`incentive`, USD), each with bootstrap replicates, and the outcomes to expect without an e-mail (baselines)."""


def _use() -> str:
    return f"""## Use

For: examples, tests and demonstrations of Liftgate on real randomized data; a pattern for exporting a model of one's own. Rank by `visit`; `spend` is there for reporting.

Not for: deciding about real customers. It knows one retailer in 2008, vouchers that were never sent, and customers who had all bought within a year; the allowed ranges reach beyond what was seen, and there the trees only repeat their outermost leaves. `{"`, `".join(POST_TREATMENT)}` are outcomes and never features."""


def _data(findings: Findings) -> str:
    training, held_out = findings.training, findings.holdout.customers
    counts = [
        [name, f"{int((training.arm == arm).sum()):,}", f"{int((held_out.arm == arm).sum()):,}"]
        for arm, name in enumerate(ARMS)
    ]
    return f"""## Data

The Hillstrom (MineThatData) e-mail experiment: customers randomized to three arms with probability 1/3 each, outcomes of the two weeks after. Source and columns: `training/data/hillstrom`.

{tables.table(["arm", "train", "held out"], counts)}

One split, stratified by arm and visit, {100 * HOLDOUT_SHARE:g} % held out, seed {SEED}, fixed before the first fit. Seeds tried: 1. Splits tried: 1.

{tables.feature_table(findings)}

Any feature may be missing. The data hold no missing value, so {100 * MASKED_SHARE:g} % of the training values, drawn by a seeded lot, were hidden while fitting: the trees learned where to send a missing value from customers whose value was in truth known, which is right for values missing at random and for no others. An unknown category is treated like a missing one. Held-out figures are on complete rows."""


def _assumptions(findings: Findings) -> str:
    derived = (
        f"The derived value of an incremental visit is {findings.terms.derived_value:.4f} USD; "
        f"every figure below and the shipped program use {findings.terms.value_per_visit:.2f} USD."
    )
    return f"## Assumptions\n\n{words.bullets(ASSUMPTIONS)}\n\n{derived}"


def _fitting(findings: Findings) -> str:
    replicates = len(findings.trained.heads["visit"].replicates)
    return f"""## How it was fitted

X-learner (Künzel, Sekhon, Bickel, Yu 2019) for `visit` and `spend`, with LightGBM trees and the known propensity 1/2 of each action against `no_offer`; one regression per arm for `incentive`, which without an e-mail is zero by definition, and so is its baseline. {replicates} fits a head on customers drawn with replacement; the point score is their mean.

The size of the effect trees was chosen per head by {FOLDS}-fold cross-validation on the training part, by the squared error against doubly robust pseudo-outcomes (one fit each, no bagging); the table shows the gain over predicting the same effect for everybody, where a negative gain means that the trees are worse than that. A first grid for `spend` and `incentive` (10 and 20 trees) chose its smallest member, which was worse than a constant, so it was widened downwards to 2 and 5 trees; the rule for the calibrators was settled on the training part as well: first shrinking slopes towards 0, then towards 1, then with folds centred. After the held-out figures had first been seen the model was not changed; what changed is how the calibration error is reported (the bootstrap interval first planned only adds noise to it).

{tables.trial_table(findings)}

Calibrators were fitted out of fold, on doubly robust pseudo-outcomes. Each slope is the precision-weighted mean of the estimate and a prior of 1 (standard deviation 0.5), so where the data are silent the head keeps its own scale; isotonic regression would have been used had it been better by more than a standard error.

{tables.fitted_table(findings)}"""


def _ranking(findings: Findings) -> str:
    return f"""## Held-out effects and ranking

{tables.effect_table(findings)}

{tables.ranking_table(findings)}

Intervals: percentile bootstrap over held-out customers, {findings.resamples} resamples, the model held fixed. Qini and AUUC are normalised by the perfect curve, as in scikit-uplift 0.5.1 (`qini_auc_score`, `uplift_auc_score`); uplift in the top share is its `uplift_at_k` with strategy "overall"; AUCC is the area under incremental visits against incremental cost, by falling predicted efficiency.

![Extra visits against customers reached, by predicted uplift and in random order](plots/qini.svg)"""


def _calibration(findings: Findings) -> str:
    return f"""## Calibration

{tables.calibration_table(findings)}

Slope and intercept: regression of doubly robust pseudo-outcomes on the prediction (1 and 0 are right; a head that predicts nearly the same for everybody leaves the slope undetermined). ECE: mean distance of predicted and observed effect over ten equal-mass bins; "by chance" is what exact predictions would show with these sample sizes, so an ECE below that 95 % bound is no evidence of miscalibration. Falls: neighbouring bins where the observed effect falls, and how many of them by more than their error. Rank stability: mean Spearman correlation between replicates.

{words.calibration_words(findings)}

![Observed against predicted visit uplift](plots/calibration-visit.svg)

![Observed against predicted voucher cost](plots/calibration-incentive.svg)"""


def _policies(findings: Findings) -> str:
    shares = treated_shares(findings.holdout, findings.terms)
    given = ", ".join(f"`{name}` {100 * share:.1f} %" for name, share in shares.items())
    best = ACTIONS[findings.terms.best_email]
    return f"""## Policies on held-out customers

USD per customer of the whole population; value is incremental visits at {findings.terms.value_per_visit:.2f} USD, spend is vouchers and {EMAIL_FEE_USD:.2f} USD an e-mail. Rivals: a random e-mail to random customers; the e-mail that was best on the training part (`{best}`) to random customers; the e-mail with the highest predicted response to the customers likeliest to visit. Values and spends along each path are unbiased estimates from the randomized arms (reading a value off at an estimated spend is not quite, for both are noisy); differences are paired. The spend levels are 10, 25, 50 and 75 % of what `{best}` to everybody cost on the training part.

{tables.spend_table(findings)}

"Estimated" spend is what the held-out customers' purchases imply under the voucher assumption, and is as noisy as those purchases. "As predicted" is what a budget ledger would charge: it is exactly equal between the policies but takes the model's cost head at its word, which favours the policy that uses it. Only the estimated readings put the cost head itself to the test.

![Held-out value against spend for four policies](plots/cost-curve.svg)

![Liftgate's lead over each rival at equal spend](plots/policy-value.svg)

Without a budget, everybody whose predicted net value is above zero is treated ({given}):

{tables.profit_table(findings)}

{words.profit_words(findings)}"""


def _reproduce(findings: Findings) -> str:
    rows = "" if findings.is_complete else " --rows N (see the manifest for N)"
    return f"""## Reproduce

```
cd training
pip install --require-hashes -r requirements.lock && pip install --no-deps -e .
liftgate-train hillstrom --out ../models/{IDENTITY.name}/{IDENTITY.version}{rows}
liftgate-train check ../models/{IDENTITY.name}/{IDENTITY.version}
```

The same data, library versions (in `manifest.json`) and platform give the same bytes; the folder must not exist yet. All figures of this card, with the bins, are in `manifest.json` under `metrics`."""


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(f"`{name}`" for name in names)
