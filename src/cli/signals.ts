/** What a shell calls a command that a signal ended. */
export const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
