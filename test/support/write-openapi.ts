/** `npm run openapi`: writes `openapi/openapi.json`; with `--check` only says whether it is what would be written. */
import { readFile, writeFile } from "node:fs/promises";
import { OPENAPI_FILE, openapiText } from "./openapi-document.ts";

const text = await openapiText();
if (!process.argv.includes("--check")) {
  await writeFile(OPENAPI_FILE, text);
} else if ((await readFile(OPENAPI_FILE, "utf8").catch(() => "")) !== text) {
  console.error("openapi/openapi.json is not what the routes say: run `npm run openapi`");
  process.exitCode = 1;
}
