/** The rules of the source tree: which file may import what, use what, be named what, and be how long. */
import { graphOf, importsIn, layerOf, packageOf, reachedFrom, sourcesIn, type Tree } from "./source-tree.ts";
import { codeOf, importsOf, segmentsOf } from "./source-text.ts";
import { TESTED_THROUGH } from "./tested-through.ts";

export interface Rule {
  readonly name: string;
  /** Each breach as `path: what is wrong and what would be right`. */
  readonly breaches: (tree: Tree) => readonly string[];
}

const LINES_MAX = 250;
/** The stories of the core: each a folder, none imports another. */
const STORIES = [
  "core/features",
  "core/decision",
  "core/allocation",
  "core/pacing",
  "core/ledger",
  "core/caps",
  "core/outcomes",
  "core/monitoring",
  "core/evaluation",
];
const CORE = ["core", "core/domain", "core/numerics", ...STORIES];
const ADAPTERS = [
  "adapters/cel",
  "adapters/duckdb",
  "adapters/file",
  "adapters/kafka",
  "adapters/lmdb",
  "adapters/memory",
  "adapters/onnx",
  "adapters/redis",
  "adapters/temporal",
  "adapters/worker",
];

/** Layer → the other layers it may import. A folder of `core` and of `adapters` is a layer of its own. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  "core/numerics": [],
  "core/domain": [],
  core: ["core/domain", "core/allocation"],
  ...Object.fromEntries(STORIES.map((story) => [story, ["core", "core/domain", "core/numerics"]])),
  simulation: CORE,
  contract: CORE,
  service: [...CORE, "contract"],
  "adapters/packed": [...CORE, "contract"],
  ...Object.fromEntries(ADAPTERS.map((layer) => [layer, [...CORE, "contract", "adapters/packed"]])),
  ops: [...CORE, "contract", "service"],
  http: [...CORE, "contract", "service", "ops"],
  report: [...CORE, "contract"],
  cli: [...CORE, "simulation", "contract", "report", "service", "ops", "http", "compose"],
  compose: [...CORE, ...ADAPTERS, "contract", "service", "ops", "http"],
  main: ["cli", "ops"],
};

/** Layer → the packages it may use; `node:` stands for Node.js itself. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  contract: ["zod"],
  service: [],
  "adapters/packed": ["node:"],
  "adapters/cel": ["@marcbachmann/cel-js"],
  "adapters/duckdb": ["node:", "@duckdb/node-api"],
  "adapters/file": ["node:", "yaml"],
  "adapters/kafka": ["@platformatic/kafka"],
  "adapters/lmdb": ["node:", "lmdb"],
  "adapters/memory": ["node:", "zod"],
  "adapters/onnx": ["node:", "onnxruntime-node", "zod"],
  "adapters/redis": ["node:", "ioredis"],
  "adapters/temporal": ["temporal-polyfill"],
  "adapters/worker": ["node:"],
  report: ["vega", "vega-lite"],
  ops: ["node:", "pino", "prom-client", "zod"],
  http: ["node:", "fastify", "@fastify/helmet", "@fastify/swagger", "@fastify/swagger-ui", "zod"],
  cli: ["node:", "cli-progress", "commander", "csv-parse", "fastify", "pino", "zod"],
  compose: ["node:", "pino"],
  main: ["commander"],
};

/** What is neither a function of its arguments nor there without a platform. */
const IMPURE =
  /\b(?:Date|Math\s*\.\s*random|console|process|globalThis|performance|crypto|fetch|Buffer|setTimeout|setInterval|setImmediate|queueMicrotask)\b/;

/** The environment is read where it is checked; the demo overrides some of it; a library is told its setting. */
const READS_ENVIRONMENT = new Set(["src/ops/config.ts", "src/cli/demo.ts", "src/adapters/onnx/no-telemetry.ts"]);

export const RULES: readonly Rule[] = [
  { name: "layers import only what the table allows", breaches: layerBreaches },
  { name: "layers use only the packages the table allows", breaches: packageBreaches },
  { name: "every import is a file inside src", breaches: strayImports },
  { name: "no file imports itself in a circle", breaches: circles },
  { name: "the core is pure", breaches: impurities },
  { name: "the environment is read in one place", breaches: environmentReaders },
  { name: "files are short", breaches: longFiles },
  { name: "nothing is left to do", breaches: leftovers },
  { name: "modules are named for what they hold", breaches: vagueNames },
  { name: "no barrels", breaches: barrels },
  { name: "every source file is run by a test that is named for it", breaches: untested },
  { name: "no entry stands for a file that is gone", breaches: staleEntries },
];

function layerBreaches(tree: Tree): readonly string[] {
  return importsIn(tree).flatMap(({ path, target }) => {
    const from = layerOf(path);
    const to = layerOf(target);
    if (target === "" || from === to)
      return from === "core/numerics" && target !== "" ? [`${path}: numerics imports nothing`] : [];
    const allowed = LAYERS[from];
    if (allowed === undefined) return [`${path}: ${from} is not a layer; give it a row in the import table`];
    return allowed.includes(to)
      ? []
      : [`${path}: ${from} may not import ${to} (${target}); it may import ${list(allowed)}`];
  });
}

function packageBreaches(tree: Tree): readonly string[] {
  return sourcesIn(tree).flatMap((path) =>
    importsOf(segmentsOf(tree.get(path) ?? ""))
      .filter(({ specifier }) => !specifier.startsWith("."))
      .flatMap(({ specifier }) => {
        const name = packageOf(specifier);
        const allowed = PACKAGES[layerOf(path)] ?? [];
        return allowed.includes(name)
          ? []
          : [`${path}: ${layerOf(path)} may not use ${name}; it may use ${list(allowed)}`];
      }),
  );
}

function strayImports(tree: Tree): readonly string[] {
  return importsIn(tree).flatMap(({ path, target, specifier }) => {
    // The demo's customers are a data file, read and not imported.
    if (!specifier.endsWith(".ts") && specifier.includes("training/data/")) return [];
    return target === "" ? [`${path}: ${specifier} is not a file inside src`] : [];
  });
}

function circles(tree: Tree): readonly string[] {
  const graph = graphOf(tree, "run");
  return sourcesIn(tree).flatMap((path) => {
    const reached = reachedFrom([...(graph.get(path) ?? [])], graph);
    return reached.has(path) ? [`${path}: is imported by what it imports`] : [];
  });
}

function impurities(tree: Tree): readonly string[] {
  return sourcesIn(tree).flatMap((path) => {
    if (!path.startsWith("src/core/")) return [];
    const used = IMPURE.exec(codeOf(segmentsOf(tree.get(path) ?? "")))?.[0];
    return used === undefined ? [] : [`${path}: uses ${used}; the core takes time, chance and the world as arguments`];
  });
}

function environmentReaders(tree: Tree): readonly string[] {
  return sourcesIn(tree).flatMap((path) => {
    const reads = /\bprocess\s*\.\s*env\b/.test(codeOf(segmentsOf(tree.get(path) ?? "")));
    return reads && !READS_ENVIRONMENT.has(path) ? [`${path}: reads the environment; take the Config instead`] : [];
  });
}

function longFiles(tree: Tree): readonly string[] {
  return [...tree].flatMap(([path, text]) => {
    const lines = text.split("\n").length - 1;
    const bounded = path.startsWith("src/") || path.startsWith("training/src/");
    return bounded && lines > LINES_MAX
      ? [`${path}: has ${lines} lines, at most ${LINES_MAX}; split it by what it is about`]
      : [];
  });
}

function leftovers(tree: Tree): readonly string[] {
  return [...tree].flatMap(([path, text]) => {
    const word = /\b(?:FIX[M]E|TO[D]O|X[X]X|HA[C]K)\b/.exec(text)?.[0];
    return word === undefined ? [] : [`${path}: says ${word}; do it, or say what is so`];
  });
}

function vagueNames(tree: Tree): readonly string[] {
  return [...tree.keys()].flatMap((path) => {
    const vague = path
      .split("/")
      .find((part) => /^(?:utils?|helpers?|common|types|misc|index)(?:\.ts|\.py)?$/.test(part));
    return vague === undefined ? [] : [`${path}: ${vague} says nothing; name it for what it holds`];
  });
}

function barrels(tree: Tree): readonly string[] {
  return sourcesIn(tree).flatMap((path) => {
    const passesOn = /\bexport\s*(?:type\s*)?(?:\*|\{[^}]*\})\s*(?:as\s+\w+\s*)?from\b/.test(
      codeOf(segmentsOf(tree.get(path) ?? "")),
    );
    return passesOn ? [`${path}: passes on what another file exports; import it from there`] : [];
  });
}

function untested(tree: Tree): readonly string[] {
  const graph = graphOf(tree, "written");
  return sourcesIn(tree).flatMap((path) => {
    const own = ownTest(path);
    const tests = tree.has(own)
      ? [own]
      : TESTED_THROUGH.filter(({ files }) => matches(path, files)).map(({ test }) => test);
    const [test] = tests;
    if (test === undefined) return [`${path}: has no test; write ${own}, or name the test it is tested through`];
    if (!tree.has(test)) return [`${path}: is to be tested through ${test}, which does not exist`];
    return reachedFrom([test], graph).has(path) ? [] : [`${path}: is not reached by ${test}`];
  });
}

/** Entries that stand for nothing any more, and would hide a file to come. */
function staleEntries(tree: Tree): readonly string[] {
  return TESTED_THROUGH.filter(({ files }) => !sourcesIn(tree).some((path) => matches(path, files))).map(
    ({ files }) => `test/support/tested-through.ts: ${files} stands for no file; take the entry out`,
  );
}

function ownTest(path: string): string {
  return path.replace(/^src\//, "test/").replace(/\.ts$/, ".test.ts");
}

function matches(path: string, files: string): boolean {
  return files.endsWith("/") ? path.startsWith(files) : path === files;
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}
