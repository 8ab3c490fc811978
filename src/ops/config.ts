/** The environment, read once: every fault reported together, secrets also from files. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { durationMs, DurationText } from "../contract/identifiers.ts";
import { SHIPPING_SECRETS, SHIPPING_VARIABLES, shippingFaults } from "./shipping-config.ts";

export const ROLES = ["decide", "outcome", "read", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** One caller: `id:sha256:role|role`. The secret itself is never configured, only its SHA-256. */
export interface ApiKey {
  readonly id: string;
  readonly secretSha256: string;
  readonly roles: readonly Role[];
}

const Port = z.coerce.number().int().min(0).max(65_535);
const ApiKeyEntry = z.string().transform((text, context): ApiKey => {
  const [id = "", secretSha256 = "", roles = ""] = text.split(":");
  const known = roles.split("|").filter((role): role is Role => ROLES.some((name) => name === role));
  const valid =
    /^[A-Za-z0-9_-]{1,64}$/.test(id) && /^[0-9a-f]{64}$/.test(secretSha256) && known.length === roles.split("|").length;
  if (!valid) {
    context.addIssue(`each key must be id:sha256-of-the-secret:role|role with roles of ${ROLES.join(", ")}`);
    return z.NEVER;
  }
  return { id, secretSha256, roles: known };
});

/**
 * Leases are closed, and a ledger that forgot is repaired, from the decision log of their period: a quarter has 92
 * days, and its last offers need some more until their costs are known. Longer periods are kept as long as they are
 * needed, whatever this says; so are those of programs that were taken away, up to this.
 */
const LOG_RETENTION_MIN = "100d";

const Environment = z.object({
  HOST: z.string().default("127.0.0.1").describe("Address to listen on"),
  PORT: Port.default(8080).describe("Port of the API; 0 lets the system choose"),
  ADMIN_PORT: Port.optional().describe("Moves /metrics, /docs and the admin calls to this port"),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .describe("Features, past offers and budgets; absent: embedded stores in DATA_DIR"),
  REDIS_REPLICAS: z.coerce
    .number()
    .int()
    .min(0)
    .max(16)
    .default(0)
    .describe("Replicas of Redis that must have a grant of money before it is paid from"),
  RETRIES: z
    .enum(["available", "exact"])
    .default("available")
    .describe(
      "What a call with a requestId gets while Redis cannot be asked: an answer that other replicas may not repeat (available), or 503 (exact)",
    ),
  MODELS_DIR: z.string().min(1).default("./models").describe("Model folders `<name>/<version>/`"),
  PROGRAMS_DIR: z.string().min(1).default("./programs").describe("Program files `<id>.yaml`"),
  DATA_DIR: z.string().min(1).default("./data").describe("Decision log, embedded features, program archive"),
  DURABILITY: z
    .enum(["process", "power"])
    .default("process")
    .describe(
      "When a decision counts as logged: written (survives kill -9) or flushed to the disk (survives power loss)",
    ),
  LOG_RETENTION: DurationText.refine((text) => durationMs(text) >= durationMs(LOG_RETENTION_MIN), {
    error: `at least ${LOG_RETENTION_MIN}: the budgets of a quarter are proved from the decision log`,
  })
    .optional()
    .describe("Log segments that are older, such as `400d`, are deleted; absent: kept for ever"),
  API_KEYS: z
    .string()
    .optional()
    .transform((text) => text?.split(/[\s,]+/).filter((entry) => entry !== ""))
    .pipe(z.array(ApiKeyEntry).optional())
    .describe(
      "Callers, separated by commas or new lines: `id:sha256-of-secret:role|role`; absent: only loopback is served",
    ),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("pino's level"),
  USER_ID_PEPPER: z
    .string()
    .min(16)
    .optional()
    .describe("Key of the HMAC that replaces user ids in the decision log; absent: ids are written as they are"),
  ...SHIPPING_VARIABLES,
});
export type Config = Readonly<z.infer<typeof Environment>>;

/** Variables that may come from a file: `NAME_FILE` names it, and its trimmed content is the value. */
const SECRETS = ["API_KEYS", "REDIS_URL", "USER_ID_PEPPER", ...SHIPPING_SECRETS] as const;
const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

/** The configuration is wrong: every fault, never a value. */
export class ConfigError extends Error {
  constructor(faults: readonly string[]) {
    super(`The environment is not valid:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    this.name = "ConfigError";
  }
}

/**
 * Reads the service's configuration.
 *
 * @throws ConfigError naming every variable that is wrong and the rule it breaks
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const faults: string[] = [];
  const given = withSecretFiles(environment, faults);
  const parsed = Environment.safeParse(given);
  if (!parsed.success) faults.push(...parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
  if (parsed.success && parsed.data.API_KEYS === undefined && !LOOPBACK.test(parsed.data.HOST)) {
    faults.push("API_KEYS: is required when HOST is not a loopback address; without keys only this machine may call");
  }
  if (parsed.success) faults.push(...shippingFaults(parsed.data));
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(parsed.data);
}

/** Name, default and meaning of every variable: the table in README. */
export function configurationTable(): readonly {
  readonly name: string;
  readonly fallback: string;
  readonly meaning: string;
}[] {
  const defaults: Readonly<Record<string, unknown>> = Environment.parse({});
  return Object.entries(Environment.shape).map(([name, schema]) => ({
    name,
    fallback: textOf(defaults[name]),
    meaning: schema.description ?? "",
  }));
}

function textOf(fallback: unknown): string {
  return typeof fallback === "string" || typeof fallback === "number" ? String(fallback) : "";
}

function withSecretFiles(environment: Readonly<Record<string, string | undefined>>, faults: string[]) {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  for (const name of SECRETS) {
    const path = given[`${name}_FILE`];
    if (path === undefined) continue;
    if (given[name] !== undefined) faults.push(`${name}: is set twice, directly and by ${name}_FILE`);
    try {
      given[name] = readFileSync(path, "utf8").trim();
    } catch {
      faults.push(`${name}_FILE: the file it names cannot be read`);
    }
  }
  return given;
}
