/** What a request asks, so that its retry is known by it: the caller, the request's id, and a fingerprint of the rest. */
import type { DecideRequest } from "../../contract/decide.ts";
import type { RecordedQuestion } from "../../core/domain/record.ts";
import { murmur3Hex } from "../../core/numerics/murmur3.ts";

/**
 * Two bodies that ask the same have the same fingerprint, however they are spelled. The requestId is no part of it: it
 * may be in the body or in a header. Ids stand in it as they do in the log, so that the fingerprint tells no more of a
 * user than the log does.
 *
 * @param pseudonym how an id is written to the log
 */
export function questionOf(
  request: DecideRequest,
  caller: string,
  pseudonym: (id: string) => string,
): RecordedQuestion {
  const { programId, userId, clusterId, context, actions, features, explain } = request;
  const cluster = clusterId === undefined ? "" : pseudonym(clusterId);
  const ids = `${programId}|${pseudonym(userId)}|${cluster}|${String(explain === true)}|${actions?.join() ?? ""}`;
  return { caller, fingerprint: murmur3Hex(`${ids}|${textOf(context)}|${textOf(features)}`) };
}

/** The same for the same entries in any order. */
function textOf(values: Readonly<Record<string, unknown>> | undefined): string {
  if (values === undefined) return "";
  const names = Object.keys(values).toSorted();
  return JSON.stringify(names.map((name) => [name, values[name]]));
}
