import type { FastifyInstance } from "fastify";
import { problem, replyWith } from "./problem.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

/** The addresses of an app with the methods each takes, as they are added. */
export type Addresses = ReadonlyMap<string, ReadonlySet<string>>;

/** Starts to note every route; to be called before the first is added. */
export function noteAddresses(app: FastifyInstance): Addresses {
  const addresses = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const methods = addresses.get(url) ?? new Set<string>();
    for (const name of [method].flat()) methods.add(name);
    addresses.set(url, methods);
  });
  return addresses;
}

/** Answers every other method on a known address with 405 and what it takes, before any body is read. */
export function refuseOtherMethods(app: FastifyInstance, addresses: Addresses): void {
  // A copy: the routes added here are noted too.
  for (const [url, methods] of Array.from(addresses)) {
    const allow = [...methods].join(", ");
    app.route({
      url,
      method: METHODS.filter((name) => !methods.has(name)),
      schema: { hide: true },
      config: { role: null },
      onRequest: async (_request, reply) => replyWith(reply.header("allow", allow), problem("method_not_allowed")),
      handler: () => undefined,
    });
  }
}
