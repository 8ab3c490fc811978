/** API keys: `Authorization: Bearer <id>.<secret>`. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { LiftgateError } from "../core/errors.ts";
import type { ApiKey, Role } from "../ops/config.ts";

/** The caller's key id; requests without keys configured come from loopback and share one. */
export const LOCAL_CALLER = "local";

/** Compared against when the id is unknown, so that unknown ids and wrong secrets take the same path. */
const NOBODY = { id: "", secretSha256: "0".repeat(64), roles: [] } as const satisfies ApiKey;

export type Authenticate = (request: FastifyRequest, role: Role) => string;

/**
 * @returns a function that gives the caller's id, or throws `unauthenticated` / `forbidden`
 */
export function authenticator(keys: readonly ApiKey[] | undefined): Authenticate {
  if (keys === undefined) return () => LOCAL_CALLER;
  return (request, role) => {
    const [id, secret] = credentials(request);
    const candidates = keys.filter((key) => key.id === id);
    const key = (candidates.length > 0 ? candidates : [NOBODY]).find((candidate) => secretMatches(candidate, secret));
    if (key === undefined) throw new LiftgateError("unauthenticated");
    if (!key.roles.includes(role)) throw new LiftgateError("forbidden", `the key needs the role ${role}`);
    return key.id;
  };
}

function credentials({ headers }: FastifyRequest): readonly [string, string] {
  const bearer = /^Bearer ([\x21-\x7e]{1,512})$/.exec(headers.authorization ?? "")?.[1];
  const token = bearer ?? "";
  const dot = token.indexOf(".");
  return dot < 0 ? ["", ""] : [token.slice(0, dot), token.slice(dot + 1)];
}

function secretMatches(key: ApiKey, secret: string): boolean {
  const given = createHash("sha256").update(secret).digest();
  return timingSafeEqual(given, Buffer.from(key.secretSha256, "hex"));
}
