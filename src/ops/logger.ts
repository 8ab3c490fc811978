import { type Logger, pino } from "pino";

/**
 * The operators' log: JSON lines on standard output. Request bodies, user ids and headers are never
 * logged; the paths below are a second net under that rule.
 */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: { service: "liftgate" },
    redact: {
      paths: ["req.headers", "headers", "userId", "*.userId", "authorization", "url", "password"],
      remove: true,
    },
  });
}
