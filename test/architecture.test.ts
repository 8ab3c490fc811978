import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { RULES } from "./support/architecture.ts";
import type { Tree } from "./support/source-tree.ts";

/** Not written out, or this file would be a breach itself. */
const TO_DO = ["TO", "DO"].join("");
const FIX_ME = ["FIX", "ME"].join("");

/**
 * One breach of each rule that the rule must see. A rule that stopped to see would pass for ever; the
 * reports are written out by hand.
 */
const PLANTED: Readonly<
  Record<
    string,
    {
      /** Files added, or (null) taken away. */
      readonly files: Readonly<Record<string, string | null>>;
      readonly reports: readonly string[];
    }
  >
> = {
  "layers import only what the table allows": {
    files: {
      "src/core/decision/planted.ts":
        'import { encodeRow } from "../features/encode.ts";\nimport { admit } from "../../service/admit.ts";',
      "src/core/numerics/planted.ts": 'import { fmix32 } from "./murmur3.ts";',
      "src/core/planted.ts": 'import type { DecideAnswer } from "../contract/decide.ts";',
      "src/adapters/redis/planted.ts": 'import { Segment } from "../file/segment.ts";',
      "src/service/planted.ts": 'import { FileDecisionLog } from "../adapters/file/decision-log.ts";',
      "src/http/planted.ts": 'const later = import("../adapters/onnx/runtime.ts");',
      "src/cli/planted.ts": 'import { openRedis } from "../adapters/redis/connection.ts";',
      "src/contract/planted.ts": 'import { admit } from "../service/admit.ts";',
      "src/cellar/planted.ts": 'import { readConfig } from "../ops/config.ts";',
    },
    reports: [
      "src/core/decision/planted.ts: core/decision may not import core/features (src/core/features/encode.ts); it may import core, core/domain, core/numerics",
      "src/core/decision/planted.ts: core/decision may not import service (src/service/admit.ts); it may import core, core/domain, core/numerics",
      "src/core/numerics/planted.ts: numerics imports nothing",
      "src/core/planted.ts: core may not import contract (src/contract/decide.ts); it may import core/domain",
      "src/adapters/redis/planted.ts: adapters/redis may not import adapters/file (src/adapters/file/segment.ts)",
      "src/service/planted.ts: service may not import adapters/file (src/adapters/file/decision-log.ts)",
      "src/http/planted.ts: http may not import adapters/onnx (src/adapters/onnx/runtime.ts)",
      "src/cli/planted.ts: cli may not import adapters/redis (src/adapters/redis/connection.ts)",
      "src/contract/planted.ts: contract may not import service (src/service/admit.ts)",
      "src/cellar/planted.ts: cellar is not a layer; give it a row in the import table",
    ],
  },
  "layers use only the packages the table allows": {
    files: {
      "src/core/planted.ts": 'import { readFileSync } from "node:fs";',
      "src/service/planted.ts": 'import { z } from "zod";',
      "src/http/planted.ts": 'import { Redis } from "ioredis";',
      "src/contract/planted.ts": 'export type { Static } from "@sinclair/typebox/value";',
    },
    reports: [
      "src/core/planted.ts: core may not use node:; it may use none",
      "src/service/planted.ts: service may not use zod; it may use none",
      "src/http/planted.ts: http may not use ioredis",
      "src/contract/planted.ts: contract may not use @sinclair/typebox; it may use zod",
    ],
  },
  "every import is a file inside src": {
    files: {
      "src/service/planted.ts": 'import "../../test/support/programs.ts";',
      "src/ops/planted.ts": 'import { nothing } from "./nowhere.ts";',
    },
    reports: [
      "src/service/planted.ts: ../../test/support/programs.ts is not a file inside src",
      "src/ops/planted.ts: ./nowhere.ts is not a file inside src",
    ],
  },
  "no file imports itself in a circle": {
    files: {
      "src/ops/planted.ts": 'import { b } from "./other.ts";',
      "src/ops/other.ts": 'import { type A } from "./planted.ts";',
      "src/ops/erased.ts": 'import type { A } from "./half.ts";',
      "src/ops/half.ts": 'import { a } from "./erased.ts";',
    },
    reports: ["src/ops/planted.ts: is imported by what it imports", "src/ops/other.ts: is imported by what it imports"],
  },
  "the core is pure": {
    files: {
      "src/core/decision/planted.ts": "export const u = () => Math.random();",
      "src/core/domain/planted.ts": "export const text = `${Date.now()}`;",
      "src/core/numerics/planted.ts": "// process and console\nexport const word = 'performance';",
    },
    reports: [
      "src/core/decision/planted.ts: uses Math.random; the core takes time, chance and the world as arguments",
      "src/core/domain/planted.ts: uses Date; the core takes time, chance and the world as arguments",
    ],
  },
  "the environment is read in one place": {
    files: { "src/adapters/redis/planted.ts": 'export const url = process.env["REDIS_URL"];' },
    reports: ["src/adapters/redis/planted.ts: reads the environment; take the Config instead"],
  },
  "files are short": {
    files: {
      "src/http/planted.ts": "\n".repeat(251),
      "training/src/planted.py": "\n".repeat(300),
      "src/http/short.ts": "\n".repeat(250),
    },
    reports: [
      "src/http/planted.ts: has 251 lines, at most 250; split it by what it is about",
      "training/src/planted.py: has 300 lines, at most 250; split it by what it is about",
    ],
  },
  "nothing is left to do": {
    files: { "test/planted.test.ts": `// ${TO_DO}: later`, "training/src/planted.py": `# ${FIX_ME}` },
    reports: [
      `test/planted.test.ts: says ${TO_DO}; do it, or say what is so`,
      `training/src/planted.py: says ${FIX_ME}; do it, or say what is so`,
    ],
  },
  "modules are named for what they hold": {
    files: {
      "src/http/utils.ts": "",
      "src/common/clock.ts": "",
      "src/core/index.ts": "",
      "src/http/utilities-of-war.ts": "",
    },
    reports: [
      "src/http/utils.ts: utils.ts says nothing; name it for what it holds",
      "src/common/clock.ts: common says nothing; name it for what it holds",
      "src/core/index.ts: index.ts says nothing; name it for what it holds",
    ],
  },
  "no barrels": {
    files: {
      "src/core/planted.ts": 'export * from "./errors.ts";',
      "src/http/planted.ts": 'export { parseBody } from "./parse.ts";',
    },
    reports: [
      "src/core/planted.ts: passes on what another file exports; import it from there",
      "src/http/planted.ts: passes on what another file exports; import it from there",
    ],
  },
  "every source file is run by a test that is named for it": {
    files: {
      "src/elsewhere/planted.ts": "",
      "src/elsewhere/unreached.ts": "",
      "test/elsewhere/unreached.test.ts": "// import it from '../../src/elsewhere/unreached.ts'",
      "src/elsewhere/reached.ts": "",
      "test/elsewhere/reached.test.ts": 'import "../../src/elsewhere/reached.ts";',
    },
    reports: [
      "src/elsewhere/planted.ts: has no test; write test/elsewhere/planted.test.ts, or name the test it is tested through",
      "src/elsewhere/unreached.ts: is not reached by test/elsewhere/unreached.test.ts",
    ],
  },
  "no entry stands for a file that is gone": {
    files: { "test/support/tested-through.ts": "", "src/main.ts": null },
    reports: ["test/support/tested-through.ts: src/main.ts stands for no file; take the entry out"],
  },
};

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const tree = treeOnDisk();

describe.each(RULES)("$name", ({ name, breaches }) => {
  test("holds on disk", () => {
    expect(breaches(tree)).toEqual([]);
  });

  test("reports what was planted against it, and nothing else", () => {
    const { files, reports } = PLANTED[name] ?? { files: {}, reports: ["a planted breach"] };
    const planted = breaches(treeWith(files));
    const news = planted.filter((breach) => Object.keys(files).some((path) => breach.startsWith(`${path}:`)));
    expect(news).toEqual(reports.map((report) => expect.stringMatching(startingWith(report))));
  });
});

test("the tree that is checked is the project's", () => {
  expect([...tree.keys()]).toEqual(
    expect.arrayContaining(["src/main.ts", "test/architecture.test.ts", "training/src/liftgate_training/cli.py"]),
  );
});

function treeWith(files: Readonly<Record<string, string | null>>): Tree {
  const planted = new Map(tree);
  for (const [path, text] of Object.entries(files)) {
    if (text === null) planted.delete(path);
    else planted.set(path, text);
  }
  return planted;
}

/** The source and test files of both languages; not what tools put in folders beside them. */
function treeOnDisk(): Tree {
  const paths = ["src", "test", "bench", "training/src", "training/tests"].flatMap((folder) =>
    readdirSync(`${ROOT}/${folder}`, { recursive: true, encoding: "utf8" }).map((path) => `${folder}/${path}`),
  );
  const own = paths.filter((path) => /\.(?:ts|py)$/.test(path) && !/\/(?:\.|__pycache__|node_modules)/.test(path));
  return new Map(own.map((path) => [path, readFileSync(`${ROOT}/${path}`, "utf8")]));
}

/** The report, or its beginning where it ends in a list of what is allowed. */
function startingWith(report: string): RegExp {
  return new RegExp(`^${report.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}`);
}
