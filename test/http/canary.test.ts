/** A candidate that decides for a share of the units, on a real service. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { replayAll } from "../../src/cli/replay.ts";
import { composeReplay } from "../../src/compose/offline.ts";
import { ProgramEntry } from "../../src/contract/catalog.ts";
import { EvaluationReport } from "../../src/contract/evaluation-report.ts";
import { isInCanary } from "../../src/core/decision/luck.ts";
import { readConfig } from "../../src/ops/config.ts";
import { run } from "../support/command-line.ts";
import { programWith } from "../support/programs.ts";
import { expectProblem } from "../support/refusal.ts";
import { digest, RolloutWorld, version } from "../support/rollouts.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { TINY_PROGRAM, TINY_USER } from "../support/tiny-program.ts";

const USERS = Array.from({ length: 300 }, (_, i) => `u${i}`);
/** Offers what costs more, so that a canary is seen in the answers. */
const CANDIDATE = version(2).replace("greedy", "epsilon, epsilon: 0.5");
const OF_CANDIDATE = programWith({ id: TINY_PROGRAM, version: 2 });

let world: RolloutWorld;
let service: TestService;
beforeEach(async () => {
  world = await RolloutWorld.create();
  service = await startTestService({ environment: world.environment });
  await service.putFeatures(TINY_USER, ...USERS);
});
afterEach(async () => {
  await service.stop();
  await world.remove();
});

const share = async (of: string, candidate = CANDIDATE) =>
  await world.promote(candidate, await world.report(candidate), "--share", of, "--service", service.url);
const reload = () => service.call("POST", "/v1/reload");
const entry = async (of = service) => ProgramEntry.parse((await of.call("GET", `/v1/programs/${TINY_PROGRAM}`)).json);
const decideAll = async (requestId: string) =>
  await Promise.all(
    USERS.map(async (userId) => {
      const body = {
        programId: TINY_PROGRAM,
        userId,
        requestId: `${requestId}-${userId}`,
        features: { newbie: false },
      };
      return (await service.decide(body)).text;
    }),
  );
const versionsIn = (texts: readonly string[]) =>
  texts.map((text) => (JSON.parse(text) as { program: { version: number } }).program.version);
const expected = (of: number) => USERS.map((user) => (isInCanary({ program: OF_CANDIDATE, share: of }, user) ? 2 : 1));

describe("a canary", () => {
  it.each([
    ["the live program is known", "0.7", {}],
    ["it is not, of the one that decided more", "0.3", { PROGRAMS_DIR: "nowhere" }],
  ])("is not taken for the incumbent by an evaluation of its log: %s", async (_, of, environment) => {
    await share(of);
    await decideAll("a");
    await service.shutDown();
    const candidate = join(world.root, "candidate.yaml");
    const out = join(world.root, "report");
    await run(["evaluate", "--candidate", candidate, "--out", out], {
      ...world.environment,
      DATA_DIR: service.dataDir,
      ...environment,
    });
    const report = EvaluationReport.parse(JSON.parse(await readFile(join(out, "report.json"), "utf8")));
    expect(report.candidate.program).toMatchObject({ version: 2, digest: digest(CANDIDATE) });
    expect(report.incumbent.program).toMatchObject({ version: 1, digest: digest(version(1)) });
  });

  it("scores and plans nothing: that is the program's, for its own units, too", async () => {
    const worth = CANDIDATE.replace("valuePerUnit: 1", "valuePerUnit: 7");
    const users = USERS.map((userId) => ({ userId }));
    const audience = { programId: TINY_PROGRAM, users: USERS, budget: 10 };
    const asked = async () => ({
      scores: (await service.call("POST", "/v1/score", { body: { programId: TINY_PROGRAM, users } })).json,
      plan: (await service.call("POST", "/v1/allocate", { body: audience })).json,
    });
    const before = await asked();
    expect(before.scores).toHaveProperty("results");
    expect(before.plan).toHaveProperty("dualBound");
    await share("0.9", worth);
    expect((await entry()).canary).toMatchObject({ version: 2, share: 0.9 });
    expect(await asked()).toEqual(before);
  });

  it("decides for its share of the units, and each record names the version that decided and is replayed by it", async () => {
    const started = await share("0.3");
    expect(started.stderr).toBe("");
    expect(started.stdout).toContain("version 2 is the canary of version 1, for 0.3 of the units");
    expect(await entry()).toMatchObject({ version: 1, canary: { version: 2, digest: digest(CANDIDATE), share: 0.3 } });
    expect(versionsIn(await decideAll("a"))).toEqual(expected(0.3));
    const records = await service.records();
    for (const { program, unit, candidates } of records) {
      const inCanary = isInCanary({ program: OF_CANDIDATE, share: 0.3 }, unit);
      expect(program.digest).toBe(digest(inCanary ? CANDIDATE : version(1)));
      expect(candidates.find(({ action }) => action === "mail")?.p).toBe(inCanary ? 0.75 : 1);
    }
    const { text } = await service.call("GET", "/metrics");
    const count = expected(0.3).filter((number) => number === 2).length;
    expect(text).toContain(`liftgate_version_decisions_total{program="${TINY_PROGRAM}",version="2"} ${count}`);
    await service.shutDown();
    const replayed = await replayAll(
      composeReplay(readConfig({ ...world.environment, DATA_DIR: service.dataDir })),
      await service.segments(),
    );
    expect(replayed).toMatchObject({ identical: USERS.length, different: 0 });
  }, 30_000);

  it("grows by keeping its units, and what was asked before is answered as it was", async () => {
    await share("0.1");
    const first = await decideAll("a");
    expect(versionsIn(first)).toEqual(expected(0.1));
    await share("0.6");
    expect(await decideAll("a")).toEqual(first);
    const grown = versionsIn(await decideAll("b"));
    expect(grown).toEqual(expected(0.6));
    expect(versionsIn(first).every((number, i) => number <= (grown[i] ?? 0))).toBe(true);
  }, 30_000);

  it("becomes the program at share 1, and a rollback then makes the one before it live", async () => {
    await share("0.3");
    expect((await share("1")).stdout).toContain("version 2 is in its file, over version 1");
    expect(await entry()).toMatchObject({ version: 2, canary: null });
    expect(await world.live()).toBe(CANDIDATE);
    const { stderr } = await share("0.3", version(3).replace("state: live", "state: paused"));
    expect(stderr).toContain("state: must be live: a canary is served");
    await service.call("POST", `/v1/programs/${TINY_PROGRAM}/rollback`, { body: { reason: "no" } });
    expect(await entry()).toMatchObject({ version: 1, canary: null });
  }, 30_000);

  it("goes first in a rollback, and survives a restart before", async () => {
    await share("0.3");
    const data = { DATA_DIR: join(world.root, "data-2") };
    await using other = await startTestService({ environment: { ...world.environment, ...data } });
    expect((await entry(other)).canary).toMatchObject({ version: 2, share: 0.3 });
    const answer = await other.call("POST", `/v1/programs/${TINY_PROGRAM}/rollback`, { body: { reason: "no" } });
    expect(answer.json).toMatchObject({ from: { version: 2 }, to: { version: 1 } });
    expect((await entry(other)).canary).toBeNull();
    expect(await world.live()).toBe(version(1));
    expect((await world.audit()).map(({ act, share: of }) => [act, of])).toEqual([
      ["set_canary", 0.3],
      ["remove_canary", 1],
    ]);
    expect((await reload()).status).toBe(200);
    expect(new Set(versionsIn(await decideAll("a")))).toEqual(new Set([1]));
  }, 30_000);

  it("does not hinder the program from being paused, and then offers nothing either", async () => {
    await share("0.9");
    await world.put(version(3).replace("state: live", "state: paused"));
    expect((await reload()).status).toBe(200);
    expect(await entry()).toMatchObject({ version: 3, state: "paused", canary: null });
    expect(new Set(versionsIn(await decideAll("a")))).toEqual(new Set([3]));
    await world.put(version(4));
    const problem = expectProblem((await reload()).text, "reload_refused");
    expect(problem.errors?.map(({ path }) => path)).toEqual([`${TINY_PROGRAM}: canary.version`]);
  });

  it("is decided along with by the shadows of its program", async () => {
    await writeFile(
      join(world.programsDir, "shade.yaml"),
      version(1)
        .replace(`program: ${TINY_PROGRAM}`, "program: shade")
        .replace("state: live", `state: shadow\nshadows: ${TINY_PROGRAM}`),
    );
    await share("0.5");
    await decideAll("a");
    const records = await service.records();
    expect(records.filter(({ program }) => program.id === "shade").length).toBe(USERS.length);
    expect(records.filter(({ program }) => program.id === TINY_PROGRAM).length).toBe(USERS.length);
  }, 30_000);

  it.each([
    ["another budget", "budget: { amount: 5, period: { every: day, timezone: UTC }, reserve: expected }", "budget"],
    ["another holdout", "holdout: { share: 0.1, salt: h }", "holdout"],
    ["other caps", "caps: [{ scope: user, max: 2, per: 30d }]", "caps"],
    ["another window", "stickiness: { by: user, window: 2h }", "stickiness"],
  ])("is refused with %s", async (_, line, path) => {
    const { code, stderr } = await share("0.3", `${version(2)}${line}\n`);
    expect(code).toBe(1);
    expect(stderr).toContain(`${path}: must be as in version 1 of ${TINY_PROGRAM}, whose units it shares`);
    expect(await world.audit()).toEqual([]);
  });

  it.each([
    ["no share", "canary: tiny-mail\nversion: 2\ndigest: DIGEST\n", "canary.share"],
    ["a share of all", "canary: tiny-mail\nversion: 2\ndigest: DIGEST\nshare: 1\n", "canary.share"],
    ["another version", "canary: tiny-mail\nversion: 3\ndigest: DIGEST\nshare: 0.5\n", "canary.digest"],
    ["another program", "canary: other\nversion: 2\ndigest: DIGEST\nshare: 0.5\n", "canary.canary"],
    ["a program that was not kept", `canary: tiny-mail\nversion: 2\ndigest: ${digest("")}\nshare: 0.5\n`, "canary."],
  ])(
    "whose file has %s is refused at a reload, and all stays; at a start the program decides alone",
    async (_, text, path) => {
      await share("0.3");
      await writeFile(
        join(world.programsDir, `${TINY_PROGRAM}.canary.yaml`),
        text.replace("DIGEST", digest(CANDIDATE)),
      );
      const problem = expectProblem((await reload()).text, "reload_refused");
      expect(problem.errors?.[0]?.path).toContain(`${TINY_PROGRAM}: ${path}`);
      expect(await entry()).toMatchObject({ version: 1, canary: { version: 2, share: 0.3 } });
      const data = { DATA_DIR: join(world.root, "data-2") };
      await using other = await startTestService({ environment: { ...world.environment, ...data } });
      expect(await entry(other)).toMatchObject({ version: 1, canary: null });
    },
  );

  it("whose program is gone is refused", async () => {
    await share("0.3");
    await rm(join(world.programsDir, `${TINY_PROGRAM}.yaml`));
    expectProblem((await reload()).text, "reload_refused");
    expect(await entry()).toMatchObject({ version: 1 });
  });
});
