/** The published documents: complete, alive with examples, and what the code says today. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { publishedDocuments } from "../../src/cli/openapi.ts";
import { AllocateAnswer, AllocateRequest } from "../../src/contract/allocate.ts";
import {
  BatchAnswer,
  BatchRequest,
  FeaturesAnswer,
  FeaturesRequest,
  ScoreAnswer,
  ScoreRequest,
} from "../../src/contract/bulk.ts";
import { BudgetAnswer, WriteOffAnswer, WriteOffRequest } from "../../src/contract/budget.ts";
import { ModelEntry, ModelList, ProgramEntry, ProgramList, ReloadAnswer } from "../../src/contract/catalog.ts";
import { DecideAnswer, DecideRequest } from "../../src/contract/decide.ts";
import { EvaluationReport } from "../../src/contract/evaluation-report.ts";
import {
  EvaluationAnswer,
  EvaluationEntry,
  EvaluationList,
  EvaluationRequest,
} from "../../src/contract/evaluations.ts";
import { OutcomesAnswer, OutcomesRequest } from "../../src/contract/outcomes.ts";
import { ForgetAnswer } from "../../src/contract/users.ts";
import { Problem } from "../../src/contract/problem.ts";
import { Record as DecisionRecord, RecordAnswer } from "../../src/contract/record.ts";
import { RollbackAnswer, RollbackRequest } from "../../src/contract/rollback.ts";
import { ERROR_CODES } from "../../src/core/errors.ts";
import { startTestService } from "../support/service.ts";

const PUBLISHED = fileURLToPath(new URL("../../openapi/", import.meta.url));
const CONTRACTS = {
  AllocateAnswer,
  AllocateRequest,
  BatchAnswer,
  BatchRequest,
  BudgetAnswer,
  DecideAnswer,
  DecideRequest,
  DecisionRecord,
  EvaluationAnswer,
  EvaluationEntry,
  EvaluationList,
  EvaluationReport,
  EvaluationRequest,
  FeaturesAnswer,
  FeaturesRequest,
  ForgetAnswer,
  ModelEntry,
  ModelList,
  OutcomesAnswer,
  OutcomesRequest,
  Problem,
  ProgramEntry,
  ProgramList,
  RecordAnswer,
  ReloadAnswer,
  RollbackAnswer,
  RollbackRequest,
  ScoreAnswer,
  ScoreRequest,
  WriteOffAnswer,
  WriteOffRequest,
} as const satisfies Readonly<Record<string, z.ZodType>>;
/** Too small for a contract of their own. */
const TRIVIAL = ["Health", "MetricsText", "ReportPage"];

const Media = z.record(z.string(), z.object({ schema: z.object({ $ref: z.string() }) }));
const Operation = z.object({
  summary: z.string(),
  tags: z.array(z.string()).length(1),
  parameters: z.array(z.object({ name: z.string(), in: z.string(), example: z.string() })).optional(),
  requestBody: z.object({ content: Media }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: Media })),
});
const Document = z.object({
  openapi: z.literal("3.1.0"),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({ schemas: z.record(z.string(), z.looseObject({ examples: z.array(z.unknown()).min(1) })) }),
});

let documents: ReadonlyMap<string, string>;
let document: z.infer<typeof Document>;
beforeAll(async () => {
  documents = await publishedDocuments();
  document = Document.parse(JSON.parse(documents.get("openapi.json") ?? ""));
});

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      operation,
    })),
  );

describe("the published documents", () => {
  it("are the files in openapi/, no more and no fewer: run `npm run openapi` when this fails", async () => {
    expect((await readdir(PUBLISHED)).toSorted()).toEqual([...documents.keys()].toSorted());
    for (const [name, text] of documents) {
      expect(JSON.parse(await readFile(join(PUBLISHED, name), "utf8")), name).toEqual(JSON.parse(text));
    }
  });

  it("are the same bytes every time, and leave nothing behind", async () => {
    const folder = await mkdtemp(join(tmpdir(), "liftgate-documents-"));
    const before = new Set((await readdir(tmpdir())).filter((name) => name.startsWith("liftgate-openapi-")));
    expect(await publishedDocuments()).toEqual(documents);
    const after = (await readdir(tmpdir())).filter((name) => name.startsWith("liftgate-openapi-"));
    expect(after.filter((name) => !before.has(name))).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it("contain the schema that every line of the decision log is checked with", () => {
    expect(JSON.parse(documents.get("decision-record.schema.json") ?? "")).toEqual(
      JSON.parse(JSON.stringify(z.toJSONSchema(DecisionRecord, { io: "input" }))),
    );
  });

  it("are what the running service serves", async () => {
    await using service = await startTestService();
    expect((await service.call("GET", "/openapi.json")).json).toEqual(JSON.parse(documents.get("openapi.json") ?? ""));
  });
});

describe("the OpenAPI document", () => {
  it("lists every call", () => {
    expect(
      operations()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual([
      "DELETE /v1/evaluations/{id}",
      "DELETE /v1/users/{userId}",
      "GET /health/live",
      "GET /health/ready",
      "GET /metrics",
      "GET /v1/budgets/{programId}",
      "GET /v1/decisions/{decisionId}",
      "GET /v1/evaluations",
      "GET /v1/evaluations/{id}",
      "GET /v1/evaluations/{id}/report.html",
      "GET /v1/models",
      "GET /v1/programs",
      "GET /v1/programs/{id}",
      "POST /decide",
      "POST /v1/allocate",
      "POST /v1/budgets/{programId}/write-offs",
      "POST /v1/decide",
      "POST /v1/decide/batch",
      "POST /v1/evaluations",
      "POST /v1/outcomes",
      "POST /v1/programs/{id}/rollback",
      "POST /v1/reload",
      "POST /v1/score",
      "PUT /v1/features",
    ]);
  });

  it("refers to schemas that are there, and holds none that nothing refers to", () => {
    const text = documents.get("openapi.json") ?? "";
    const used = new Set([...text.matchAll(/"\$ref": "([^"]+)"/g)].map(([, ref = ""]) => ref));
    const defined = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect([...used].toSorted()).toEqual(defined.toSorted());
  });

  it("has an example of every schema that the contract accepts", () => {
    expect(Object.keys(document.components.schemas).toSorted()).toEqual(
      [...Object.keys(CONTRACTS), ...TRIVIAL].toSorted(),
    );
    for (const [name, contract] of Object.entries(CONTRACTS)) {
      for (const example of document.components.schemas[name]?.examples ?? []) {
        const parsed = contract.safeParse(example);
        expect(parsed.error?.issues ?? [], name).toEqual([]);
      }
    }
  });

  it("has an example of every parameter, and every parameter of every path", () => {
    for (const { name, path, operation } of operations()) {
      const inPath = (operation.parameters ?? [])
        .filter((parameter) => parameter.in === "path")
        .map((parameter) => parameter.name);
      expect(inPath, name).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter));
    }
  });

  it("documents problems as problem+json, by codes of the table only", () => {
    const codes = new Set<string>(ERROR_CODES);
    for (const { name, operation } of operations()) {
      for (const [status, { description, content }] of Object.entries(operation.responses)) {
        if (status === "200" || status === "202") continue;
        expect(Object.keys(content), `${name} ${status}`).toEqual(["application/problem+json"]);
        const named = [...description.matchAll(/`(\w+)`/g)].map(([, code = ""]) => code);
        expect(named.length, `${name} ${status}`).toBeGreaterThan(0);
        expect(named.filter((code) => !codes.has(code))).toEqual([]);
      }
    }
  });

  it("documents fields named id, which are no schema ids", () => {
    expect(document.components.schemas["ProgramEntry"]).toMatchObject({ properties: { id: { type: "string" } } });
  });
});
