/**
 * Run before the tests: fetches a real Kafka broker for the tests of shipping to Kafka, where Java 17, Maven and openssl
 * are. Where they are not, or nothing can be fetched, those tests are skipped and this says so; it never fails.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hasKafka, KAFKA_LIBRARIES, markKafkaComplete } from "./kafka-broker.ts";

const JAVA_MIN = 17;
/** 43 MB; a mirror that does not serve them in this time is as good as none. */
const FETCH_MS = 90_000;

if (!hasKafka() && !(hasTools() && fetched())) {
  console.error(
    `The tests against a Kafka broker are skipped: they need Java ${JAVA_MIN} or later, openssl, and Maven that can fetch the broker.`,
  );
}

function hasTools(): boolean {
  const openssl = spawnSync("openssl", ["version"], { stdio: "ignore" });
  const { status, stderr } = spawnSync("java", ["-version"], { encoding: "utf8" });
  const major = /version "(\d+)/.exec(stderr ?? "")?.[1];
  return openssl.status === 0 && status === 0 && major !== undefined && Number(major) >= JAVA_MIN;
}

function fetched(): boolean {
  rmSync(KAFKA_LIBRARIES, { recursive: true, force: true });
  const pom = fileURLToPath(new URL("kafka/pom.xml", import.meta.url));
  const goal = ["dependency:copy-dependencies", `-DoutputDirectory=${KAFKA_LIBRARIES}`, "-DincludeScope=runtime"];
  const { status } = spawnSync("mvn", ["--quiet", "--batch-mode", "--file", pom, ...goal], {
    stdio: ["ignore", "ignore", "ignore"],
    timeout: FETCH_MS,
  });
  if (status === 0) markKafkaComplete();
  return status === 0;
}
