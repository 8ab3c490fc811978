import { describe, expect, it } from "vitest";
import { LiftgateError } from "../../src/core/errors.ts";
import { AnswerMemory } from "../../src/service/answer-memory.ts";

/** A memory, how often it was asked again, and a decision that counts how often it was made. */
function memory() {
  const counts = { retries: 0, decisions: 0 };
  const answers = new AnswerMemory(() => (counts.retries += 1));
  const decide = async () => ({ answer: (counts.decisions += 1) });
  return { answers, counts, decide };
}

function asked(question: object, key = "caller|program|request") {
  return { key, body: Buffer.from(JSON.stringify(question)) };
}
const QUESTION = { programId: "p", userId: "u" };
const ASKED = asked(QUESTION);
const OTHER = asked({ ...QUESTION, explain: true });

describe("the memory of answers", () => {
  it("decides once, and then repeats", async () => {
    const { answers, counts, decide } = memory();
    expect(await answers.once(ASKED, decide)).toBe('{"answer":1}');
    expect(await answers.once(ASKED, decide)).toBe('{"answer":1}');
    expect(counts).toEqual({ decisions: 1, retries: 1 });
  });

  it("joins a decision under way", async () => {
    const { answers, counts, decide } = memory();
    const both = await Promise.all([answers.once(ASKED, decide), answers.once(ASKED, decide)]);
    expect(both).toEqual(['{"answer":1}', '{"answer":1}']);
    expect(counts).toEqual({ decisions: 1, retries: 1 });
  });

  it("refuses another body under a known key, while it is decided and after", async () => {
    const { answers, decide } = memory();
    const underWay = answers.once(ASKED, decide);
    const other = async () => answers.once(OTHER, decide);
    await expect(other()).rejects.toMatchObject({ code: "idempotency_mismatch" });
    await underWay;
    await expect(other()).rejects.toMatchObject({ code: "idempotency_mismatch" });
  });

  it("a question is the same however it is spelled, and wherever its requestId is", async () => {
    const { answers, counts, decide } = memory();
    const context = { surface: "checkout", platform: "ios" };
    await answers.once(asked({ ...QUESTION, requestId: "request", context }), decide);
    const respelled = { context: { platform: "ios", surface: "checkout" }, userId: "u", programId: "p" };
    expect(await answers.once(asked(respelled), decide)).toBe('{"answer":1}');
    expect(counts).toEqual({ decisions: 1, retries: 1 });
    const other = async () => answers.once(asked({ ...respelled, context: {} }), decide);
    await expect(other()).rejects.toMatchObject({ code: "idempotency_mismatch" });
  });

  it("does not remember a failure: everybody waiting gets it, the next one decides", async () => {
    const { answers, decide } = memory();
    const failure = new LiftgateError("log_unavailable");
    const fail = async () => Promise.reject(failure);
    const waiting = await Promise.allSettled([answers.once(ASKED, fail), answers.once(ASKED, fail)]);
    expect(waiting).toEqual([
      { status: "rejected", reason: failure },
      { status: "rejected", reason: failure },
    ]);
    expect(await answers.once(OTHER, decide)).toBe('{"answer":1}');
  });

  it("forgets the oldest when its bytes are full, and decides anew", async () => {
    const { counts, decide } = memory();
    const answers = new AnswerMemory(() => (counts.retries += 1), 2 * (1 + ASKED.body.length + '{"answer":1}'.length));
    for (const key of ["0", "1", "2"]) await answers.once(asked(QUESTION, key), decide);
    await answers.once(asked(QUESTION, "1"), decide);
    expect(counts).toEqual({ decisions: 3, retries: 1 });
    await answers.once(asked(QUESTION, "0"), decide);
    expect(counts).toEqual({ decisions: 4, retries: 1 });
  });
});
