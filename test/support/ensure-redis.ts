/**
 * Run before the tests: they use a real redis-server. Finds it, or installs it where that needs no
 * password, or says how to install it and exits with 1.
 */
import { spawnSync } from "node:child_process";

/** The tests use settings that came with 7.0. */
const MAJOR_MIN = 7;

const APT = [
  ["apt-get", "update"],
  ["apt-get", "install", "--yes", "--no-install-recommends", "redis-server"],
] as const;

const BY_HAND = `The tests need a real redis-server, version ${MAJOR_MIN} or later, on the PATH, and it could not be installed from here.
Install it with one of
  Debian, Ubuntu   sudo apt-get update && sudo apt-get install -y redis-server
  Fedora, RHEL     sudo dnf install -y redis
  Alpine           sudo apk add redis
  Arch             sudo pacman -S redis
  macOS            brew install redis
  Windows          in WSL, as for Ubuntu
and run the tests again. The server need not be running: each test starts its own.`;

if (!isUsable() && !(install() && isUsable())) {
  console.error(BY_HAND);
  process.exitCode = 1;
}

function isUsable(): boolean {
  const { status, stdout } = spawnSync("redis-server", ["--version"], { encoding: "utf8" });
  if (status !== 0) return false;
  const major = /\bv=(\d+)\./.exec(stdout)?.[1];
  return major !== undefined && Number(major) >= MAJOR_MIN;
}

function install(): boolean {
  const installer = findInstaller();
  if (installer === undefined) return false;
  return installer.every(([command, ...args]) => {
    console.error(`redis-server is missing: running ${[command, ...args].join(" ")}`);
    return spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] }).status === 0;
  });
}

type CommandLine = readonly [string, ...string[]];

/** Only installers that will not stop to ask for a password. */
function findInstaller(): readonly CommandLine[] | undefined {
  if (succeeds("apt-get", "--version")) {
    if (process.getuid?.() === 0) return APT;
    if (succeeds("sudo", "--non-interactive", "true"))
      return APT.map((line) => ["sudo", "--non-interactive", ...line] as const);
  }
  if (succeeds("brew", "--version")) return [["brew", "install", "redis"]];
  return undefined;
}

function succeeds(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
