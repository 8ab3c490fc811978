/** With a real Redis that dies between claiming a question and publishing its answer, and comes back. */
import { expect, onTestFinished, test } from "vitest";
import { RedisAnswerStore } from "../../../src/adapters/redis/answer-store.ts";
import { TIMER } from "../../../src/compose/timer.ts";
import { SharedQuestions, type WhenDown } from "../../../src/service/answers/shared-questions.ts";
import { UnsharedAnswers } from "../../../src/service/answers/unshared-answers.ts";
import { observe, operator, ownServer } from "../../adapters/redis/observed-connection.ts";

const DURABLE = ["--appendonly", "yes", "--appendfsync", "always"];
const QUESTION = { key: "caller|program|request", fingerprint: "f", keptMs: 60_000 };
const KEY = `liftgate:answers:${QUESTION.key}`;
const SOON = { timeout: 10_000 };

/** One replica, and what happened to its answer. */
async function replica(whenDown: WhenDown) {
  const server = await ownServer(DURABLE);
  const { connection, reach } = await observe(server.url);
  const store = new RedisAnswerStore(connection);
  const newId = () => "this";
  const failed = (cause: unknown) => expect.unreachable(String(cause));
  const unshared = new UnsharedAnswers({ store, newId, timer: TIMER, failed });
  onTestFinished(() => unshared.close());
  const happened: string[] = [];
  const shared = new SharedQuestions({
    store,
    unshared,
    whenDown,
    newId,
    pause: async () => undefined,
    trouble: () => undefined,
  });
  const decided = {
    text: "ours",
    withdraw: async () => void happened.push("withdrawn"),
    toldAlone: async () => void happened.push("told alone"),
  };
  const decideAndLoseRedis = () =>
    shared.answer(QUESTION, async (claim) => {
      await claim();
      await server.kill();
      return decided;
    });
  const published = async () => {
    const redis = operator(server);
    await expect.poll(() => redis.get(KEY), SOON).toBe("af ours");
  };
  return { server, reach, shared, decided, happened, decideAndLoseRedis, published };
}

test("available: what could not be published is told once that is kept, and published when Redis is back", async () => {
  const { server, happened, decideAndLoseRedis, published } = await replica("available");
  expect(await decideAndLoseRedis()).toBeNull();
  expect(happened).toEqual(["told alone"]);
  await server.restart();
  await published();
  expect(happened).toEqual(["told alone"]);
});

test("exact: what could not be published is told to nobody until it is", async () => {
  const { server, happened, decideAndLoseRedis, published, shared, decided } = await replica("exact");
  await expect(decideAndLoseRedis()).rejects.toMatchObject({ code: "answer_store_unavailable" });
  await expect(shared.confirm(QUESTION, decided)).rejects.toMatchObject({ code: "answer_store_unavailable" });
  await server.restart();
  await published();
  expect(await shared.confirm(QUESTION, decided)).toBeNull();
  expect(happened).toEqual([]);
});

test("exact: it is void, without anybody asking again, where another replica answered meanwhile", async () => {
  const { server, happened, decideAndLoseRedis, reach, shared, decided } = await replica("exact");
  await expect(decideAndLoseRedis()).rejects.toMatchObject({ code: "answer_store_unavailable" });
  await reach("down");
  // Its claim is over, and the other replica found Redis first.
  await server.restart();
  await operator(server).set(KEY, "af theirs");
  await reach("up");
  await expect.poll(() => happened, SOON).toEqual(["withdrawn"]);
  expect(await shared.confirm(QUESTION, decided)).toEqual({ fingerprint: "f", answer: "theirs" });
});

test("exact: a question that cannot be claimed is not decided", async () => {
  const { server, shared, reach } = await replica("exact");
  await server.kill();
  await reach("down");
  const asked = shared.answer(QUESTION, async (claim) => {
    await claim();
    return expect.unreachable("nothing was claimed");
  });
  await expect(asked).rejects.toMatchObject({ code: "answer_store_unavailable" });
});
