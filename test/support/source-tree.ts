/** The files of the project as they import each other. */
import { posix } from "node:path";
import { importsOf, segmentsOf } from "./source-text.ts";

/** Text of files by their path from the root of the project. */
export type Tree = ReadonlyMap<string, string>;

interface Import {
  readonly path: string;
  readonly specifier: string;
  /** The imported file; empty when it is not in src or not there. */
  readonly target: string;
}

/** The relative imports of all source files. */
export function importsIn(tree: Tree): readonly Import[] {
  return sourcesIn(tree).flatMap((path) =>
    relativeImports(path, tree).map(({ specifier, target }) => ({
      path,
      specifier,
      target: target.startsWith("src/") && tree.has(target) ? target : "",
    })),
  );
}

function relativeImports(path: string, tree: Tree) {
  return importsOf(segmentsOf(tree.get(path) ?? ""))
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier, kind }) => ({ specifier, kind, target: posix.join(posix.dirname(path), specifier) }));
}

type Graph = ReadonlyMap<string, readonly string[]>;

/** Imports of types are in it for `written`, and not for `run`. */
export function graphOf(tree: Tree, reading: "written" | "run"): Graph {
  const paths = [...tree.keys()].filter((path) => path.endsWith(".ts"));
  const edges = (path: string) =>
    relativeImports(path, tree).filter(({ kind }) => reading === "written" || kind === "value");
  return new Map(paths.map((path) => [path, edges(path).map(({ target }) => target)]));
}

/** The files themselves and all they import, directly or not. */
export function reachedFrom(start: readonly string[], graph: Graph): ReadonlySet<string> {
  const reached = new Set(start);
  for (const path of reached) for (const target of graph.get(path) ?? []) reached.add(target);
  return reached;
}

export function sourcesIn(tree: Tree): readonly string[] {
  return [...tree.keys()].filter((path) => path.startsWith("src/") && path.endsWith(".ts"));
}

/** @example layerOf("src/core/decision/decide.ts") // "core/decision" */
export function layerOf(path: string): string {
  const folders = path.split("/").slice(1, -1);
  if (folders.length === 0) return posix.basename(path, ".ts");
  return folders.slice(0, folders[0] === "core" || folders[0] === "adapters" ? 2 : 1).join("/");
}

/** @example packageOf("@fastify/helmet/x.js") // "@fastify/helmet" */
export function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return "node:";
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
