import { describe, expect, it } from "vitest";
import { LiftgateError } from "../../../src/core/errors.ts";
import { AnswerMemory } from "../../../src/service/answers/answer-memory.ts";

/** A memory, how often it was asked again, and a decision that counts how often it was made. */
function memory(ringBytes?: number) {
  const counts = { retries: 0, decisions: 0 };
  const onRetry = () => (counts.retries += 1);
  const answers = new AnswerMemory({ onRetry, shared: null, ...(ringBytes !== undefined && { ringBytes }) });
  const decide = async () => ({ answer: (counts.decisions += 1) });
  const anew = {
    before: () => null,
    again: async () => null,
    decide,
    withdraw: async () => undefined,
    toldAlone: async () => undefined,
  };
  return { answers, counts, anew };
}

function asked(fingerprint: string, key = "caller|program|request") {
  return { key, question: { caller: "caller", fingerprint } };
}
const ASKED = asked("one");
const OTHER = asked("other");

describe("the memory of answers", () => {
  it("decides once, and then repeats", async () => {
    const { answers, counts, anew } = memory();
    expect(await answers.once(ASKED, anew)).toBe('{"answer":1}');
    expect(await answers.once(ASKED, anew)).toBe('{"answer":1}');
    expect(counts).toEqual({ decisions: 1, retries: 1 });
  });

  it("joins a decision under way", async () => {
    const { answers, counts, anew } = memory();
    const both = await Promise.all([answers.once(ASKED, anew), answers.once(ASKED, anew)]);
    expect(both).toEqual(['{"answer":1}', '{"answer":1}']);
    expect(counts).toEqual({ decisions: 1, retries: 1 });
  });

  it("refuses another body under a known key, while it is decided and after", async () => {
    const { answers, anew } = memory();
    const underWay = answers.once(ASKED, anew);
    const other = async () => answers.once(OTHER, anew);
    await expect(other()).rejects.toMatchObject({ code: "idempotency_mismatch" });
    await underWay;
    await expect(other()).rejects.toMatchObject({ code: "idempotency_mismatch" });
  });

  it("repeats from the log what another process answered, and remembers it", async () => {
    const { answers, counts, anew } = memory();
    const before = () => ({ decisionId: "d", fingerprint: "one", wasToldAlone: false });
    const again = async () => ({ answer: 7 });
    expect(await answers.once(ASKED, { ...anew, before, again })).toBe('{"answer":7}');
    expect(await answers.once(ASKED, anew)).toBe('{"answer":7}');
    expect(counts).toEqual({ decisions: 0, retries: 2 });
    const other = async () => answers.once(asked("other", "key"), { ...anew, before, again });
    await expect(other()).rejects.toMatchObject({ code: "idempotency_mismatch" });
  });

  it("decides anew what the log has lost", async () => {
    const { answers, anew } = memory();
    const before = () => ({ decisionId: "d", fingerprint: "one", wasToldAlone: false });
    expect(await answers.once(ASKED, { ...anew, before })).toBe('{"answer":1}');
  });

  it("does not remember a failure: everybody waiting gets it, the next one decides", async () => {
    const { answers, anew } = memory();
    const failure = new LiftgateError("log_unavailable");
    const fail = async () => Promise.reject(failure);
    const waiting = await Promise.allSettled([
      answers.once(ASKED, { ...anew, decide: fail }),
      answers.once(ASKED, { ...anew, decide: fail }),
    ]);
    expect(waiting).toEqual([
      { status: "rejected", reason: failure },
      { status: "rejected", reason: failure },
    ]);
    expect(await answers.once(OTHER, anew)).toBe('{"answer":1}');
  });

  it("forgets the oldest when its bytes are full, and decides anew", async () => {
    const { answers, counts, anew } = memory(2 * (1 + "one".length + '{"answer":1}'.length));
    for (const key of ["0", "1", "2"]) await answers.once(asked("one", key), anew);
    await answers.once(asked("one", "1"), anew);
    expect(counts).toEqual({ decisions: 3, retries: 1 });
    await answers.once(asked("one", "0"), anew);
    expect(counts).toEqual({ decisions: 4, retries: 1 });
  });
});
