/**
 * What a rule may say, judged on its syntax tree.
 *
 * Rules come from configuration and run on every request, so their cost must be bounded by their size:
 * no loops (`all`, `exists`, `map`, `filter`), no bindings, and no regular expressions, which can take
 * exponential time. The engine does not check names inside `has()`; here they are checked.
 */
import type { ASTNode } from "@marcbachmann/cel-js";
import type { Fault } from "../../core/ports.ts";
import { childrenOf } from "./syntax-tree.ts";

const FUNCTIONS: ReadonlySet<string> = new Set(["has", "size", "double", "int", "string"]);
const METHODS: ReadonlySet<string> = new Set(["startsWith", "endsWith", "contains", "size"]);

/** Every word that is not allowed, by position. `features` null: the names are not known, any will do. */
export function checkVocabulary(node: ASTNode, features: ReadonlySet<string> | null): readonly Fault[] {
  if (node.op === "." && node.args[0].op === "id" && node.args[0].args === "features") {
    return features === null || features.has(node.args[1]) ? [] : [unknownFeature(node, node.args[1], features)];
  }
  return [...ownFaults(node), ...childrenOf(node).flatMap((child) => checkVocabulary(child, features))];
}

/** The place of an offset in a rule, as faults name it. */
export function placeOf(offset: number): string {
  return `character ${offset + 1}`;
}

function unknownFeature(node: ASTNode, name: string, features: ReadonlySet<string>): Fault {
  const known = [...features].join(", ");
  return {
    path: placeOf(node.start),
    rule: `unknown feature ${name}; the routed models have ${known}`,
  };
}

function ownFaults(node: ASTNode): readonly Fault[] {
  const rule = ruleAgainst(node);
  return rule === null ? [] : [{ path: placeOf(node.start), rule }];
}

function ruleAgainst(node: ASTNode): string | null {
  switch (node.op) {
    case "id":
      return node.args === "features" ? "features are asked by name, as features.recency" : null;
    case "call":
      return FUNCTIONS.has(node.args[0]) ? null : notAvailable(node.args[0]);
    case "rcall":
      if (node.args[0] === "matches") return "matches is not available: regular expressions are not allowed in rules";
      return METHODS.has(node.args[0]) ? null : notAvailable(node.args[0]);
    default:
      return null;
  }
}

function notAvailable(name: string): string {
  return `${name} is not available in rules; available are ${[...FUNCTIONS, ...METHODS].join(", ")}`;
}
