import { expect, onTestFinished, test } from "vitest";
import { RedisOutcomeExchange } from "../../../src/adapters/redis/outcome-exchange.ts";
import { outcome } from "../../support/outcomes.ts";
import { observe, operator, ownServer } from "./observed-connection.ts";

const DAY_MS = 86_400_000;
/** Of decisions whose ids end in these. */
const OWN = "aaaa";
const OTHER = "bbbb";
const of = (mark: string, outcomeId: string) =>
  outcome({ outcomeId, decisionId: `019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a${mark}` });

async function exchange(nowMs: () => number = Date.now) {
  const server = await ownServer();
  const { connection } = await observe(server.url);
  onTestFinished(() => connection.close());
  return { server, redis: operator(server), exchange: new RedisOutcomeExchange(connection, nowMs) };
}

test("every outcome comes to the replica of its decision, in order, and once for each place", async () => {
  const { exchange: between } = await exchange();
  await between.send([of(OWN, "1"), of(OTHER, "2"), of(OWN, "3")]);
  const first = await between.receive(OWN, "");
  expect(first.outcomes).toEqual([of(OWN, "1"), of(OWN, "3")]);
  expect(await between.receive(OWN, first.place)).toEqual({ outcomes: [], place: first.place });
  await between.send([of(OWN, "4")]);
  expect((await between.receive(OWN, first.place)).outcomes).toEqual([of(OWN, "4")]);
  expect((await between.receive(OTHER, "")).outcomes).toEqual([of(OTHER, "2")]);
});

test("more than fit in one answer come one answer after the other", async () => {
  const { exchange: between } = await exchange();
  const ids = Array.from({ length: 1_200 }, (_, i) => String(i));
  await between.send(ids.map((id) => of(OWN, id)));
  const received: string[] = [];
  for (let place = "", more = true; more;) {
    const next = await between.receive(OWN, place);
    received.push(...next.outcomes.map(({ outcomeId }) => outcomeId));
    more = next.outcomes.length > 0;
    place = next.place;
  }
  expect(received).toEqual(ids);
});

test("what is older than a week goes when something newer comes", async () => {
  let nowMs = Date.now();
  const { redis, exchange: between } = await exchange(() => nowMs);
  await between.send(Array.from({ length: 300 }, (_, i) => of(OWN, String(i))));
  nowMs += 8 * DAY_MS;
  await between.send([of(OWN, "new")]);
  // Redis drops whole nodes of a hundred entries.
  expect(await redis.xlen(`liftgate:outcomes-of:${OWN}`)).toBeLessThan(200);
});

test("a replica that was there once is known for good", async () => {
  const { exchange: between } = await exchange();
  expect(await between.present(OWN, 1)).toEqual(new Set([OWN]));
  expect(await between.present(OTHER, 2)).toEqual(new Set([OWN, OTHER]));
});

test("a server that is gone is said to be", async () => {
  const { server, exchange: between } = await exchange();
  await server.stop();
  for (const call of [between.send([of(OWN, "1")]), between.receive(OWN, ""), between.present(OWN, 1)]) {
    await expect(call).rejects.toMatchObject({ code: "outcome_exchange_unavailable" });
  }
});
