/** What the demo's decisions came to, in words and tables for a terminal. */
import type { DecideAnswer, ExplainedAction } from "../../contract/decide.ts";
import { NO_OFFER } from "../../core/domain/program.ts";
import { REASONS } from "../../core/domain/reasons.ts";
import type { Customer } from "./customers.ts";

export function summaryOf(answers: readonly DecideAnswer[], customers: readonly Customer[]): string {
  const byUser = new Map(customers.map((customer) => [customer.userId, customer]));
  return [
    `\n${answers.length} decisions for real customers. Who got what:`,
    ...shares(answers.map(({ action }) => action)),
    `\nWhy the others got no offer:`,
    ...shares(answers.filter(({ action }) => action === NO_OFFER).map(whyNothing)),
    `\nOne decision of each kind:`,
    ...oneOfEach(answers).flatMap((answer) => explained(answer, byUser.get(answer.userId))),
    "",
  ].join("\n");
}

/** Counts of equal texts, the most frequent first, with bars. */
function shares(texts: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const rows = [...counts].toSorted(([, a], [, b]) => b - a);
  return rows.map(([text, count]) => {
    const share = count / texts.length;
    return `  ${percent(share)}  ${"█".repeat(Math.round(share * 30)).padEnd(30)}  ${text}`;
  });
}

/** The reason a decision ended in no offer: the arm, the reasons against the offers, or the draw. */
function whyNothing({ arm, explanation = [] }: DecideAnswer): string {
  if (arm === "holdout") return "holdout: never gets an offer, so that the effect can be proved";
  if (arm === "evaluation") return "evaluation arm: drawn evenly, whatever the model says";
  const reasons = new Set(explanation.flatMap(({ excluded, pruned }) => excluded ?? pruned ?? []));
  const rejected = explanation.filter(({ excluded, pruned }) => (excluded ?? pruned) !== undefined);
  if (rejected.length === explanation.length - 1)
    return [...reasons].map((reason) => `${reason}: ${REASONS[reason]}`).join("; ");
  const best = explanation.reduce((top, candidate) =>
    (candidate.net ?? -Infinity) > (top.net ?? -Infinity) ? candidate : top,
  );
  return best.action === NO_OFFER ? "every offer would cost more than it is worth" : "exploration drew no_offer";
}

/** For each action, the first decision that the model (not chance) made for it. */
function oneOfEach(answers: readonly DecideAnswer[]): readonly DecideAnswer[] {
  const policy = answers.filter(({ arm }) => arm === "policy");
  const actions = [...new Set(policy.map(({ action }) => action))].toSorted();
  return actions.flatMap((action) => policy.find((answer) => answer.action === action && isBest(answer)) ?? []);
}

function isBest({ action, explanation = [] }: DecideAnswer): boolean {
  return explanation.every(({ action: other, probability }) => other === action || probability < 0.5);
}

function explained(answer: DecideAnswer, customer: Customer | undefined): readonly string[] {
  const known = Object.entries(customer?.features ?? {}).map(([name, value]) => `${name}=${value}`);
  return [
    `\n  ${answer.userId} (${known.join(", ")})`,
    `  → ${answer.action} with probability ${answer.propensity.toFixed(4)}`,
    ...(answer.explanation ?? []).map((candidate) => `    ${candidateLine(candidate, answer)}`),
  ];
}

function candidateLine(candidate: ExplainedAction, { expected }: DecideAnswer): string {
  const { action, value, cost, net, excluded, pruned, probability } = candidate;
  const reason = excluded ?? pruned;
  const fate = reason === undefined ? `net ${money(net)}` : REASONS[reason];
  const figures = `value ${money(value)}  cost ${money(cost)}  p ${probability.toFixed(4)}`;
  return `${action.padEnd(14)} ${figures}  ${fate}${reason === undefined ? ` ${expected.currency}` : ""}`;
}

function money(amount: number | undefined): string {
  return (amount === undefined ? "–" : amount.toFixed(3)).padStart(6);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`.padStart(7);
}
