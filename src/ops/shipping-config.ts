/** The variables that say where logs are shipped to. */
import { z } from "zod";

/** Letters that Redis' operators, Kafka's topics and file names all take. */
const Prefix = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,100}$/, "must be letters, digits, dots, hyphens and underscores, at most 100");

const Broker = z.string().regex(/^[A-Za-z0-9.-]+:\d{1,5}$/, "each broker must be host:port");

const Pem = z.string().regex(/^-----BEGIN [A-Z0-9 ]+-----$/m, "must be PEM text");

/** What the broker asks who we are by. */
const SASL_MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const;

const Sasl = z.string().transform((text, context) => {
  const [given = "", username = "", ...rest] = text.split(":");
  const mechanism = SASL_MECHANISMS.find((name) => name === given);
  const password = rest.join(":");
  if (mechanism === undefined || username === "" || password === "") {
    context.addIssue(`must be mechanism:user:password with a mechanism of ${SASL_MECHANISMS.join(", ")}`);
    return z.NEVER;
  }
  return { mechanism, username, password };
});

export const SHIPPING_VARIABLES = {
  SHIP_REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .describe("Redis whose streams the logs are shipped to; absent: none"),
  SHIP_REDIS_PREFIX: Prefix.default("liftgate").describe(
    "What the streams' names begin with: `<prefix>:decisions`, `<prefix>:outcomes`",
  ),
  SHIP_REDIS_LENGTH: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe("About how many entries each stream keeps; absent: all"),
  SHIP_KAFKA_BROKERS: z
    .string()
    .optional()
    .transform((text) => text?.split(/[\s,]+/).filter((entry) => entry !== ""))
    .pipe(z.array(Broker).min(1).optional())
    .describe("Kafka whose topics the logs are shipped to: `host:port`, separated by commas; absent: none"),
  SHIP_KAFKA_PREFIX: Prefix.default("liftgate").describe(
    "What the topics' names begin with: `<prefix>.decisions`, `<prefix>.outcomes`",
  ),
  SHIP_KAFKA_TLS: z.enum(["off", "on"]).default("off").describe("Whether the brokers are spoken to by TLS"),
  SHIP_KAFKA_CA: Pem.optional().describe(
    "Who signs the brokers' certificates, in PEM; absent: the system's authorities",
  ),
  SHIP_KAFKA_CERT: Pem.optional().describe(
    "Certificate and private key to show to the brokers, in PEM, one after the other",
  ),
  SHIP_KAFKA_SASL: Sasl.optional().describe(
    "Who logs in at the brokers: `mechanism:user:password`, by PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
  ),
} as const;

/** Those that may come from files. */
export const SHIPPING_SECRETS = ["SHIP_REDIS_URL", "SHIP_KAFKA_CA", "SHIP_KAFKA_CERT", "SHIP_KAFKA_SASL"] as const;

interface TlsVariables {
  readonly SHIP_KAFKA_TLS: "off" | "on";
  readonly SHIP_KAFKA_CA?: string | undefined;
  readonly SHIP_KAFKA_CERT?: string | undefined;
}

/** What contradicts itself: a certificate that nobody would look at. */
export function shippingFaults({ SHIP_KAFKA_TLS, SHIP_KAFKA_CA, SHIP_KAFKA_CERT }: TlsVariables): readonly string[] {
  if (SHIP_KAFKA_TLS === "on" || (SHIP_KAFKA_CA === undefined && SHIP_KAFKA_CERT === undefined)) return [];
  return ["SHIP_KAFKA_TLS: must be on where SHIP_KAFKA_CA or SHIP_KAFKA_CERT are set"];
}
