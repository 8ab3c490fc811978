/** Every bound on what callers and files may send, each with its reason. */

/** A decide request is a few hundred bytes; 64 KiB leaves room for 1,000 batch items of plain ids. */
export const BODY_BYTES_MAX = 64 * 1024;
/** Batches and feature uploads carry up to 1,000 items of about 1 KiB. */
export const BULK_BODY_BYTES_MAX = 2 * 1024 * 1024;
/** Items a bulk call may carry: bounds the memory and the event-loop time one call can take. */
export const BULK_ITEMS_MAX = 1_000;
/** Nesting of JSON: the deepest legal body (bulk features) has 4 levels. */
export const JSON_DEPTH_MAX = 8;
/** Keys in one JSON object: the widest legal one is a context or a feature row. */
export const JSON_KEYS_MAX = 1_024;
/** Id length: fits UUIDs, URNs and e-mail-like ids, and bounds Redis keys and log lines. */
export const ID_LENGTH_MAX = 128;
/** Entries and value length of the caller's context: it is logged with every decision. */
export const CONTEXT_KEYS_MAX = 32;
export const CONTEXT_VALUE_LENGTH_MAX = 256;
/** Actions of one program: a decision's record lists every one. */
export const ACTIONS_MAX = 64;
/** Features of one model: a packed row of 4 KiB. */
export const FEATURES_MAX = 1_024;
/** Program files are written by hand; more is an accident or an attack (YAML alias bombs included). */
export const PROGRAM_FILE_BYTES_MAX = 64 * 1024;
/** A request to evaluate holds two program files, of which JSON may write every character as six. */
export const EVALUATION_BODY_BYTES_MAX = 2 * 6 * PROGRAM_FILE_BYTES_MAX + 16 * 1024;
/** Evaluations that wait: each takes minutes, and keeps its program files. */
export const EVALUATIONS_WAITING_MAX = 8;
/** Evaluations that are kept: some 200 KB each. */
export const EVALUATIONS_KEPT_MAX = 100;
/** Facts and attributes one evaluation splits by: each is a column of the whole log. */
export const EVALUATION_NAMES_MAX = 32;
/** A manifest lists features with statistics: about 1 KiB each. */
export const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;
/** One model graph: above this a row takes milliseconds and the graph is distilled instead. */
export const MODEL_BYTES_MAX = 64 * 1024 * 1024;
/** Candidates of one allocate call: reading and checking as many holds other calls up for some 40 ms; files have no limit. */
export const ALLOCATE_CANDIDATES_MAX = 10_000;
/** Users of one allocate call: the model scores them on the way, in batches between other calls. */
export const ALLOCATE_USERS_MAX = 2_000;
/** An allocate call's candidates are about 100 bytes each, its users with their features 1 KiB. */
export const ALLOCATE_BODY_BYTES_MAX = 2 * 1024 * 1024;
/** Distinct actions of one allocation: prices of caps are found with matrices of their square. */
export const ALLOCATION_ACTIONS_MAX = 1_000;
/** Largest value or cost of one candidate, in units of the currency: nine digits beside the micro's six are exact. */
export const CANDIDATE_AMOUNT_MAX = 1e9;
/** Longest window in which a user is told the same again, in days: every answer is kept for so long. */
export const STICKY_DAYS_MAX = 92;
/** Largest value of one outcome either way: nine digits beside six decimals are exact. */
export const OUTCOME_AMOUNT_MAX = 1e9;
