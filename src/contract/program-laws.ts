/** What must hold between the fields of a program file, beyond the form of each. */
import { NO_OFFER } from "../core/domain/program.ts";
import { type Breach, budgetBreaches, unboundedBreaches, volumeBreaches } from "./budget-laws.ts";
import { durationMs } from "./identifiers.ts";
import { STICKY_DAYS_MAX } from "./limits.ts";
import type { ProgramForm } from "./program-form.ts";

export type FieldName = keyof ProgramForm;

interface Law {
  /** The fields it looks at: it is not asked while one of them is malformed. */
  readonly reads: readonly FieldName[];
  readonly faults: (program: ProgramForm) => readonly Breach[];
}

export const LAWS: readonly Law[] = [
  { reads: ["program", "state", "shadows", "budget"], faults: shadowBreaches },
  {
    reads: ["actions"],
    faults: ({ actions }) => [...noOfferOnce(actions), ...actions.flatMap(actionBreaches)],
  },
  { reads: ["models"], faults: ({ models }) => models.flatMap(routeBreaches) },
  { reads: ["objective"], faults: ({ objective }) => objective.value.flatMap(headTwice) },
  { reads: ["holdout", "evaluation"], faults: sharesOverOne },
  { reads: ["holdout", "evaluation", "exploration"], faults: saltsTwice },
  { reads: ["actions", "evaluation"], faults: tableBreaches },
  { reads: ["actions", "exploration"], faults: floorsOverOne },
  { reads: ["budget", "exploration"], faults: shareOfNothing },
  { reads: ["actions", "features"], faults: priorsMissing },
  { reads: ["actions", "caps"], faults: ({ actions, caps }) => strangersIn("caps", caps, actions) },
  { reads: ["actions", "cooldowns"], faults: ({ actions, cooldowns }) => strangersIn("cooldowns", cooldowns, actions) },
  { reads: ["program", "stickiness", "offerTtl"], faults: expiresWhileItSticks },
  { reads: ["program", "budget"], faults: budgetBreaches },
  { reads: ["actions", "budget"], faults: volumeBreaches },
  { reads: ["actions", "budget", "features"], faults: unboundedBreaches },
];

/** A shadow has an incumbent, and no money of its own. */
function shadowBreaches({ program, state, shadows, budget }: ProgramForm): readonly Breach[] {
  if (state !== "shadow") {
    return shadows === undefined ? [] : [{ path: ["shadows"], rule: "is for a program whose state is shadow" }];
  }
  const breaches: Breach[] = [];
  if (shadows === undefined) breaches.push({ path: ["shadows"], rule: "is required: a shadow decides with a program" });
  if (shadows === program) breaches.push({ path: ["shadows"], rule: "names this program: name the incumbent" });
  if (budget?.amount !== undefined) {
    const rule = "a shadow pays nothing: name the pool whose prices it decides at, { pool: <program> }";
    breaches.push({ path: ["budget", "amount"], rule });
  }
  return breaches;
}

type Actions = ProgramForm["actions"];

function noOfferOnce(actions: Actions): readonly Breach[] {
  const present = actions.some(({ id }) => id === NO_OFFER);
  return present
    ? []
    : [
        {
          path: ["actions"],
          rule: "must contain { id: no_offer }: doing nothing is always a choice",
        },
      ];
}

function actionBreaches(action: Actions[number], i: number, actions: Actions): readonly Breach[] {
  const breaches: Breach[] = [];
  if (actions.findIndex(({ id }) => id === action.id) < i) {
    breaches.push({ path: ["actions", i, "id"], rule: "is there twice: an action has one entry" });
  }
  for (const field of ["channel", "fixedCost", "maxCost", "prior"] as const) {
    const given = action[field] !== undefined;
    if (action.id === NO_OFFER && given) {
      breaches.push({
        path: ["actions", i, field],
        rule: "no_offer has an id and nothing else: it is free and worth 0",
      });
    }
    if (action.id !== NO_OFFER && !given && (field === "channel" || field === "fixedCost")) {
      breaches.push({ path: ["actions", i, field], rule: "is required; a fixedCost may be 0" });
    }
  }
  return breaches;
}

/** First match wins, so that only the last route may, and must, match everybody. */
function routeBreaches(
  route: ProgramForm["models"][number],
  i: number,
  routes: ProgramForm["models"],
): readonly Breach[] {
  const last = i === routes.length - 1;
  if (last && route.when !== undefined) {
    return [
      {
        path: ["models", i, "when"],
        rule: "the last entry must be without `when`: every user needs a model",
      },
    ];
  }
  if (!last && route.when === undefined) {
    return [
      {
        path: ["models", i, "when"],
        rule: "is required: without it the entries below are never reached",
      },
    ];
  }
  return [];
}

type Heads = ProgramForm["objective"]["value"];

function headTwice({ head }: Heads[number], i: number, heads: Heads): readonly Breach[] {
  const first = heads.findIndex((other) => other.head === head);
  return first < i
    ? [
        {
          path: ["objective", "value", i, "head"],
          rule: "is there twice: it would be counted twice",
        },
      ]
    : [];
}

function sharesOverOne({ holdout, evaluation }: ProgramForm): readonly Breach[] {
  const together = (holdout?.share ?? 0) + (evaluation?.share ?? 0);
  return together <= 1
    ? []
    : [{ path: ["evaluation", "share"], rule: "holdout and evaluation together hold at most 1" }];
}

/** Arms and draws must be independent: one salt for two of them would deal both the same luck. */
function saltsTwice({ holdout, evaluation, exploration }: ProgramForm): readonly Breach[] {
  const rule = "holdout, evaluation and exploration each need a salt of their own";
  const breaches: Breach[] = [];
  if (evaluation !== undefined && evaluation.salt === holdout?.salt)
    breaches.push({ path: ["evaluation", "salt"], rule });
  if (exploration.salt === holdout?.salt || exploration.salt === evaluation?.salt) {
    breaches.push({ path: ["exploration", "salt"], rule });
  }
  return breaches;
}

/** A weight for each action and for no other; `no_offer` may be the only one that is feasible. */
function tableBreaches({ actions, evaluation }: ProgramForm): readonly Breach[] {
  const table = evaluation?.table;
  if (table === undefined) return [];
  const path = ["evaluation", "table"];
  const strangers = Object.keys(table).filter((name) => actions.every(({ id }) => id !== name));
  const without = actions.filter(({ id }) => table[id] === undefined);
  return [
    ...strangers.map((name) => ({ path: [...path, name], rule: "is not an action of this program" })),
    ...without.map(({ id }) => ({ path, rule: `has no weight for ${id}: every action has one, 0 leaves it out` })),
    ...(table[NO_OFFER] === 0
      ? [{ path: [...path, NO_OFFER], rule: "must be more than 0: there may be nothing else to give" }]
      : []),
  ];
}

function floorsOverOne({ actions, exploration }: ProgramForm): readonly Breach[] {
  if (exploration.floor * actions.length <= 1) return [];
  return [
    {
      path: ["exploration", "floor"],
      rule: `at most 1 / ${actions.length}: every action gets the floor`,
    },
  ];
}

function shareOfNothing({ budget, exploration }: ProgramForm): readonly Breach[] {
  if (budget !== undefined || exploration.budgetShare === undefined) return [];
  return [{ path: ["exploration", "budgetShare"], rule: "is a share of the budget's amount: there is no budget" }];
}

function priorsMissing({ actions, features }: ProgramForm): readonly Breach[] {
  if (features.coldStart !== "prior") return [];
  return actions.flatMap(({ id, prior }, i) => {
    if (id === NO_OFFER || prior !== undefined) return [];
    return [{ path: ["actions", i, "prior"], rule: "is required: features.coldStart is prior" }];
  });
}

/** What is told again must still be an offer. */
function expiresWhileItSticks({ stickiness, offerTtl }: ProgramForm): readonly Breach[] {
  if (stickiness.by === "request") return [];
  const windowMs = durationMs(stickiness.window);
  const path = ["stickiness", "window"];
  const breaches: Breach[] = [];
  if (windowMs > durationMs(`${STICKY_DAYS_MAX}d`)) breaches.push({ path, rule: `at most ${STICKY_DAYS_MAX}d` });
  if (windowMs > durationMs(offerTtl)) {
    breaches.push({ path, rule: `at most offerTtl, ${offerTtl}: an offer is told again while it is valid` });
  }
  return breaches;
}

/** A cap on what the program does not offer would never bind: a slip of the pen. */
function strangersIn(
  field: "caps" | "cooldowns",
  limits: ProgramForm["caps"] | ProgramForm["cooldowns"],
  actions: Actions,
): readonly Breach[] {
  return limits.flatMap(({ action, channel }, i) => {
    const breaches: Breach[] = [];
    if (action !== undefined && (action === NO_OFFER || actions.every(({ id }) => id !== action))) {
      breaches.push({ path: [field, i, "action"], rule: "is not a paid action of this program" });
    }
    if (channel !== undefined && actions.every((other) => other.channel !== channel)) {
      breaches.push({ path: [field, i, "channel"], rule: "is not the channel of an action of this program" });
    }
    return breaches;
  });
}
