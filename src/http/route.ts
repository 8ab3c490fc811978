/** One place where a route gets its validation, its role, its documentation and its size limit. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { Problem } from "../contract/problem.ts";
import { type ErrorCode, ERRORS } from "../core/errors.ts";
import { BODY_BYTES_MAX } from "../contract/limits.ts";
import type { Role } from "../ops/config.ts";
import { parseBody } from "./parse.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may call; null: everybody. */
    readonly role?: Role | null;
  }
}

export interface RouteSpec<Body extends z.ZodType> {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly role: Role | null;
  readonly body?: Body;
  readonly bodyBytesMax?: number;
  readonly params?: z.ZodType;
  readonly answer: z.ZodType;
  readonly problems: readonly ErrorCode[];
  readonly handle: (call: Call<z.infer<Body>>) => unknown;
}

export interface Call<Body> {
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export function addRoute<Body extends z.ZodType = z.ZodUndefined>(app: FastifyInstance, spec: RouteSpec<Body>): void {
  const { body: schema } = spec;
  app.route({
    method: spec.method,
    url: spec.url,
    config: { role: spec.role },
    bodyLimit: spec.bodyBytesMax ?? BODY_BYTES_MAX,
    schema: documentation(app, spec),
    handler: (request, reply) => {
      const body = schema === undefined ? undefined : parseBody(schema, request.body);
      return spec.handle({ body: body as z.infer<Body>, request, reply });
    },
  });
}

function documentation(app: FastifyInstance, spec: RouteSpec<z.ZodType>) {
  const problems = new Map(spec.problems.map((code) => [ERRORS[code].status, [] as ErrorCode[]]));
  for (const code of spec.problems) problems.get(ERRORS[code].status)?.push(code);
  return {
    tags: [spec.tag],
    summary: spec.summary,
    ...(spec.description !== undefined && { description: spec.description }),
    ...(spec.role === null ? { security: [] } : {}),
    ...(spec.body !== undefined && { body: reference(app, spec.body) }),
    ...(spec.params !== undefined && { params: jsonSchema(spec.params) }),
    response: {
      200: { description: "OK", ...reference(app, spec.answer) },
      ...Object.fromEntries([...problems].map(([status, codes]) => [status, problemResponse(app, codes)])),
    },
  };
}

function problemResponse(app: FastifyInstance, codes: readonly ErrorCode[]) {
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}.`).join(" "),
    content: { "application/problem+json": { schema: reference(app, Problem) } },
  };
}

/** A schema with an id is documented once, under its name; others stand where they are used. */
function reference(app: FastifyInstance, schema: z.ZodType): object {
  const id = schema.meta()?.id;
  if (id === undefined) return jsonSchema(schema);
  addNamed(app, id, schema);
  return { $ref: `${id}#` };
}

function addNamed(app: FastifyInstance, id: string, schema: z.ZodType): void {
  if (app.getSchema(id) !== undefined) return;
  const { $defs = {}, ...own } = jsonSchema(schema);
  // zod writes a schema that is named, or that names others, as definitions and a reference to its own.
  for (const [name, definition] of Object.entries({ [id]: own, ...$defs })) {
    if (app.getSchema(name) === undefined) app.addSchema({ ...definition, $id: name });
  }
}

interface JsonSchema {
  readonly $defs?: Readonly<Record<string, object>>;
}

/** zod's JSON Schema in Fastify's spelling: named parts are `Name#`, ids are set when they are added. */
function jsonSchema(schema: z.ZodType): JsonSchema {
  const text = JSON.stringify(z.toJSONSchema(schema, { io: "input" }), (key, value: unknown) =>
    key === "$schema" || key === "id" ? undefined : value,
  );
  return JSON.parse(text.replaceAll(/"#\/\$defs\/([A-Za-z]+)"/g, '"$1#"')) as JsonSchema;
}
