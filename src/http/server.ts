/** The HTTP service: limits, parsing, errors and routes around a backend that `compose/` builds. */
import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import helmet from "@fastify/helmet";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { type FastifyBaseLogger, type FastifyInstance, fastify } from "fastify";
import { BODY_BYTES_MAX } from "../contract/limits.ts";
import { type ErrorCode, LiftgateError } from "../core/errors.ts";
import type { ApiKey } from "../ops/config.ts";
import type { Backend } from "./backend.ts";
import { authenticator, LOCAL_CALLER } from "./authenticate.ts";
import { noteAddresses, refuseOtherMethods } from "./method-not-allowed.ts";
import { endWaitingConnections } from "./open-connections.ts";
import { documentOptions } from "./openapi.ts";
import { problem, rawProblem, replyWith, sendProblem } from "./problem.ts";
import { addBudgetRoutes } from "./routes/budgets.ts";
import { addAllocateRoute } from "./routes/allocate.ts";
import { addBulkRoutes } from "./routes/bulk.ts";
import { addCatalogRoutes } from "./routes/catalog.ts";
import { addDecideRoutes } from "./routes/decide.ts";
import { addEvaluationRoutes } from "./routes/evaluations.ts";
import { addHealthRoutes } from "./routes/health.ts";
import { addMetricsRoute } from "./routes/metrics.ts";
import { addOutcomeRoute } from "./routes/outcomes.ts";
import { addRecordRoutes } from "./routes/record.ts";
import { addRollbackRoute } from "./routes/rollback.ts";
import { addUserRoutes } from "./routes/users.ts";
import { strictParse } from "./strict-json.ts";

/** `api` decides; `admin` has metrics, docs, catalog and reload; `all` is both on one port. */
export type Surface = "all" | "api" | "admin";

export interface ServerOptions {
  readonly surface: Surface;
  readonly logger: FastifyBaseLogger;
  readonly apiKeys: readonly ApiKey[] | undefined;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Id of the API key that called. */
    callerId: string;
  }
  interface FastifyInstance {
    /** Told the code of every problem that is answered. */
    readonly countProblem: (code: ErrorCode) => void;
    /** The operators' log. */
    readonly operatorLog: FastifyBaseLogger;
  }
}

/** Slow senders are cut: Node checks these only every `connectionsCheckingInterval`. */
const TIMEOUTS = {
  headersTimeout: 2_000,
  requestTimeout: 2_000,
  connectionsCheckingInterval: 250,
} as const;
const IDLE_CONNECTION_MS = 60_000;
const KEEP_ALIVE_MS = 72_000;

/** Builds the server; it does not listen yet. */
export async function buildServer(backend: Backend, options: ServerOptions): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    // A logger of Fastify's would cost every request a child and two listeners, for the few that log.
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: TIMEOUTS.requestTimeout,
    connectionTimeout: IDLE_CONNECTION_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { ...TIMEOUTS, requireHostHeader: false },
    routerOptions: { ignoreTrailingSlash: false, caseSensitive: true, maxParamLength: 128 },
    exposeHeadRoutes: false,
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
    clientErrorHandler: answerBrokenBytes,
  });
  endWaitingConnections(app, TIMEOUTS.requestTimeout);
  requireHost(app);
  takeOnlyStrictJson(app);
  identifyCallers(app, backend, options.apiKeys);
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((_request, reply) => replyWith(reply, problem("not_found")));
  app.decorate("operatorLog", options.logger);
  app.decorate("countProblem", (code: ErrorCode) => backend.metrics.rejected.inc({ code }));
  await addRoutes(app, backend, options.surface);
  return app;
}

async function addRoutes(app: FastifyInstance, backend: Backend, surface: Surface): Promise<void> {
  const addresses = noteAddresses(app);
  if (surface !== "api") await addDocumentation(app);
  addHealthRoutes(app, backend);
  if (surface !== "admin") {
    addDecideRoutes(app, backend);
    addBulkRoutes(app, backend);
    addOutcomeRoute(app, backend);
    addAllocateRoute(app, backend);
  }
  if (surface !== "api") {
    addRecordRoutes(app, backend);
    addUserRoutes(app, backend);
    addCatalogRoutes(app, backend);
    addRollbackRoute(app, backend);
    addBudgetRoutes(app, backend);
    addEvaluationRoutes(app, backend);
    addMetricsRoute(app, backend);
  }
  refuseOtherMethods(app, addresses);
  await app.ready();
}

/** As RFC 9112 asks, and with a problem as its body: Node's own answer to a missing Host has none. */
function requireHost(app: FastifyInstance): void {
  app.addHook("onRequest", ({ raw }, reply, done) => {
    if (raw.httpVersion !== "1.1" || raw.headers.host !== undefined) return done();
    void reply.header("connection", "close");
    done(new LiftgateError("malformed_http", "The request has no Host"));
  });
}

/** Bodies are JSON in UTF-8, uncompressed and strictly parsed; anything else is refused by name. */
function takeOnlyStrictJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
    try {
      if (!isPlainJson(request.headers)) throw new LiftgateError("unsupported_media_type");
      done(null, strictParse(body as Buffer));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
  // Validation is zod's, in the routes; answers are plain objects or finished text.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => JSON.stringify);
}

const JSON_UTF8 = /^application\/json(\s*;\s*charset="?utf-8"?)?\s*$/i;

function isPlainJson(headers: IncomingHttpHeaders): boolean {
  const encoding = headers["content-encoding"] ?? "identity";
  return JSON_UTF8.test(headers["content-type"] ?? "") && encoding.toLowerCase() === "identity";
}

/**
 * Roles are checked before a body is read. What names no role (pages, unknown addresses) needs `read`:
 * open to everybody is only what says so. While draining, connections are not kept.
 */
function identifyCallers(app: FastifyInstance, backend: Backend, keys: readonly ApiKey[] | undefined): void {
  const authenticate = authenticator(keys);
  app.decorateRequest("callerId", LOCAL_CALLER);
  app.addHook("onRequest", (request, reply, done) => {
    if (!backend.accepting()) void reply.header("connection", "close");
    const { role = "read" } = request.routeOptions.config;
    if (role !== null) request.callerId = authenticate(request, role);
    done();
  });
}

/** Swagger UI with its own headers; the JSON routes need none of a browser's protections. */
async function addDocumentation(app: FastifyInstance): Promise<void> {
  await app.register(swagger, documentOptions(app));
  await app.register(async (pages) => {
    await pages.register(helmet, { contentSecurityPolicy: false });
    await pages.register(swaggerUi, { routePrefix: "/docs", staticCSP: true });
  });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
}

/** Bytes that Node could not read as a request: one problem, then the connection is closed. */
function answerBrokenBytes(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(rawProblem(BROKEN_BYTES[error.code ?? ""] ?? "malformed_http"));
}

const BROKEN_BYTES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: "headers_too_large",
  ERR_HTTP_REQUEST_TIMEOUT: "request_timeout",
};
