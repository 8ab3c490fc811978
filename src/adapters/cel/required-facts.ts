/**
 * Facts without which a rule is certainly false, so that they can be asked for before the engine runs:
 * an engine error takes about 8 µs, most of it for the stack trace, and a missing fact is no rarity.
 *
 * A missing fact is an error, and an error makes every operator around it an error, but for `&&`, `||`
 * and `?:`, which may never look at it or may absorb it, and `has()`, which asks. So a fact is required
 * when only conjunctions lie between the root and its conjunct, and none of those four between the
 * conjunct and the fact.
 */
import type { ASTNode } from "@marcbachmann/cel-js";
import { childrenOf } from "./syntax-tree.ts";

export interface RequiredFacts {
  readonly features: readonly string[];
  readonly context: readonly string[];
}

/** The names, each once. */
export function requiredFacts(rule: ASTNode): RequiredFacts {
  const asked = conjunctsOf(rule).flatMap(askedFor);
  const named = (object: string) => [...new Set(asked.flatMap((fact) => (fact.object === object ? [fact.name] : [])))];
  return { features: named("features"), context: named("context") };
}

function conjunctsOf(node: ASTNode): readonly ASTNode[] {
  return node.op === "&&" ? node.args.flatMap(conjunctsOf) : [node];
}

function askedFor(node: ASTNode): readonly { readonly object: string; readonly name: string }[] {
  switch (node.op) {
    case "&&":
    case "||":
      return [];
    case "?:":
      return askedFor(node.args[0]);
    case "call":
      return node.args[0] === "has" ? [] : childrenOf(node).flatMap(askedFor);
    case ".":
      return node.args[0].op === "id" ? [{ object: node.args[0].args, name: node.args[1] }] : askedFor(node.args[0]);
    default:
      return childrenOf(node).flatMap(askedFor);
  }
}
