/** Names the trouble by codes alone: messages of the client and the broker may carry what was sent, or who sent it. */
export function kafkaTrouble(error: unknown): string {
  const codes = [...new Set(codesOf(error))];
  // `PLT_KFK_…` say in which layer; what is more exact is told in its place.
  const exact = codes.filter((code) => !code.startsWith("PLT_KFK_"));
  const told = exact.length > 0 ? exact : codes;
  return told.length > 0 ? told.join(", ") : "no answer in time";
}

/** The client tells by a message alone that its brokers do not have a topic. */
const UNKNOWN_TOPIC = /^Unknown topic /;

/** The error's own, those of its causes, and those of the errors it stands for. */
function codesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  if (UNKNOWN_TOPIC.test(error.message)) return ["UNKNOWN_TOPIC_OR_PARTITION"];
  const own = ["apiId", "code"].flatMap((name) => codeIn(error, name));
  const parts: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  return [...own.slice(0, 1), ...codesOf(error.cause), ...parts.flatMap(codesOf)];
}

function codeIn(error: Error, name: string): readonly string[] {
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" && /^[A-Z0-9_]{2,64}$/.test(value) ? [value] : [];
}
