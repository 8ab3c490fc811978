"""A head's learner specs, sorted by what they need in the graph.

Every output column (one action in one replicate) is a weighted sum of models. Trees without a link
become one ensemble with the weights folded into the leaves, linear functions one column of a
matrix; models behind a sigmoid keep their own margin and a weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from liftgate_training.learners import Float64s, Inserted, LearnerSpec
from liftgate_training.readers import Form, LinearForm, TreeForm, read
from liftgate_training.trees import Ensemble, folded, merged, pruned, scaled


@dataclass(frozen=True)
class Linked:
    """`weight` * sigmoid(form's score), added to output column `column`."""

    column: int
    weight: float
    form: Form


@dataclass(frozen=True)
class Columns:
    """The output columns of a head: trees + rows @ coefficients + intercepts + linked terms."""

    trees: tuple[Ensemble, ...]
    coefficients: Float64s
    intercepts: Float64s
    linked: tuple[Linked, ...]
    takes_missing: bool

    @property
    def only_trees(self) -> bool:
        """Whether one tree op says it all."""
        return not (np.any(self.coefficients) or np.any(self.intercepts) or self.linked)


def columns_of(specs: Sequence[LearnerSpec], width: int) -> Columns:
    """The columns of specs over rows of `width` features."""
    trees: list[Ensemble] = []
    linked: list[Linked] = []
    coefficients, intercepts = np.zeros((width, len(specs))), np.zeros(len(specs))
    takes_missing = True
    for column, spec in enumerate(specs):
        parts: list[Ensemble] = []
        for term in spec.terms():
            form = read(term.model)
            takes_missing &= form.takes_missing
            if term.inserted is not None:
                form = _without(form, term.inserted)
            if form.sigmoid:
                linked.append(Linked(column, term.weight, form))
            elif isinstance(form, LinearForm):
                coefficients[:, column] += term.weight * form.coefficients
                intercepts[column] += term.weight * form.intercept
            else:
                parts.append(_weighted(form.ensemble, term.weight))
        trees.append(_joined(parts))
    return Columns(tuple(trees), coefficients, intercepts, tuple(linked), takes_missing)


def _without(form: Form, inserted: Inserted) -> Form:
    """The form on rows that lack the constant column `inserted`."""
    if isinstance(form, TreeForm):
        trees = tuple(folded(tree, inserted) for tree in form.ensemble.trees)
        return TreeForm(Ensemble(trees, form.ensemble.base), form.sigmoid, form.takes_missing)
    shift = float(form.coefficients[inserted.index]) * inserted.value
    rest = np.delete(form.coefficients, inserted.index)
    return LinearForm(rest, form.intercept + shift, form.sigmoid)


def _weighted(ensemble: Ensemble, weight: float) -> Ensemble:
    return Ensemble(tuple(scaled(tree, weight) for tree in ensemble.trees), ensemble.base * weight)


def _joined(parts: Sequence[Ensemble]) -> Ensemble:
    trees = merged([pruned(tree) for part in parts for tree in part.trees])
    return Ensemble(trees, sum(part.base for part in parts))
