import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { type Composition, compose } from "../compose/service.ts";
import { buildServer } from "../http/server.ts";
import { type Config, readConfig } from "../ops/config.ts";
import { createLogger } from "../ops/logger.ts";
import { ENTRY_POINTS } from "./entry-points.ts";

/** Long enough for a load balancer to see that this replica is not ready any more. */
const DRAIN_MS = 300;
/** After this the process ends, whatever is still open. */
const SHUTDOWN_MS = 10_000;

export function addServeCommand(program: Command): void {
  program
    .command("serve", { isDefault: true })
    .description("Run the HTTP service; configured by the environment, see README")
    .action(async () => {
      const config = readConfig();
      const logger = createLogger(config.LOG_LEVEL);
      const starting = startService(config, logger);
      // From the first moment on: a signal while starting stops as cleanly as one later.
      stopOnSignals(starting, logger);
      await starting;
    });
}

export interface Service {
  /** Where the API answers, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Where metrics, docs and admin calls answer: `url` unless ADMIN_PORT moves them. */
  readonly adminUrl: string;
  readonly composition: Composition;
  /** Drains, closes the sockets, flushes the log. */
  stop(): Promise<void>;
}

/** Starts the service; resolves when it listens. */
export async function startService(config: Config, logger: Logger): Promise<Service> {
  const composition = await compose(config, logger, ENTRY_POINTS);
  const { backend } = composition;
  const options = { logger, apiKeys: config.API_KEYS };
  const split = config.ADMIN_PORT !== undefined;
  const api = await buildServer(backend, { ...options, surface: split ? "api" : "all" });
  const admin = split ? await buildServer(backend, { ...options, surface: "admin" }) : undefined;
  const servers = admin === undefined ? [api] : [api, admin];

  try {
    const adminUrl = await admin?.listen({ host: config.HOST, port: config.ADMIN_PORT ?? 0 });
    const url = await api.listen({ host: config.HOST, port: config.PORT });
    logger.info({ adminUrl }, `Server listening at ${url}`);
    return { url, adminUrl: adminUrl ?? url, composition, stop: () => stopService(composition, servers) };
  } catch (error) {
    await closeAll(composition, servers);
    throw error;
  }
}

/** Readiness says no first; only then does the door close, so that nobody is turned away in between. */
async function stopService(composition: Composition, servers: readonly FastifyInstance[]): Promise<void> {
  composition.drain();
  await delay(DRAIN_MS);
  await closeAll(composition, servers);
}

async function closeAll(composition: Composition, servers: readonly FastifyInstance[]): Promise<void> {
  await Promise.all(servers.map((server) => server.close()));
  await composition.close();
}

function stopOnSignals(starting: Promise<Service>, logger: Logger): void {
  const started = starting.catch(() => undefined);
  process.on("SIGHUP", () => void started.then((service) => service?.composition.backend.catalog.reload()));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      logger.info({ signal }, "draining");
      setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
      started
        .then((service) => service?.stop())
        .then(
          () => logger.info("stopped"),
          (error: unknown) => {
            logger.error({ err: error }, "could not stop cleanly");
            process.exitCode = 1;
          },
        );
    });
  }
}
