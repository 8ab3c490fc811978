import { expect, test } from "vitest";
import { KafkaLogSink } from "../../../src/adapters/kafka/log-sink.ts";
import { recordOf } from "../../contracts/log-sink.ts";

test("a broker that is not there is trouble with a code that says so", async () => {
  const sink = new KafkaLogSink({ brokers: ["127.0.0.1:1"], prefix: "liftgate", tls: null, sasl: null });
  await expect(sink.send([recordOf(1)])).rejects.toMatchObject({
    code: "sink_unavailable",
    message: "The log's topics cannot be written: ECONNREFUSED",
  });
  await sink.close();
});
