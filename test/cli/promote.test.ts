/** Promotions and rollbacks from the command line, on real files and models. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockDirectory } from "../../src/adapters/file/directory-lock.ts";
import { run } from "../support/command-line.ts";
import { digest, RolloutWorld, version } from "../support/rollouts.ts";
import { TINY_PROGRAM } from "../support/tiny-program.ts";

const OTHER = `sha256:${"e".repeat(64)}`;

let world: RolloutWorld;
beforeEach(async () => {
  world = await RolloutWorld.create();
});
afterEach(() => world.remove());

const rollBack = (...more: readonly string[]) =>
  run(["rollback", TINY_PROGRAM, "--by", "tester", "--reason", "costs more than it earns", ...more], world.environment);

describe("promote", () => {
  it("puts a candidate in its file, byte for byte, on a report for exactly it, and tells the audit log", async () => {
    const { code, stdout, stderr } = await world.promote(version(2), await world.report(version(2)));
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("version 2 is in its file, over version 1");
    expect(await world.live()).toBe(version(2));
    expect(await world.audit()).toEqual([
      {
        schema: "liftgate.audit.v1",
        time: expect.any(String),
        by: "tester",
        act: "promote",
        program: TINY_PROGRAM,
        from: { version: 1, digest: digest(version(1)) },
        to: { version: 2, digest: digest(version(2)) },
        share: 1,
        report: digest(await readFile(join(world.root, "report.json"), "utf8")),
        overruled: [],
        reason: null,
        previous: null,
      },
    ]);
    expect((await run(["validate"], world.environment)).code).toBe(0);
  });

  it("tells everything that is against it at once, and changes nothing", async () => {
    const report = await world.report(version(2));
    const elsewhere = { program: { id: TINY_PROGRAM, version: 2, digest: OTHER }, lambda: null };
    const models = [{ name: "tiny", version: "1", digest: OTHER }];
    const { code, stderr } = await world.promote(version(1).replace("greedy", "thompson"), {
      ...report,
      createdAt: "2026-01-01T00:00:00Z",
      candidate: { ...elsewhere, models },
      incumbent: { ...elsewhere, models: [] },
      verdict: { decision: "cannot_tell", reasons: ["The weights are worth 12 decisions."] },
    });
    expect(code).toBe(1);
    for (const said of [
      "version: must be over 1, the version that is live",
      "report.verdict: must be ship, is cannot_tell (The weights are worth 12 decisions.)",
      "report.createdAt: 2026-01-01T00:00:00Z is too long ago",
      `report.candidate.program: it judged ${TINY_PROGRAM} version 2 (${OTHER})`,
      "report.candidate.models: tiny@1 has other files now than were judged",
      `report.incumbent.program: it judged ${TINY_PROGRAM} version 2 (${OTHER})`,
    ]) {
      expect(stderr).toContain(said);
    }
    expect(await world.live()).toBe(version(1));
    expect(await readdir(world.programsDir)).toEqual([`${TINY_PROGRAM}.yaml`]);
  });

  it.each([
    ["is not JSON", "{", "report: is not JSON"],
    ["is of another kind", "{}", "report.schema: "],
  ])("refuses a report that %s", async (_, report, said) => {
    const { code, stderr } = await world.promote(version(2), report);
    expect(code).toBe(1);
    expect(stderr).toContain(said);
    expect(await world.live()).toBe(version(1));
  });

  it("refuses a report that did not judge every model of the candidate", async () => {
    const report = await world.report(version(2));
    const { stderr } = await world.promote(version(2), { ...report, candidate: { ...report.candidate, models: [] } });
    expect(stderr).toContain("report.candidate.models: tiny@1 was not judged: evaluate again");
  });

  it("refuses what the service would not load, whatever the report says", async () => {
    const faulty = version(2).replace("id: call", "id: fax");
    const { code, stderr } = await world.promote(faulty, await world.report(faulty), "--force", "--reason", "trust me");
    expect(code).toBe(1);
    expect(stderr).toContain(`${TINY_PROGRAM}: actions[2].id`);
    expect(await world.live()).toBe(version(1));
  });

  it("overrules a report with a reason, and the audit log says what was overruled and why", async () => {
    const report = { ...(await world.report(version(2))), verdict: { decision: "do_not_ship", reasons: [] } };
    const { code, stdout } = await world.promote(version(2), report, "--force", "--reason", "a legal change");
    expect(code).toBe(0);
    expect(stdout).toContain("overruled: report.verdict: must be ship, is do_not_ship");
    expect(await world.audit()).toMatchObject([
      { reason: "a legal change", overruled: ["report.verdict: must be ship, is do_not_ship"] },
    ]);
  });

  it.each([
    ["--force without a reason", ["--force"], "--force needs --reason"],
    ["neither report nor --force", [], "--report is needed"],
  ])("is misused with %s", async (_, options, said) => {
    const { code, stderr } = await run(["promote", "--candidate", "nowhere.yaml", ...options], world.environment);
    expect(code).toBe(2);
    expect(stderr).toContain(said);
  });

  it("refuses a version that was another program before, also after a rollback", async () => {
    await world.promote(version(2), await world.report(version(2)));
    await rollBack();
    const again = version(2).replace("greedy", "thompson");
    const { stderr } = await world.promote(again, await world.report(again));
    expect(stderr).toContain("version: must be over 2: another program was version 2 before");
    expect((await world.promote(version(2), await world.report(version(2)))).code).toBe(0);
  });

  it("is refused while another one is under way", async () => {
    const report = await world.report(version(2));
    await mkdir(join(world.programsDir, ".rollout"));
    const lock = lockDirectory(join(world.programsDir, ".rollout"));
    const { code, stderr } = await world.promote(version(2), report);
    lock.release();
    expect(code).toBe(1);
    expect(stderr).toContain("Another promotion or rollback is under way");
    expect(await world.live()).toBe(version(1));
    expect((await world.promote(version(2), report)).code).toBe(0);
  });

  it("is refused where the audit log was changed", async () => {
    await world.promote(version(2), await world.report(version(2)));
    await world.promote(version(3), await world.report(version(3)));
    const path = join(world.programsDir, ".rollout", "audit.ndjson");
    await writeFile(path, (await readFile(path, "utf8")).replace("tester", "nobody"));
    const { code, stderr } = await world.promote(version(4), await world.report(version(4)));
    expect(code).toBe(1);
    expect(stderr).toContain("audit.ndjson, line 2 does not follow from the lines before it");
    expect(await world.live()).toBe(version(3));
  });

  it("says clearly that the program files cannot be written", async () => {
    const report = await world.report(version(2));
    await writeFile(join(world.programsDir, ".rollout"), "in the way");
    const { code, stderr } = await world.promote(version(2), report);
    expect(code).toBe(1);
    expect(stderr).toContain("ENOTDIR");
    expect(await world.live()).toBe(version(1));
  });
});

describe("rollback", () => {
  it("goes back version by version, byte for byte, and no further than what is known", async () => {
    await world.promote(version(2), await world.report(version(2)));
    await world.promote(version(3), await world.report(version(3)));
    expect((await rollBack()).stdout).toContain("version 2 is in its file again, instead of version 3");
    expect(await world.live()).toBe(version(2));
    expect((await rollBack()).code).toBe(0);
    expect(await world.live()).toBe(version(1));
    const { code, stderr } = await rollBack();
    expect(code).toBe(1);
    expect(stderr).toContain("refused, nothing was changed: The audit log knows nothing that was live before");
    expect((await world.audit()).map(({ act, to }) => [act, to.version])).toEqual([
      ["promote", 2],
      ["promote", 3],
      ["roll_back", 2],
      ["roll_back", 1],
    ]);
    expect((await readdir(world.programsDir)).toSorted()).toEqual([".rollout", `${TINY_PROGRAM}.yaml`]);
  });

  it("writes nothing where there is nothing to go back to", async () => {
    const { code, stderr } = await rollBack();
    expect(code).toBe(1);
    expect(stderr).toContain("nothing was changed");
    expect(await readdir(world.programsDir)).toEqual([`${TINY_PROGRAM}.yaml`]);
  });

  it("refuses an earlier program whose model does not serve any more, and changes nothing", async () => {
    await world.promote(version(2), await world.report(version(2)));
    await world.models.drop("tiny/1");
    const { code, stderr } = await rollBack();
    expect(code).toBe(1);
    expect(stderr).toContain("models");
    expect(await world.live()).toBe(version(2));
  });
});
