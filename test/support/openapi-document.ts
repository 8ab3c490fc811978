/** The OpenAPI document of the service as it is built, for the file that is published and the tests that keep it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { compose } from "../../src/compose.ts";
import { buildServer } from "../../src/http/server.ts";
import { readConfig } from "../../src/ops/config.ts";

export const OPENAPI_FILE = fileURLToPath(new URL("../../openapi/openapi.json", import.meta.url));

/** As it stands in the file: routes do not depend on what is loaded, so nothing is. */
export async function openapiText(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "liftgate-openapi-"));
  const logger = pino({ level: "silent" });
  const config = readConfig({ DATA_DIR: folder, MODELS_DIR: folder, PROGRAMS_DIR: folder });
  const composition = await compose(config, logger);
  try {
    const app = await buildServer(composition.backend, { surface: "all", logger, apiKeys: undefined });
    const document = app.swagger();
    await app.close();
    return `${JSON.stringify(document, null, 2)}\n`;
  } finally {
    await composition.close();
    await rm(folder, { recursive: true, force: true });
  }
}
