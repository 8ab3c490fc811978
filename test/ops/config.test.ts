import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError, configurationTable, readConfig } from "../../src/ops/config.ts";
import { temporaryFolder } from "../support/program-fixtures.ts";

const SHA = createHash("sha256").update("secret").digest("hex");

function faultsOf(environment: Readonly<Record<string, string>>): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

describe("the configuration", () => {
  it("has defaults that serve this machine only, with embedded stores", () => {
    expect(readConfig({})).toEqual({
      HOST: "127.0.0.1",
      PORT: 8080,
      REDIS_REPLICAS: 0,
      RETRIES: "available",
      MODELS_DIR: "./models",
      PROGRAMS_DIR: "./programs",
      DATA_DIR: "./data",
      DURABILITY: "process",
      LOG_LEVEL: "info",
      SHIP_REDIS_PREFIX: "liftgate",
      SHIP_KAFKA_PREFIX: "liftgate",
      SHIP_KAFKA_TLS: "off",
    });
  });

  it("is frozen, and takes an empty variable as absent", () => {
    const config = readConfig({ PORT: "", REDIS_URL: "", API_KEYS: "" });
    expect(Object.isFrozen(config)).toBe(true);
    expect([config.PORT, config.REDIS_URL, config.API_KEYS]).toEqual([8080, undefined, undefined]);
  });

  it("reads keys separated by commas, spaces and new lines", () => {
    const { API_KEYS } = readConfig({ API_KEYS: `shop:${SHA}:decide|read,\n ops:${SHA}:admin\n` });
    expect(API_KEYS).toEqual([
      { id: "shop", secretSha256: SHA, roles: ["decide", "read"] },
      { id: "ops", secretSha256: SHA, roles: ["admin"] },
    ]);
  });

  it("tells every fault at once, by name and rule, never by value", () => {
    const message = faultsOf({
      PORT: "70000",
      ADMIN_PORT: "-1",
      DURABILITY: "paper",
      LOG_LEVEL: "LOUD",
      REDIS_URL: "mysql://do-not-repeat-me",
      USER_ID_PEPPER: "do-not",
      LOG_RETENTION: "99d",
    });
    for (const name of [
      "LOG_RETENTION",
      "PORT",
      "ADMIN_PORT",
      "DURABILITY",
      "LOG_LEVEL",
      "REDIS_URL",
      "USER_ID_PEPPER",
    ]) {
      expect(message).toMatch(new RegExp(`^  ${name}: .`, "m"));
    }
    expect(message).not.toMatch(/do-not|paper|70000|mysql/);
  });

  it("takes a retention from 100 days on, and says why not less", () => {
    expect(readConfig({ LOG_RETENTION: "100d" }).LOG_RETENTION).toBe("100d");
    expect(faultsOf({ LOG_RETENTION: "2399h" })).toContain("LOG_RETENTION: at least 100d: the budgets of a quarter");
    expect(faultsOf({ LOG_RETENTION: "400" })).toContain("LOG_RETENTION: a whole number and s, m, h or d");
  });

  it.each([
    ["without roles", `shop:${SHA}:`],
    ["with an unknown role", `shop:${SHA}:decide|root`],
    ["with the secret instead of its hash", "shop:secret:decide"],
    ["with a hash in capitals", `shop:${SHA.toUpperCase()}:decide`],
    ["with an id that could be two", `sh.op:${SHA}:decide`],
    ["with nothing but an id", "shop"],
  ])("refuses a key %s", (_, entry) => {
    expect(faultsOf({ API_KEYS: entry })).toContain("API_KEYS.0: each key must be id:sha256-of-the-secret:role|role");
  });
});

describe("secrets in files", () => {
  it("are read and trimmed", async () => {
    const path = join(await temporaryFolder(), "pepper");
    await writeFile(path, "a-pepper-of-some-length\n");
    expect(readConfig({ USER_ID_PEPPER_FILE: path }).USER_ID_PEPPER).toBe("a-pepper-of-some-length");
  });

  it("may not be set a second time, and must be there", async () => {
    const path = join(await temporaryFolder(), "pepper");
    await writeFile(path, "a-pepper-of-some-length");
    expect(faultsOf({ USER_ID_PEPPER: "another-pepper-here", USER_ID_PEPPER_FILE: path })).toContain(
      "USER_ID_PEPPER: is set twice",
    );
    expect(faultsOf({ REDIS_URL_FILE: "/nowhere/url" })).toContain("REDIS_URL_FILE: the file it names cannot be read");
  });
});

describe("the table of variables", () => {
  it("has every variable with its default and what it means", () => {
    const table = configurationTable();
    expect(table.map(({ name }) => name)).toContain("USER_ID_PEPPER");
    expect(table.find(({ name }) => name === "PORT")).toMatchObject({ fallback: "8080" });
    for (const { name, meaning } of table) expect(meaning, name).not.toBe("");
  });
});

describe("where logs are shipped to", () => {
  it("is read in parts: brokers as a list, the login with a password of any letters", () => {
    const config = readConfig({
      SHIP_KAFKA_BROKERS: "kafka-1:9092, kafka-2.internal:9093",
      SHIP_KAFKA_SASL: "SCRAM-SHA-256:shipper:pass:word",
      SHIP_REDIS_LENGTH: "1000000",
    });
    expect(config.SHIP_KAFKA_BROKERS).toEqual(["kafka-1:9092", "kafka-2.internal:9093"]);
    expect(config.SHIP_KAFKA_SASL).toEqual({ mechanism: "SCRAM-SHA-256", username: "shipper", password: "pass:word" });
    expect(config.SHIP_REDIS_LENGTH).toBe(1_000_000);
  });

  it.each([
    ["SHIP_REDIS_URL", "kafka://do-not-repeat"],
    ["SHIP_REDIS_PREFIX", "do not"],
    ["SHIP_REDIS_LENGTH", "0"],
    ["SHIP_KAFKA_BROKERS", "do-not-repeat"],
    ["SHIP_KAFKA_BROKERS", "kafka://do-not-repeat:9092"],
    ["SHIP_KAFKA_PREFIX", "do/not"],
    ["SHIP_KAFKA_TLS", "do-not"],
    ["SHIP_KAFKA_CA", "do-not-repeat"],
    ["SHIP_KAFKA_SASL", "OAUTHBEARER:do-not:repeat"],
    ["SHIP_KAFKA_SASL", "PLAIN:do-not-repeat"],
  ])("refuses a wrong %s without repeating it: %s", (name, value) => {
    const message = faultsOf({ [name]: value });
    expect(message).toMatch(new RegExp(`^  ${name}(\\.0)?: .`, "m"));
    expect(message).not.toMatch(/do.not/);
  });

  it("refuses certificates that nobody would look at", () => {
    const SHIP_KAFKA_CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
    expect(faultsOf({ SHIP_KAFKA_CA })).toContain("SHIP_KAFKA_TLS: must be on");
    expect(readConfig({ SHIP_KAFKA_CA, SHIP_KAFKA_TLS: "on" }).SHIP_KAFKA_CA).toBe(SHIP_KAFKA_CA);
  });
});
