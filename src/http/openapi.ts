/** The OpenAPI document: what @fastify/swagger needs to know beyond the routes themselves. */
import type { FastifyDynamicSwaggerOptions, SwaggerTransformObject } from "@fastify/swagger";
import type { FastifyInstance } from "fastify";

const DESCRIPTION = `Liftgate decides which paid action, or none, a user should get now, so that each unit of
money buys the most incremental value, and logs every decision with its exact propensity.

Errors are \`application/problem+json\` (RFC 9457) with a \`code\` from one table.`;

export function documentOptions(app: FastifyInstance): FastifyDynamicSwaggerOptions {
  return { ...DOCUMENT, transformObject: exampleKeeper(app) };
}

const DOCUMENT: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: "3.1.0",
    info: {
      title: "Liftgate",
      version: "1",
      description: DESCRIPTION,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    tags: [
      { name: "decisions", description: "Deciding, and what was decided" },
      { name: "scores", description: "What actions are worth, without deciding" },
      { name: "features", description: "The feature store" },
      { name: "catalog", description: "Programs and models that are loaded" },
      { name: "budgets", description: "The money programs may spend" },
      { name: "evaluations", description: "What a candidate program would have earned on the log" },
      { name: "operations", description: "Health and metrics" },
    ],
    components: {
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "`id.secret`; not needed on loopback without API_KEYS" },
      },
    },
    security: [{ apiKey: [] }],
  },
  // A schema is documented under its own name.
  refResolver: {
    buildLocalReference: (json, _baseUri, _fragment, i) => (typeof json["$id"] === "string" ? json["$id"] : `def-${i}`),
  },
};

/** The plugin reads examples as if they were schemas, and takes a field named `nullable` out of them. */
function exampleKeeper(app: FastifyInstance): SwaggerTransformObject {
  return (document) => {
    if (!("openapiObject" in document)) return document.swaggerObject;
    const named = app.getSchemas();
    for (const [name, schema] of Object.entries(document.openapiObject.components?.schemas ?? {})) {
      const examples = examplesOf(named[name]);
      if (examples !== undefined) Object.assign(schema, { examples });
    }
    return document.openapiObject;
  };
}

function examplesOf(schema: unknown): unknown {
  return typeof schema === "object" && schema !== null && "examples" in schema ? schema.examples : undefined;
}
