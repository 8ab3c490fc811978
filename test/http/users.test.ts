/** Forgetting a user: afterwards they are as new. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DecideAnswer } from "../../src/contract/decide.ts";
import type { ModelsDirectory } from "../support/model-folders.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { TINY_PROGRAM, TINY_USER, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

/** One offer for ever; what was told holds for a day. */
const PROGRAM = `${TINY_YAML}caps: [{ scope: user, max: 1, per: 90d }]\n`;
const STICKY = `${PROGRAM}stickiness: { by: user, window: 20h }\n`;

let models: ModelsDirectory;
let redis: RedisServer;
beforeAll(async () => {
  models = await tinyModels();
  redis = await startRedisServer();
});
afterAll(async () => {
  await models.remove();
  await redis.stop();
});

describe.each(["embedded", "Redis"])("with %s stores", (stores) => {
  const service = (yaml: string) =>
    startTestService({
      programs: { [TINY_PROGRAM]: yaml },
      environment: { MODELS_DIR: models.path, ...(stores === "Redis" && { REDIS_URL: redis.url }) },
    });
  const ask = async (on: TestService, userId: string): Promise<DecideAnswer> =>
    DecideAnswer.parse((await on.decide({ programId: TINY_PROGRAM, userId, features: { newbie: false } })).json);

  it("a user who is forgotten has no features, no offers, and nothing that holds", async () => {
    await using on = await service(STICKY);
    const [user, other] = [`gone-${stores}`, `stays-${stores}`];
    await on.putFeatures(TINY_USER, user, other);
    const told = { [user]: await ask(on, user), [other]: await ask(on, other) };
    expect(told[user]?.action).toBe("mail");
    const { status, json } = await on.call("DELETE", `/v1/users/${user}`);
    expect({ status, json }).toEqual({ status: 200, json: { forgotten: user } });

    expect(await ask(on, user)).toMatchObject({ status: "degraded_features", action: "no_offer" });
    expect(await ask(on, other)).toMatchObject({ sticky: true, action: "mail" });
    if (stores === "embedded") expect(await readFile(join(on.dataDir, "features.ndjson"), "utf8")).not.toContain(user);
  });

  it("their caps count from the beginning", async () => {
    await using on = await service(PROGRAM);
    const user = `capped-${stores}`;
    const offered = async () => (await ask(on, user)).action;
    await on.putFeatures(TINY_USER, user);
    expect([await offered(), await offered()]).toEqual(["mail", "no_offer"]);
    await on.call("DELETE", `/v1/users/${user}`);
    await on.putFeatures(TINY_USER, user);
    expect([await offered(), await offered()]).toEqual(["mail", "no_offer"]);
  });
});

it("an id that cannot be one is refused, and one that nobody has is forgotten all the same", async () => {
  await using on = await startTestService();
  expect((await on.call("DELETE", "/v1/users/a%20b")).status).toBe(400);
  expect((await on.call("DELETE", "/v1/users/nobody")).status).toBe(200);
});
