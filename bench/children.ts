/** Processes that a bench has started: they end when it does, also by SIGTERM, Ctrl-C, or an error that nobody caught. */
import type { ChildProcess } from "node:child_process";

const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

const children = new Set<ChildProcess>();

/** SIGKILL for a child that is still there when this process ends. */
export function endWithBench(child: ChildProcess): void {
  exitOnSignals();
  children.add(child);
  child.once("exit", () => children.delete(child));
}

let listening = false;

/** A process that a signal ends does not emit "exit" of its own accord, on which children and engines end. */
export function exitOnSignals(): void {
  if (listening) return;
  listening = true;
  process.once("exit", () => {
    for (const child of children) child.kill("SIGKILL");
  });
  for (const [signal, code] of Object.entries(EXIT_CODES))
    process.once(signal as NodeJS.Signals, () => process.exit(code));
}
