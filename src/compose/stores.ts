/** The stores of users, embedded or in Redis. */
import type { Logger } from "pino";
import { openEmbeddedFeatureStore } from "../adapters/memory/feature-store.ts";
import { openEmbeddedOfferHistory } from "../adapters/memory/offer-history.ts";
import { RedisOfferHistory } from "../adapters/redis/offer-history.ts";
import { openRedis } from "../adapters/redis/connection.ts";
import { RedisFeatureStore } from "../adapters/redis/feature-store.ts";
import { TurnReader } from "../adapters/redis/turn-reader.ts";
import { RedisAnswerStore } from "../adapters/redis/answer-store.ts";
import { RedisOutcomeExchange } from "../adapters/redis/outcome-exchange.ts";
import type { OutcomeExchange } from "../core/outcome-ports.ts";
import type { AnswerStore } from "../core/answer-ports.ts";
import type { FeatureStore, OfferHistory } from "../core/ports.ts";
import type { Config } from "../ops/config.ts";
import { type Metrics } from "../ops/metrics.ts";

/** What is kept of users: their features, and what they were offered. */
export interface Stores {
  readonly features: FeatureStore;
  readonly offers: OfferHistory;
  /** Null where there are no other replicas. */
  readonly answers: AnswerStore | null;
  /** Null where there are no other replicas. */
  readonly exchange: OutcomeExchange | null;
  close(): Promise<void>;
}

export async function openStores(config: Config, metrics: Metrics, logger: Logger): Promise<Stores> {
  return config.REDIS_URL === undefined
    ? await openEmbeddedStores(config, metrics)
    : await openRedisStores(config.REDIS_URL, metrics, logger);
}

async function openEmbeddedStores(config: Config, metrics: Metrics): Promise<Stores> {
  metrics.featureStoreUp.set(1);
  const features = await openEmbeddedFeatureStore({ dataDir: config.DATA_DIR });
  const offers = await openEmbeddedOfferHistory({ dataDir: config.DATA_DIR });
  return {
    features,
    offers,
    answers: null,
    exchange: null,
    close: async () => {
      await features.close();
      await offers.close();
    },
  };
}

/** One connection and one reader: features and histories of a turn share a round trip. */
async function openRedisStores(url: string, metrics: Metrics, logger: Logger): Promise<Stores> {
  const connection = await openRedis({
    url,
    now: () => performance.now(),
    onState: (state) => {
      metrics.featureStoreUp.set(state === "up" ? 1 : 0);
      logger[state === "up" ? "info" : "error"]({ state }, "feature store");
    },
  });
  const reader = new TurnReader(connection);
  const offers = new RedisOfferHistory(connection, reader);
  return {
    features: new RedisFeatureStore(connection, reader),
    offers,
    answers: new RedisAnswerStore(connection),
    exchange: new RedisOutcomeExchange(connection, Date.now),
    close: async () => {
      await offers.close();
      connection.close();
    },
  };
}
