/** No container engine is needed here: what the files say of each other, of the tree and of the configuration. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { configurationTable, readConfig } from "../../src/ops/config.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const Mapping = z.record(z.string(), z.string());
const Service = z.object({
  build: z.string().optional(),
  environment: Mapping.default({}),
  secrets: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
});
const Compose = z.object({
  services: z.record(z.string(), Service),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
  volumes: z.record(z.string(), z.null()),
});
const Scraping = z.object({
  rule_files: z.array(z.string()),
  scrape_configs: z.array(
    z.object({
      metrics_path: z.string(),
      authorization: z.object({ type: z.literal("Bearer"), credentials_file: z.string() }),
      static_configs: z.array(z.object({ targets: z.array(z.string()) })),
    }),
  ),
});

const instructions = dockerInstructions(read("Dockerfile"));
const image = Object.fromEntries(
  valuesOf("ENV").flatMap((text) => [...text.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value])),
);
const compose = Compose.parse(parse(read("docker-compose.yml")));
const { liftgate, redis, prometheus } = compose.services;
const scraping = Scraping.parse(parse(read("ops/prometheus/prometheus.yml")));

describe("the Dockerfile", () => {
  test("copies what is there and what .dockerignore lets through", () => {
    const copied = valuesOf("COPY")
      .filter((text) => !text.startsWith("--from="))
      .flatMap((text) => text.split(" ").slice(0, -1));
    const [everything, ...kept] = read(".dockerignore")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(copied.filter((path) => !existsSync(`${ROOT}/${path}`))).toEqual([]);
    expect(everything).toBe("*");
    expect([...new Set(copied)].toSorted()).toEqual(kept.map((line) => line.replace("!", "")).toSorted());
  });

  test("runs as a user who is not root and owns DATA_DIR alone", () => {
    expect(valuesOf("USER")).toEqual(["node"]);
    expect(valuesOf("RUN").at(-1)).toBe(
      `mkdir --mode=0700 ${image["DATA_DIR"]} && chown node:node ${image["DATA_DIR"]}`,
    );
    expect(valuesOf("VOLUME")).toEqual([image["DATA_DIR"]]);
    const order = instructions.map(({ name }) => name);
    expect(order.indexOf("USER")).toBeGreaterThan(order.lastIndexOf("RUN"));
  });

  test("installs without development packages and with the project's npm settings", () => {
    expect(valuesOf("RUN")[0]).toContain("npm ci --omit=dev");
    expect(valuesOf("COPY")[0]).toContain(".npmrc");
    expect(read(".npmrc")).toContain("onnxruntime-node-install=skip");
  });

  test("prunes packages, and keeps what Vega and lmdb are loaded by", () => {
    const pruning = valuesOf("RUN").join(" ");
    const kept = [...pruning.matchAll(/! -name (\S+)/g)].map(([, name = ""]) => name.replaceAll("'", ""));
    expect(kept).toEqual(["*.napi.glibc.node", "vega.module.js", "index.js"]);
    expect(["vega", "vega-lite"].map(exportedBy)).toEqual(["./build/vega.module.js", "./build/index.js"]);
    const lmdb = `${ROOT}/node_modules/@lmdb/lmdb-linux-${process.arch}`;
    if (existsSync(lmdb)) expect(readdirSync(lmdb)).toContain("node.napi.glibc.node");
  });

  test("sets variables the service knows, and refuses to start open to the network without keys", () => {
    const known = new Set(["NODE_ENV", "ORT_DISABLE_TELEMETRY", ...configurationTable().map(({ name }) => name)]);
    expect(Object.keys(image).filter((name) => !known.has(name))).toEqual([]);
    expect(() => readConfig(image)).toThrow(/API_KEYS: is required when HOST is not a loopback address/);
  });

  test("listens, is exposed and is checked on the service's own port", () => {
    const { PORT } = readConfig({});
    expect(image["PORT"]).toBe(String(PORT));
    expect(valuesOf("EXPOSE")).toEqual([String(PORT)]);
    expect(valuesOf("HEALTHCHECK")[0]).toContain("http://127.0.0.1:${process.env.PORT}/health/live");
  });

  test("starts in exec form, so that signals reach the service", () => {
    const main = z.array(z.string()).parse(JSON.parse(valuesOf("ENTRYPOINT")[0] ?? ""));
    expect(main).toEqual(["node", "src/main.ts"]);
    expect(valuesOf("CMD")).toEqual(['["serve"]']);
    expect(valuesOf("HEALTHCHECK")[0]).toMatch(/ CMD \["node", /);
  });

  test("runs the major version of Node.js the project is developed with", () => {
    const { devDependencies } = z.object({ devDependencies: Mapping }).parse(JSON.parse(read("package.json")));
    const major = devDependencies["node"]?.split(".")[0];
    expect(valuesOf("ARG")[0]).toMatch(new RegExp(`^NODE_IMAGE=node:${major}-`));
  });
});

describe("docker-compose.yml", () => {
  test("mounts what is there", () => {
    const mounted = Object.values(compose.services).flatMap(({ volumes }) =>
      volumes.map((text) => text.split(":")[0] ?? ""),
    );
    const files = mounted.filter((source) => source.startsWith("."));
    const named = mounted.filter((source) => !source.startsWith("."));
    expect(files.filter((path) => !existsSync(`${ROOT}/${path}`))).toEqual([]);
    expect(named.toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
  });

  test("gives the service a configuration it accepts, with keys it can read", () => {
    const secret = compose.secrets["api_keys"]?.file ?? "";
    expect(liftgate?.environment["API_KEYS_FILE"]).toBe("/run/secrets/api_keys");
    expect(liftgate?.secrets).toEqual(["api_keys"]);
    const config = readConfig({ ...image, ...liftgate?.environment, API_KEYS_FILE: `${ROOT}/${secret}` });
    expect(config.API_KEYS?.map(({ id, roles }) => [id, roles])).toEqual([
      ["demo", ["decide", "outcome", "read", "admin"]],
      ["prometheus", ["read"]],
    ]);
    expect(config.REDIS_URL).toBe("redis://redis:6379");
  });

  test("has keys whose secrets are the ones it names", () => {
    const tokens = [
      /Bearer (demo\.[\w-]+)/.exec(read("docker-compose.yml"))?.[1] ?? "",
      read("ops/compose/prometheus-token"),
    ];
    const entries = read("ops/compose/api-keys")
      .trim()
      .split("\n")
      .map((line) => line.split(":").slice(0, 2));
    expect(tokens.map(hashedSecret)).toEqual(entries);
  });

  test("publishes the service's port, on loopback only, and mounts nothing writable but DATA_DIR and what rollbacks change", () => {
    expect(liftgate?.ports).toEqual([`127.0.0.1:${image["PORT"]}:${image["PORT"]}`]);
    expect(liftgate?.read_only).toBe(true);
    expect(liftgate?.volumes.filter((text) => !text.endsWith(":ro"))).toEqual([
      `data:${image["DATA_DIR"]}`,
      `./programs:${image["PROGRAMS_DIR"]}`,
    ]);
  });

  test("keeps Redis on disk, lets it evict nothing, and waits for what it depends on", () => {
    expect(redis?.command).toEqual(["redis-server", "--appendonly", "yes", "--maxmemory-policy", "noeviction"]);
    expect(redis?.healthcheck?.test).toEqual(["CMD", "redis-cli", "ping"]);
    expect(liftgate?.depends_on).toEqual({ redis: { condition: "service_healthy" } });
    expect(prometheus?.depends_on).toEqual({ liftgate: { condition: "service_healthy" } });
  });
});

describe("the scraping", () => {
  test("asks the service on its port, with the token that compose mounts", () => {
    const [job] = scraping.scrape_configs;
    expect(job?.static_configs).toEqual([{ targets: [`liftgate:${image["PORT"]}`] }]);
    expect(job?.metrics_path).toBe("/metrics");
    expect(prometheus?.secrets.map((name) => `/run/secrets/${name}`)).toEqual([job?.authorization.credentials_file]);
    expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining(prometheus?.secrets ?? []));
  });

  test("reads the rules that compose mounts beside it", () => {
    const beside = prometheus?.volumes
      .filter((text) => text.includes(":/etc/prometheus/"))
      .map((text) => text.split(":")[1]);
    expect(beside).toEqual([
      "/etc/prometheus/prometheus.yml",
      ...scraping.rule_files.map((file) => `/etc/prometheus/${file}`),
    ]);
  });
});

/** Instructions in order, continued lines joined, comments left out. */
function dockerInstructions(text: string): readonly { readonly name: string; readonly value: string }[] {
  const lines = text
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => {
    const [name = "", ...rest] = line.split(" ");
    return { name, value: rest.join(" ") };
  });
}

function valuesOf(name: string): readonly string[] {
  return instructions.filter((instruction) => instruction.name === name).map(({ value }) => value);
}

/** @example hashedSecret("demo.s") // ["demo", "043a71…"]: id and SHA-256 of the secret, as API_KEYS has them */
function hashedSecret(token: string): readonly string[] {
  const dot = token.indexOf(".");
  return [
    token.slice(0, dot),
    createHash("sha256")
      .update(token.slice(dot + 1))
      .digest("hex"),
  ];
}

function read(path: string): string {
  return readFileSync(`${ROOT}/${path}`, "utf8");
}

/** The file by which Node.js loads a package. */
function exportedBy(name: string): string {
  const Package = z.object({ exports: z.object({ ".": z.object({ default: z.string() }) }) });
  return Package.parse(JSON.parse(read(`node_modules/${name}/package.json`))).exports["."].default;
}
