/** What a command's exit code means. 64 as in sysexits.h. */
export const EXIT = { ok: 0, hold: 1, failed: 1, unknown: 2, usage: 64 } as const;
