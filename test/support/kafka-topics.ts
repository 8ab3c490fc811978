import { Admin, Consumer, ListOffsetTimestamps, stringDeserializers } from "@platformatic/kafka";
import type { LogKind, ShippedRecord } from "../../src/core/shipping-ports.ts";

export async function createTopics(address: string, topics: readonly string[], partitions = 1): Promise<void> {
  const admin = new Admin({ clientId: "test", bootstrapBrokers: [address] });
  try {
    await admin.createTopics({ topics: [...topics], partitions, replicas: 1 });
  } finally {
    await admin.close();
  }
}

export interface KafkaRecord extends ShippedRecord {
  readonly partition: number;
}

/** All records of a topic, each partition's in its order. */
export async function consumed(address: string, topic: string, kind: LogKind): Promise<readonly KafkaRecord[]> {
  const consumer = new Consumer({
    groupId: `read-${topic}-${performance.now()}`,
    clientId: "test",
    bootstrapBrokers: [address],
    deserializers: stringDeserializers,
  });
  const records: KafkaRecord[] = [];
  try {
    const ends = await consumer.listOffsets({ topics: [topic], timestamp: ListOffsetTimestamps.LATEST });
    const total = (ends.get(topic) ?? []).reduce((sum, end) => sum + Number(end), 0);
    if (total === 0) return [];
    const stream = await consumer.consume({ topics: [topic], mode: "earliest", autocommit: false, maxWaitTime: 100 });
    for await (const { key, value, headers, partition } of stream) {
      const [id, schema] = [headers.get("id") ?? "", headers.get("schema") ?? ""];
      records.push({ kind, id, decisionId: key, schema, line: value, partition });
      if (records.length === total) break;
    }
  } finally {
    consumer.close(true, () => undefined);
  }
  return records;
}
