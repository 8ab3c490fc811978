/** Names of things in words, the same in the page and in the terminal. */
import type { PolicyResult, Verdict } from "../core/evaluation/evaluation.ts";
import { plain } from "./figures.ts";

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  ship: "Ship",
  do_not_ship: "Do not ship",
  cannot_tell: "Cannot tell",
};

export function policyName({ policy, action, lambda }: Pick<PolicyResult, "policy" | "action" | "lambda">): string {
  const price = lambda === null ? "" : ` at λ ${plain(lambda)}`;
  switch (policy) {
    case "candidate":
      return `candidate${price}`;
    case "incumbent":
      return lambda === null ? "incumbent as logged" : `incumbent${price}`;
    case "nobody":
      return "nobody gets an offer";
    case "everybody":
      return `everybody gets ${action ?? "an offer"}`;
    case "random":
      return "random at the same spend";
    default:
      return policy satisfies never;
  }
}

/** `sub_gaussian_ips` → `sub gaussian ips`: names of the closed sets, without their underscores. */
export function spaced(name: string): string {
  return name.replaceAll("_", " ");
}
