/** What kill -9 leaves of a promotion, step by step. */
import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { RolloutFolder } from "../../../src/adapters/file/rollout-folder.ts";
import { run } from "../../support/command-line.ts";
import { RolloutWorld, version } from "../../support/rollouts.ts";
import { temporaryFolder } from "../../support/program-fixtures.ts";
import { TINY_PROGRAM } from "../../support/tiny-program.ts";

const CHILD = fileURLToPath(new URL("../../support/promote-until-killed.ts", import.meta.url));

describe("a promotion that is killed", () => {
  it.each([
    ["before", "keep", 1, 0],
    ["after", "keep", 1, 0],
    ["before", "append", 1, 0],
    ["after", "append", 1, 1],
    ["before", "put", 1, 1],
    ["after", "put", 2, 1],
  ])(
    "%s it did %s leaves version %i whole, and can be made again and undone",
    async (when, step, live, told) => {
      await using world = await RolloutWorld.create();
      const candidate = join(world.root, "candidate.yaml");
      await writeFile(candidate, version(2));
      const child = [CHILD, world.programsDir, world.models.path, candidate, "1", when, step];
      expect(spawnSync(process.execPath, child).signal).toBe("SIGKILL");
      expect(await world.live()).toBe(version(live));
      expect((await world.audit()).length).toBe(told);
      expect((await run(["validate"], world.environment)).code).toBe(0);

      const again = await world.promote(version(2), await world.report(version(2)));
      expect(again.code).toBe(live === 1 ? 0 : 1);
      expect(await world.live()).toBe(version(2));
      expect((await run(["rollback", TINY_PROGRAM], world.environment)).stderr).toBe("");
      expect(await world.live()).toBe(version(1));
    },
    30_000,
  );

  it.each([
    ["before", "putCanary", null],
    ["after", "putCanary", 2],
  ])("%s it did %s leaves the program and no canary, or a whole one", async (when, step, canary) => {
    await using world = await RolloutWorld.create();
    const candidate = join(world.root, "candidate.yaml");
    await writeFile(candidate, version(2));
    const child = [CHILD, world.programsDir, world.models.path, candidate, "0.5", when, step];
    expect(spawnSync(process.execPath, child).signal).toBe("SIGKILL");
    const store = new RolloutFolder(world.programsDir);
    const left = await store.canary(TINY_PROGRAM);
    expect(left?.ok === true ? left.value.text.file.version : null).toBe(canary);
    expect(await world.live()).toBe(version(1));
    expect((await run(["validate"], world.environment)).code).toBe(0);
  });

  it("after it took the canary away leaves the program alone", async () => {
    await using world = await RolloutWorld.create();
    const candidate = join(world.root, "candidate.yaml");
    await world.promote(version(2), await world.report(version(2)), "--share", "0.5");
    await writeFile(candidate, version(2));
    const child = [CHILD, world.programsDir, world.models.path, candidate, "1", "after", "removeCanary"];
    expect(spawnSync(process.execPath, child).signal).toBe("SIGKILL");
    expect(await new RolloutFolder(world.programsDir).canary(TINY_PROGRAM)).toBeNull();
    expect(await world.live()).toBe(version(1));
    expect((await world.promote(version(2), await world.report(version(2)))).code).toBe(0);
    expect(await world.live()).toBe(version(2));
  });

  it("while it writes the file leaves the old one, and what it wrote is no program", async () => {
    await using world = await RolloutWorld.create();
    await writeFile(join(world.programsDir, `${TINY_PROGRAM}.yaml.tmp`), version(2).slice(0, 100));
    expect((await run(["validate"], world.environment)).code).toBe(0);
    expect((await world.promote(version(2), await world.report(version(2)))).code).toBe(0);
    expect(await world.live()).toBe(version(2));
  });
});

describe("a change", () => {
  it("is refused while another one is under way in the same process", async () => {
    const store = new RolloutFolder(await temporaryFolder());
    await store.change(async () => {
      await expect(store.change(async () => undefined)).rejects.toMatchObject({ code: "rollout_under_way" });
    });
    expect(await store.change(async () => "done")).toBe("done");
  });

  it("says which file cannot be written", async () => {
    const folder = await temporaryFolder();
    const store = new RolloutFolder(folder);
    await mkdir(join(folder, ".rollout", "audit.ndjson"), { recursive: true });
    await expect(store.change(() => store.audit.entries())).rejects.toMatchObject({
      code: "program_store_unavailable",
      message: expect.stringContaining("EISDIR"),
    });
  });
});
