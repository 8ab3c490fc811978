import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { KafkaLogSink, type KafkaOptions } from "../../../src/adapters/kafka/log-sink.ts";
import type { LogKind } from "../../../src/core/shipping-ports.ts";
import { describeLogSink, recordOf } from "../../contracts/log-sink.ts";
import { hasKafka, KAFKA_ACCOUNT, type KafkaBroker, startKafkaBroker } from "../../support/kafka-broker.ts";
import { consumed, createTopics } from "../../support/kafka-topics.ts";

function openSink(options: Pick<KafkaOptions, "brokers" | "prefix"> & Partial<KafkaOptions>): KafkaLogSink {
  const sink = new KafkaLogSink({ tls: null, sasl: null, ...options });
  onTestFinished(() => sink.close());
  return sink;
}

test("a broker that is not there is trouble with a code that says so", async () => {
  const sink = openSink({ brokers: ["127.0.0.1:1"], prefix: "liftgate" });
  await expect(sink.send([recordOf(1)])).rejects.toMatchObject({
    code: "sink_unavailable",
    message: "The log's topics cannot be written: ECONNREFUSED",
  });
});

test("something that takes connections and never answers ends with the sink", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void silent.close());
  await once(silent, "listening");
  const address = silent.address();
  if (address === null || typeof address === "string") throw new Error("the system named no port");
  const sink = openSink({ brokers: [`127.0.0.1:${address.port}`], prefix: "liftgate" });
  const [connected, sending] = [once(silent, "connection"), sink.send([recordOf(1)]).catch(String)];
  await connected;
  await sink.close();
  expect(await sending).toBe("LiftgateError: The log's topics cannot be written: closed");
});

// `npm test` fetches a broker where Java and Maven are; elsewhere it says that these are skipped.
describe.skipIf(!hasKafka())("with a real broker", () => {
  let broker: KafkaBroker;
  let topics = 0;

  beforeAll(async () => {
    broker = await startKafkaBroker();
  });
  afterAll(() => broker.stop());

  async function withTopics(partitions = 1) {
    const prefix = `test${topics++}`;
    await createTopics(broker.address, [`${prefix}.decisions`, `${prefix}.outcomes`], partitions);
    return { prefix, sink: openSink({ brokers: [broker.address], prefix }) };
  }

  describeLogSink("Kafka", () => ({
    open: async () => {
      const { prefix, sink } = await withTopics();
      const received = async (kind: LogKind) => {
        const records = await consumed(broker.address, `${prefix}.${kind}`, kind);
        return records.map(({ id, decisionId, schema, line }) => ({ kind, id, decisionId, schema, line }));
      };
      return { sink, received };
    },
    kill: () => broker.kill(),
    restart: () => broker.restart(),
  }));

  test("a decision and its outcomes are in partitions of one number, where Kafka's own clients look for them", async () => {
    const { prefix, sink } = await withTopics(3);
    const numbers = Array.from({ length: 60 }, (_, i) => i);
    await sink.send(numbers.flatMap((number) => [recordOf(number), recordOf(number, "outcomes")]));
    const partitions = async (kind: LogKind) =>
      new Map(
        (await consumed(broker.address, `${prefix}.${kind}`, kind)).map((one) => [one.decisionId, one.partition]),
      );
    const decisions = await partitions("decisions");
    expect(await partitions("outcomes")).toEqual(decisions);
    expect(new Set(decisions.values())).toEqual(new Set([0, 1, 2]));
    // By Java's client 4.2.1: Utils.toPositive(Utils.murmur2(key)) % 3.
    expect([0, 1, 2, 3, 4, 5].map((number) => decisions.get(recordOf(number).decisionId))).toEqual([0, 0, 2, 2, 0, 2]);
  });

  test("topics that are not there are not made, and are named as the trouble", async () => {
    const sink = openSink({ brokers: [broker.address], prefix: "nowhere" });
    await expect(sink.send([recordOf(1)])).rejects.toMatchObject({
      message: "The log's topics cannot be written: UNKNOWN_TOPIC_OR_PARTITION",
    });
  });
  describe("over TLS", () => {
    async function secure(options: Partial<KafkaOptions>) {
      const { prefix } = await withTopics();
      const sink = openSink({ brokers: [broker.secureAddress], prefix, ...options });
      const received = () => consumed(broker.address, `${prefix}.decisions`, "decisions");
      return { sending: sink.send([recordOf(1)]).then(() => "sent", String), received };
    }

    test.each(["PLAIN", "SCRAM-SHA-256"] as const)("logs in by %s", async (mechanism) => {
      const { sending, received } = await secure({
        tls: { ca: broker.identity },
        sasl: { mechanism, ...KAFKA_ACCOUNT },
      });
      expect(await sending).toBe("sent");
      expect(await received()).toMatchObject([recordOf(1)]);
    });

    test.each(["PLAIN", "SCRAM-SHA-256"] as const)(
      "a wrong password is refused by %s, and not told",
      async (mechanism) => {
        const sasl = { mechanism, username: KAFKA_ACCOUNT.username, password: "wrong-secret" };
        const { sending } = await secure({ tls: { ca: broker.identity }, sasl });
        expect(await sending).toContain("SASL_AUTHENTICATION_FAILED");
        expect(await sending).not.toContain("secret");
      },
    );

    test("shows its certificate where the broker asks for one, and is refused without", async () => {
      const brokers = [broker.mutualAddress];
      const pem = broker.identity;
      expect(await (await secure({ brokers, tls: { ca: pem, cert: pem, key: pem } })).sending).toBe("sent");
      expect(await (await secure({ brokers, tls: { ca: pem } })).sending).toMatch(/cannot be written: \w+/);
    });

    test("a broker whose certificate nobody vouches for is not spoken to", async () => {
      const { sending } = await secure({ tls: {}, sasl: { mechanism: "PLAIN", ...KAFKA_ACCOUNT } });
      expect(await sending).toContain("DEPTH_ZERO_SELF_SIGNED_CERT");
    });
  });
});
