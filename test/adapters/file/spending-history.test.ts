import { appendFile, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LoggedSpending } from "../../../src/adapters/file/spending-history.ts";
import { sealSegment } from "../../../src/adapters/file/seal-segment.ts";
import { segmentFileName } from "../../../src/adapters/file/segment-name.ts";
import { RECORD_EXAMPLE } from "../../../src/contract/record-example.ts";
import type { OutcomeRecord } from "../../../src/core/domain/outcome.ts";
import type { AccountId, Reservation, Settlement } from "../../../src/core/domain/budget.ts";
import type { RecordedReservation } from "../../../src/core/domain/record.ts";
import { temporaryFolder } from "../../support/program-fixtures.ts";

const NOVEMBER: AccountId = { budget: "spring", period: "2026-11@Europe/Berlin" };
const EXPIRES_AT_MS = Date.UTC(2026, 10, 26, 12);

function reservation(changes: Partial<RecordedReservation> = {}): RecordedReservation {
  return {
    id: RECORD_EXAMPLE.decisionId,
    account: "spring/2026-11@Europe/Berlin",
    lease: "replica-a/7",
    amountMicros: 123_457,
    fixedMicros: 10_000,
    exploration: null,
    volumes: [],
    expiresAt: new Date(EXPIRES_AT_MS).toISOString(),
    ...changes,
  };
}

/** A log of two segments that ends in a torn line. */
async function logOf(...reservations: readonly (RecordedReservation | null)[]): Promise<LoggedSpending> {
  const folder = await temporaryFolder();
  const lines = reservations.map((held) => JSON.stringify({ ...RECORD_EXAMPLE, reservation: held }));
  const half = Math.ceil(lines.length / 2);
  for (const [hour, part] of [lines.slice(0, half), lines.slice(half)].entries()) {
    const path = join(folder, segmentFileName("decisions", Date.UTC(2026, 10, 25, hour), "0badcafe"));
    await writeFile(path, part.map((line) => `${line}\n`).join(""));
    await appendFile(
      path,
      JSON.stringify({ ...RECORD_EXAMPLE, reservation: reservation({ id: "torn" }) }).slice(0, -1),
    );
  }
  return spendingIn(folder);
}

function spendingIn(decisions: string): LoggedSpending {
  return new LoggedSpending({ decisions, outcomes: join(decisions, "outcomes") }, () => null);
}

async function spent(log: LoggedSpending, account: AccountId, life = 7): Promise<readonly Reservation[]> {
  const found: Reservation[] = [];
  for await (const held of log.reservations(account, { replica: "replica-a", life })) found.push(held);
  return found;
}

test("what was held under a lease is found in whole lines of all segments, and nothing else", async () => {
  const log = await logOf(
    reservation({ id: "a" }),
    null,
    reservation({ id: "b", lease: "replica-a/77" }),
    reservation({ id: "c", lease: "replica-b/7" }),
    reservation({ id: "d", account: "spring/2026-12@Europe/Berlin" }),
    reservation({ id: "e", amountMicros: 0, fixedMicros: 0 }),
  );
  expect(await spent(log, NOVEMBER)).toEqual([
    { id: "a", amount: 123_457, fixed: 10_000, expiresAtMs: EXPIRES_AT_MS },
    { id: "e", amount: 0, fixed: 0, expiresAtMs: EXPIRES_AT_MS },
  ]);
  expect(await spent(log, NOVEMBER, 8)).toEqual([]);
});

test("an account that counts a volume counts the offers that were counted against it", async () => {
  const log = await logOf(
    reservation({ id: "a", volumes: ["action:mail", "channel:email"] }),
    reservation({ id: "b", volumes: ["channel:email"] }),
    reservation({ id: "c", volumes: ["action:mail"] }),
  );
  const counted = await spent(log, { ...NOVEMBER, period: `${NOVEMBER.period}#action:mail` });
  expect(counted.map(({ id, amount }) => [id, amount])).toEqual([
    ["a", 1],
    ["c", 1],
  ]);
});

test("an account of exploration counts what was spent on it", async () => {
  const exploration = { volume: "exploration:spring", amountMicros: 4_321 };
  const log = await logOf(
    reservation({ id: "a", exploration }),
    reservation({ id: "b" }),
    reservation({ id: "c", exploration: { ...exploration, volume: "exploration:summer" } }),
  );
  expect(await spent(log, { ...NOVEMBER, period: `${NOVEMBER.period}#exploration:spring` })).toEqual([
    { id: "a", amount: 4_321, fixed: 0, expiresAtMs: EXPIRES_AT_MS },
  ]);
});

test("a caller who writes a lease's name into the context is not mistaken for it", async () => {
  const folder = await temporaryFolder();
  const forged = { ...RECORD_EXAMPLE, context: { note: '"lease":"replica-a/7"', lease: "replica-a/7" } };
  await writeFile(
    join(folder, segmentFileName("decisions", Date.UTC(2026, 10, 25), "0badcafe")),
    `${JSON.stringify(forged)}\n${JSON.stringify({ ...forged, reservation: reservation({ id: "a" }) })}\n`,
  );
  expect((await spent(spendingIn(folder), NOVEMBER)).map(({ id }) => id)).toEqual(["a"]);
});

test("a damaged record of the lease is told by its file's name, without a word of it", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, segmentFileName("decisions", Date.UTC(2026, 10, 25), "0badcafe"));
  const line = JSON.stringify({ ...RECORD_EXAMPLE, reservation: reservation() });
  await writeFile(path, `${line.replace('"user":"', '"user":x"')}\n`);
  await expect(spent(spendingIn(folder), NOVEMBER)).rejects.toMatchObject({
    code: "log_unavailable",
    message: `${path} has a damaged record: what was spent is not known`,
  });
});

test("a compressed segment proves what the plain one did, and the two together count once", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, segmentFileName("decisions", Date.UTC(2026, 10, 25), "0badcafe"));
  await writeFile(path, `${JSON.stringify({ ...RECORD_EXAMPLE, reservation: reservation({ id: "a" }) })}\n`);
  await sealSegment(path);
  expect((await spent(spendingIn(folder), NOVEMBER)).map(({ id }) => id)).toEqual(["a"]);
  await unlink(path);
  expect((await spent(spendingIn(folder), NOVEMBER)).map(({ id }) => id)).toEqual(["a"]);
});

test("nothing of a segment that turns out to be damaged is told: what was told cannot be taken back", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, segmentFileName("decisions", Date.UTC(2026, 10, 25), "0badcafe"));
  await writeFile(path, `${JSON.stringify({ ...RECORD_EXAMPLE, reservation: reservation({ id: "a" }) })}\n`);
  await sealSegment(path);
  await unlink(path);
  const sealed = await readFile(`${path}.zst`);
  await writeFile(`${path}.zst`, sealed.subarray(0, sealed.length - 4));
  const told: Reservation[] = [];
  const telling = async () => {
    const log = spendingIn(folder);
    for await (const held of log.reservations(NOVEMBER, { replica: "replica-a", life: 7 })) told.push(held);
  };
  await expect(telling()).rejects.toMatchObject({ code: "log_unavailable" });
  expect(told).toEqual([]);

  await rename(`${path}.zst`, `${path}.damaged`);
  await expect(telling()).rejects.toMatchObject({ code: "log_unavailable" });
});

async function settled(log: LoggedSpending): Promise<readonly Settlement[]> {
  const settlements: Settlement[] = [];
  for await (const settlement of log.settlements(NOVEMBER)) settlements.push(settlement);
  return settlements;
}

test("no log is nothing spent and nothing settled", async () => {
  const log = spendingIn(join(await temporaryFolder(), "decisions"));
  expect(await spent(log, NOVEMBER)).toEqual([]);
  expect(await settled(log)).toEqual([]);
});

test("tells again what the outcomes of an account owe", async () => {
  const folder = await temporaryFolder();
  const lines = ["a", "b", "c"].map((outcomeId) => `${JSON.stringify({ outcomeId })}\n`);
  await writeFile(join(folder, segmentFileName("outcomes", 0, "00000000")), lines.join(""));
  const owed = ({ outcomeId }: OutcomeRecord) => {
    const settlement = { kind: "settle", eventId: outcomeId, reservationId: "r", amount: 1 } as const;
    if (outcomeId === "b") return null;
    return { account: outcomeId === "a" ? NOVEMBER : { ...NOVEMBER, period: "2026-12@UTC" }, settlement };
  };
  const log = new LoggedSpending({ decisions: folder, outcomes: folder }, owed);
  const again = await settled(log);
  expect(again.map(({ eventId }) => eventId)).toEqual(["a"]);
});
