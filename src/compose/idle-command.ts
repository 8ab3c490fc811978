/**
 * A command that takes no processor time from anything else.
 *
 * Under the policy `idle` Linux runs it only on cores that nothing else wants, and ends its turn the moment something
 * does (sched(7)); what is only nice keeps a core for milliseconds. Where a machine has no such policy, or does not allow
 * it, the command runs without.
 */
const SCRIPT = 'chrt --idle 0 true 2>/dev/null && exec chrt --idle 0 "$@"; exec "$@"';

interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** By a shell that becomes the command: it has the shell's process id, and whatever the shell was given. */
export function idleCommand({ file, args }: Command): Command {
  return { file: "/bin/sh", args: ["-c", SCRIPT, "sh", file, ...args] };
}
