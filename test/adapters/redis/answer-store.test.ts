import { expect, onTestFinished, test } from "vitest";
import { RedisAnswerStore } from "../../../src/adapters/redis/answer-store.ts";
import { observe, operator, ownServer } from "./observed-connection.ts";

const ONE = { fingerprint: "f", claimId: "one" };
const TWO = { fingerprint: "f", claimId: "two" };
const answer = (text: string) => ({ text, keptMs: 60_000 });

async function stores() {
  const server = await ownServer();
  const connections = [await observe(server.url), await observe(server.url)];
  onTestFinished(() => {
    for (const { connection } of connections) connection.close();
  });
  const [one, two] = connections.map(({ connection }) => new RedisAnswerStore(connection));
  if (one === undefined || two === undefined) throw new Error("expected two stores");
  return { server, redis: operator(server), one, two };
}

test("the first that claims a question has it, and claims it again", async () => {
  const { one, two } = await stores();
  expect(await one.claim("q", ONE)).toEqual({ kind: "mine", was: "new" });
  expect(await one.claim("q", ONE)).toEqual({ kind: "mine", was: "new" });
  expect(await two.claim("q", TWO)).toEqual({ kind: "other", fingerprint: "f" });
  expect(await two.claim("another", TWO)).toEqual({ kind: "mine", was: "new" });
});

test("of a thousand claims at once, on two connections, one succeeds", async () => {
  const { one, two } = await stores();
  const held = await Promise.all(
    Array.from({ length: 1_000 }, (_, i) =>
      (i % 2 === 0 ? one : two).claim("q", { fingerprint: "f", claimId: String(i) }),
    ),
  );
  expect(held.filter(({ kind }) => kind === "mine")).toHaveLength(1);
});

test("what is published is what everybody is told, whatever is in it", async () => {
  const { one, two } = await stores();
  await one.claim("q", ONE);
  const text = JSON.stringify({ user: "a b", text: "žluť\n" });
  expect(await one.publish("q", ONE, answer(text))).toBeNull();
  expect(await two.claim("q", TWO)).toEqual({ kind: "answered", fingerprint: "f", answer: text });
  expect(await two.publish("q", TWO, answer("mine"))).toEqual({ fingerprint: "f", answer: text });
  expect(await one.publish("q", ONE, answer(text))).toBeNull();
});

test("whoever published first stands, also where another has claimed the question meanwhile", async () => {
  const { redis, one, two } = await stores();
  await one.claim("q", ONE);
  await redis.del("liftgate:answers:q");
  expect(await two.claim("q", TWO)).toEqual({ kind: "mine", was: "new" });
  expect(await one.publish("q", ONE, answer("first"))).toBeNull();
  expect(await two.publish("q", TWO, answer("second"))).toEqual({ fingerprint: "f", answer: "first" });
});

test("a claim ends by itself, and so does an answer", async () => {
  const { redis, one } = await stores();
  await one.claim("q", ONE);
  expect(await redis.pttl("liftgate:answers:q")).toBeGreaterThan(1_000);
  await one.publish("q", ONE, answer("a"));
  expect(await redis.pttl("liftgate:answers:q")).toBeGreaterThan(50_000);
});

test("who gives up gives up its own claim only", async () => {
  const { one, two } = await stores();
  await one.claim("q", ONE);
  await two.giveUp("q", TWO);
  expect(await two.claim("q", TWO)).toMatchObject({ kind: "other" });
  await one.giveUp("q", ONE);
  expect(await two.claim("q", TWO)).toEqual({ kind: "mine", was: "new" });
  await two.publish("q", TWO, answer("a"));
  await two.giveUp("q", TWO);
  expect(await one.claim("q", ONE)).toMatchObject({ kind: "answered" });
  await one.forget("q", 60_000);
  expect(await one.claim("q", ONE)).toEqual({ kind: "mine", was: "forgotten" });
  expect(await two.claim("q", TWO)).toMatchObject({ kind: "other" });
});

test("a server that is gone is said to be", async () => {
  const { server, one } = await stores();
  await server.stop();
  await expect(one.claim("q", ONE)).rejects.toMatchObject({ code: "answer_store_unavailable" });
  await expect(one.publish("q", ONE, answer("a"))).rejects.toMatchObject({ code: "answer_store_unavailable" });
  await expect(one.giveUp("q", ONE)).rejects.toMatchObject({ code: "answer_store_unavailable" });
});
