/**
 * The service without logging, which it cannot be configured to be: decisions are acknowledged at once, written nowhere
 * and found by nobody. Their records are made and put into JSON all the same, as the answer is made from them.
 */
import { ENTRY_POINTS } from "../src/cli/entry-points.ts";
import { compose } from "../src/compose/service.ts";
import { buildServer } from "../src/http/server.ts";
import { readConfig } from "../src/ops/config.ts";
import { createLogger } from "../src/ops/logger.ts";

const config = readConfig();
const logger = createLogger(config.LOG_LEVEL);
const { backend, close } = await compose(config, logger, ENTRY_POINTS);
const nothing = () => Promise.resolve();
const decisions = {
  ...backend.decisions,
  log: { append: nothing, find: () => Promise.resolve(null), close: nothing },
  logged: () => undefined,
};
const server = await buildServer({ ...backend, decisions }, { logger, apiKeys: config.API_KEYS, surface: "all" });
const url = await server.listen({ host: config.HOST, port: config.PORT });
logger.info(`Server listening at ${url}`);
process.once("SIGTERM", () => {
  void server.close().then(close);
});
