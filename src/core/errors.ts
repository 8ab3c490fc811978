/** Everything the service can refuse or fail with. A code is never reused for another meaning. */
export const ERRORS = {
  invalid_json: { status: 400, title: "The body is not valid JSON" },
  invalid_utf8: { status: 400, title: "The body is not valid UTF-8 without a byte order mark" },
  duplicate_key: { status: 400, title: "An object in the body has the same key twice" },
  forbidden_key: { status: 400, title: "A key in the body is not allowed" },
  body_too_deep: { status: 400, title: "The body is nested too deeply" },
  body_too_wide: { status: 400, title: "An object in the body has too many keys" },
  invalid_request: { status: 400, title: "The request does not match its schema" },
  malformed_http: { status: 400, title: "The bytes are not a valid HTTP request" },
  unauthenticated: { status: 401, title: "A valid API key is required" },
  forbidden: { status: 403, title: "The API key may not do this" },
  not_found: { status: 404, title: "There is nothing at this address" },
  unknown_program: { status: 404, title: "No program with this id is loaded" },
  unknown_budget: { status: 404, title: "The program has no budget" },
  unknown_decision: { status: 404, title: "No decision with this id is in the log" },
  unknown_evaluation: { status: 404, title: "No evaluation with this id is kept" },
  method_not_allowed: { status: 405, title: "This address does not take this method" },
  request_timeout: { status: 408, title: "The request did not arrive in time" },
  outcome_conflict: { status: 409, title: "The outcomeId was used before for another outcome" },
  rollout_under_way: { status: 409, title: "Another promotion or rollback is under way" },
  nothing_to_roll_back: { status: 409, title: "The audit log knows nothing that was live before" },
  audit_log_broken: { status: 409, title: "The audit log of promotions was changed" },
  evaluation_called_off: { status: 409, title: "The evaluation was deleted before it was done" },
  evaluation_not_done: { status: 409, title: "The evaluation has no report" },
  body_too_large: { status: 413, title: "The body is larger than this call takes" },
  unsupported_media_type: { status: 415, title: "The body must be JSON in UTF-8, not compressed" },
  unknown_action: { status: 422, title: "The program has no such action" },
  unknown_feature: { status: 422, title: "No loaded model has such a feature" },
  invalid_feature: { status: 422, title: "A feature value is outside what its contract allows" },
  cluster_required: { status: 422, title: "The program randomizes by cluster and needs a clusterId" },
  shadow_program: { status: 422, title: "The program is a shadow: it decides along with the program it names" },
  idempotency_mismatch: { status: 422, title: "The requestId was used before with another body" },
  outcome_in_future: { status: 422, title: "The outcome says that it has not happened yet" },
  reload_refused: { status: 422, title: "Something on disk is not valid; what was loaded stays" },
  candidate_refused: { status: 422, title: "The candidate is not a program that could be loaded" },
  incumbent_refused: { status: 422, title: "The incumbent is not a program that could be loaded" },
  evaluation_queue_full: { status: 429, title: "As many evaluations wait as may" },
  headers_too_large: { status: 431, title: "The request headers are too large" },
  internal: { status: 500, title: "The service failed in a way it did not foresee" },
  evaluation_failed: { status: 500, title: "The process of the evaluation ended without a report" },
  feature_store_unavailable: { status: 503, title: "The feature store cannot be reached" },
  ledger_unavailable: { status: 503, title: "The budget ledger cannot be reached" },
  cap_store_unavailable: { status: 503, title: "The store of past offers cannot be reached" },
  answer_store_unavailable: { status: 503, title: "The store of answers that all replicas know cannot be reached" },
  outcome_exchange_unavailable: { status: 503, title: "Outcomes cannot be sent to the replicas of their decisions" },
  model_failed: { status: 503, title: "The model could not score" },
  sink_unavailable: { status: 503, title: "The place that logs are shipped to cannot be reached" },
  log_unavailable: { status: 503, title: "The decision log cannot be written" },
  program_store_unavailable: { status: 503, title: "The program files cannot be written" },
  evaluation_store_unavailable: { status: 503, title: "Evaluations cannot be kept in DATA_DIR" },
  evaluation_interrupted: { status: 503, title: "The service ended before the evaluation" },
  draining: { status: 503, title: "The service is shutting down" },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** Every code, in the table's order. */
export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[];

/** One thing that is wrong in the caller's input: where, and the rule it breaks. Never the value itself. */
export interface InputFault {
  readonly path: string;
  readonly rule: string;
}

/** Operational trouble with a code from the table. */
export class LiftgateError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly InputFault[];

  constructor(code: ErrorCode, detail?: string, faults: readonly InputFault[] = []) {
    super(detail ?? ERRORS[code].title);
    this.name = "LiftgateError";
    this.code = code;
    this.faults = faults;
  }
}

/**
 * Programmer errors: something that cannot happen did.
 *
 * @param expectation as a function where it is text with numbers in it and every decision comes by: that text costs more
 * than the condition
 */
export function invariant(condition: boolean, expectation: string | (() => string)): asserts condition {
  if (condition) return;
  throw new Error(`invariant broken: ${typeof expectation === "string" ? expectation : expectation()}`);
}
