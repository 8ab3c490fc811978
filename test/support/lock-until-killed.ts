/**
 * Takes the lock of a directory, says so, and holds it until it is killed; or ends with what it was told. It keeps
 * nothing of the lock: holding it must not depend on that.
 */
import { argv } from "node:process";
import { lockDirectory } from "../../src/adapters/file/directory-lock.ts";

lockDirectory(argv[2] ?? "");
console.log("locked");
setInterval(() => undefined, 60_000);
