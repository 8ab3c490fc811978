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
  readonly method: "DELETE" | "GET" | "POST" | "PUT";
  readonly url: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly role: Role | null;
  readonly body?: Body;
  readonly bodyBytesMax?: number;
  readonly params?: z.ZodType;
  readonly headers?: z.ZodType;
  readonly answer: z.ZodType;
  /** 200 unless it says otherwise. */
  readonly status?: 202;
  /** JSON unless it says otherwise. */
  readonly answerType?: string;
  /** Beyond those of any body and of any key. */
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

/** What a body can be refused for, whatever it is about. */
const BODY_PROBLEMS = [
  "invalid_json",
  "invalid_utf8",
  "duplicate_key",
  "forbidden_key",
  "body_too_deep",
  "body_too_wide",
  "invalid_request",
  "body_too_large",
  "unsupported_media_type",
] as const satisfies readonly ErrorCode[];
const KEY_PROBLEMS = ["unauthenticated", "forbidden"] as const satisfies readonly ErrorCode[];

function documentation(app: FastifyInstance, spec: RouteSpec<z.ZodType>) {
  const { description, body, params, headers, role, answerType = "application/json", status = 200 } = spec;
  return {
    tags: [spec.tag],
    summary: spec.summary,
    ...(description !== undefined && { description }),
    ...(role === null && { security: [] }),
    ...(body !== undefined && { body: reference(app, body) }),
    ...(params !== undefined && { params: jsonSchema(params) }),
    ...(headers !== undefined && { headers: jsonSchema(headers) }),
    response: {
      [status]: {
        description: status === 202 ? "Accepted" : "OK",
        content: { [answerType]: { schema: reference(app, spec.answer) } },
      },
      ...problemResponses(app, spec),
    },
  };
}

function problemResponses(app: FastifyInstance, { body, role, problems }: RouteSpec<z.ZodType>) {
  const codes = new Set([
    ...(body === undefined ? [] : BODY_PROBLEMS),
    ...(role === null ? [] : KEY_PROBLEMS),
    ...problems,
  ]);
  const byStatus = Map.groupBy(codes, (code) => ERRORS[code].status);
  return Object.fromEntries([...byStatus].map(([status, group]) => [status, problemResponse(app, group)]));
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
  const { $schema: _, ...own } = z.toJSONSchema(schema, {
    io: "input",
    override: ({ jsonSchema: part }) => {
      delete part.id;
    },
  });
  return JSON.parse(JSON.stringify(own).replaceAll(/"#\/\$defs\/([A-Za-z]+)"/g, '"$1#"')) as JsonSchema;
}
