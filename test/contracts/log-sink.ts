/** What every sink of shipped logs must do, run against each adapter and its real server. */
import { describe, expect, onTestFinished, test } from "vitest";
import type { LogKind, LogSink, ShippedRecord } from "../../src/core/shipping-ports.ts";

/** A server that is there, not there, or silent. */
export interface SinkServer {
  /** A sink of streams or topics of its own, which nobody wrote to. */
  open(): Promise<{ readonly sink: LogSink; received(kind: LogKind): Promise<readonly ShippedRecord[]> }>;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

export function recordOf(number: number, kind: LogKind = "decisions", filler = ""): ShippedRecord {
  const decisionId = `019aa8e1-7d2c-7b0e-9d5c-${String(number).padStart(12, "0")}`;
  const schema = kind === "decisions" ? "liftgate.decision.v1" : "liftgate.outcome.v1";
  const id = kind === "decisions" ? decisionId : `o${number}`;
  return { kind, id, decisionId, schema, line: JSON.stringify({ schema, id, filler }) };
}

function records(first: number, last: number): readonly ShippedRecord[] {
  return Array.from({ length: last - first + 1 }, (_, i) => recordOf(first + i));
}

export function describeLogSink(name: string, server: () => SinkServer): void {
  async function opened() {
    const open = await server().open();
    onTestFinished(() => open.sink.close());
    return open;
  }

  describe(`${name} as a sink of logs`, () => {
    test("has what it confirmed, each record as it was and in its order", async () => {
      const { sink, received } = await opened();
      await sink.send(records(1, 300));
      await sink.send(records(301, 302));
      expect(await received("decisions")).toEqual(records(1, 302));
    });

    test("keeps decisions and outcomes apart", async () => {
      const { sink, received } = await opened();
      await sink.send([recordOf(1), recordOf(1, "outcomes")]);
      await sink.send([recordOf(2, "outcomes")]);
      expect(await received("decisions")).toEqual([recordOf(1)]);
      expect(await received("outcomes")).toEqual([recordOf(1, "outcomes"), recordOf(2, "outcomes")]);
    });

    test("takes any text, and a line as large as they come", async () => {
      const { sink, received } = await opened();
      const sent = [recordOf(1, "decisions", 'é 😀 " \\ \u0000 \u2028'), recordOf(2, "decisions", "x".repeat(300_000))];
      await sink.send(sent);
      expect(await received("decisions")).toEqual(sent);
    });

    test("has a record that is sent again a second time, with the same id", async () => {
      const { sink, received } = await opened();
      await sink.send(records(1, 3));
      await sink.send(records(2, 4));
      const got = await received("decisions");
      expect(got.map(({ id }) => id)).toEqual([...records(1, 3), ...records(2, 4)].map(({ id }) => id));
      expect([...new Map(got.map((record) => [record.id, record])).values()]).toEqual(records(1, 4));
    });

    test("nothing to send is fine", async () => {
      const { sink } = await opened();
      await expect(sink.send([])).resolves.toBeUndefined();
    });

    test("refuses while its server is gone, without a word of what was sent, and takes records again once it is back", async () => {
      const { sink, received } = await opened();
      await sink.send(records(1, 2));
      await server().kill();
      const refused = await sink.send(records(3, 4)).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: "sink_unavailable" });
      expect(String(refused)).not.toContain("019aa8e1");
      await server().restart();
      await expect.poll(() => sink.send(records(3, 4)).then(() => "sent", String), { timeout: 30_000 }).toBe("sent");
      const ids = new Set((await received("decisions")).map(({ id }) => id));
      expect([...ids].toSorted()).toEqual(records(1, 4).map(({ id }) => id));
    });

    test("a sink that is closed refuses", async () => {
      const { sink } = await opened();
      await sink.send(records(1, 1));
      await sink.close();
      await expect(sink.send(records(2, 2))).rejects.toMatchObject({ code: "sink_unavailable" });
    });
  });
}
