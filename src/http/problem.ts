/** Every failure as one problem+json body (RFC 9457) with a code from the error table. */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { Problem } from "../contract/problem.ts";
import { type ErrorCode, ERRORS, type InputFault, LiftgateError } from "../core/errors.ts";

/** What a problem's body may take, and of that what one fault may: at least three are told. */
const PROBLEM_BYTES_MAX = 1_024;
const PATH_LENGTH_MAX = 100;
const RULE_LENGTH_MAX = 160;
const DETAIL_LENGTH_MAX = 200;

const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** What Fastify's own errors are called here. Anything else of its 4xx is an invalid request. */
const FRAMEWORK_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media_type",
  FST_ERR_CTP_INVALID_TYPE: "unsupported_media_type",
  FST_ERR_CTP_BODY_TOO_LARGE: "body_too_large",
  FST_ERR_CTP_EMPTY_JSON_BODY: "invalid_json",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "malformed_http",
  FST_ERR_BAD_URL: "malformed_http",
  FST_ERR_NOT_FOUND: "not_found",
};

/** Failures after which the caller should act as if told `no_offer`, and come back later. */
const RETRY_AFTER_S = 1;

export function problemOf(error: unknown): Problem {
  if (error instanceof LiftgateError) return problem(error.code, detailOf(error), error.faults);
  const code = frameworkCode(error);
  return problem(code);
}

export function problem(code: ErrorCode, detail?: string, faults: readonly InputFault[] = []): Problem {
  const { status, title } = ERRORS[code];
  const bare: Problem = {
    type: "about:blank",
    title,
    status,
    code,
    ...(detail !== undefined && { detail: detail.slice(0, DETAIL_LENGTH_MAX) }),
    ...(status === 503 && { fallback: { action: "no_offer" as const } }),
  };
  const errors = fitting(faults, PROBLEM_BYTES_MAX - sizeOf({ ...bare, errors: [] }));
  return errors.length === 0 ? bare : { ...bare, errors };
}

/** Fastify's error handler: sends the problem, and logs what the service did not foresee. */
export function sendProblem(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const body = problemOf(error);
  if (body.status >= 500) {
    request.server.operatorLog.error({ reqId: request.id, code: body.code, err: error }, "request failed");
  }
  return replyWith(reply, body);
}

export function replyWith(reply: FastifyReply, body: Problem): FastifyReply {
  if (body.status === 503) void reply.header("retry-after", RETRY_AFTER_S);
  reply.server.countProblem(body.code);
  return reply.code(body.status).type(PROBLEM_TYPE).send(body);
}

/** A complete response for bytes that never became a request. */
export function rawProblem(code: ErrorCode): string {
  const body = problem(code);
  const text = JSON.stringify(body);
  const head = `HTTP/1.1 ${body.status} ${body.title}\r\ncontent-type: ${PROBLEM_TYPE}\r\n`;
  return `${head}content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`;
}

function frameworkCode(error: unknown): ErrorCode {
  if (!(error instanceof Error) || !("statusCode" in error)) return "internal";
  const named = "code" in error ? FRAMEWORK_CODES[String(error.code)] : undefined;
  const { statusCode } = error;
  return named ?? (typeof statusCode === "number" && statusCode < 500 ? "invalid_request" : "internal");
}

/** Our own words only; the title already says what the bare code means. */
function detailOf({ code, message }: LiftgateError): string | undefined {
  return message === ERRORS[code].title ? undefined : message;
}

/** The first faults, as many as the bytes allow. */
function fitting(faults: readonly InputFault[], bytesMax: number): InputFault[] {
  const told: InputFault[] = [];
  let bytes = 0;
  for (const fault of faults) {
    const short = bounded(fault);
    bytes += sizeOf(short) + 1;
    if (bytes > bytesMax) break;
    told.push(short);
  }
  return told;
}

function sizeOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function bounded({ path, rule }: InputFault): InputFault {
  return { path: path.slice(0, PATH_LENGTH_MAX), rule: rule.slice(0, RULE_LENGTH_MAX) };
}
