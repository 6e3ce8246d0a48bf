/**
 * One engine as a child process: brought up until it answers, ended for certain.
 *
 * Each engine is the leader of its own process group and writes into its own temporary folder. Three things end it:
 * `stop()`, the exit hook of this process, and (when this process is killed with -9) a watchdog shell that waits on a
 * pipe from us and ends the group once the pipe breaks. Nothing is ever ended by name.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface EngineOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** From {@link engineFolder}; removed by `stop()`. */
  readonly folder: string;
  /** Throws until the engine answers. */
  readonly ready: () => Promise<void>;
  /** @default 90_000: Kafka takes 10 s alone on two cores, and far longer beside a busy test run */
  readonly readyTimeoutMs?: number;
  /** Ends what a signal to the client process cannot reach: a container. */
  readonly cleanUp?: () => void;
}

const running = new Set<EngineProcess>();
let exitHookSet = false;

/** A new temporary folder for one engine. */
export function engineFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `lanewatch-${name}-`));
}

export class EngineProcess {
  readonly #options: EngineOptions;
  #child: ChildProcess | undefined;
  #watchdog: ChildProcess | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Spawns the engine and waits until it answers; throws with the end of its log when it does not. */
  async start(): Promise<void> {
    setExitHook();
    this.#spawn();
    running.add(this);
    const { name, ready, readyTimeoutMs = 90_000 } = this.#options;
    const deadlineMs = Date.now() + readyTimeoutMs;
    for (;;) {
      try {
        await ready();
        return;
      } catch (error) {
        const died = !this.alive;
        if (!died && Date.now() < deadlineMs) {
          await sleep(100);
          continue;
        }
        const why = died
          ? `ended at once (${this.#ending()})`
          : `did not answer within ${readyTimeoutMs / 1000} s`;
        const log = this.logTail();
        await this.stop();
        throw new Error(
          `${name} ${why}: ${error instanceof Error ? error.message : error}\n--- its log ends:\n${log}`,
        );
      }
    }
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.#options.name} is not running`);
    return pid;
  }

  get alive(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The last 40 lines that the engine wrote. */
  logTail(): string {
    const file = join(this.#options.folder, "engine.log");
    return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(-40).join("\n") : "(no log)";
  }

  /** Sends a signal to the whole group: SIGSTOP and SIGCONT freeze and thaw it. */
  signal(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** SIGKILL (or a kinder signal) and wait; the data stays, so that `start()` brings it up again on the same ports. */
  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (!child || !this.alive) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    this.signal(signal);
    await Promise.race([ended, sleep(30_000, undefined, { ref: false })]);
    if (this.alive) this.signal("SIGKILL");
    await ended;
  }

  /** Ends it and removes its folder. The data is thrown away, so nobody waits for a graceful shutdown. */
  async stop(): Promise<void> {
    running.delete(this);
    await this.end();
    this.#options.cleanUp?.();
    this.#watchdog?.kill("SIGKILL");
    rmSync(this.#options.folder, { recursive: true, force: true });
  }

  /** For the exit hook, where nothing can be awaited. */
  stopNow(): void {
    if (this.alive) this.signal("SIGKILL");
    this.#options.cleanUp?.();
    this.#watchdog?.kill("SIGKILL");
    rmSync(this.#options.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  #spawn(): void {
    const { command, args, env, folder } = this.#options;
    const log = openSync(join(folder, "engine.log"), "a");
    this.#watchdog?.kill("SIGKILL");
    this.#child = spawn(command, [...args], {
      cwd: folder,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#child.on("error", () => {}); // a missing command: `alive` says so through exitCode or pid
    if (this.#child.pid === undefined) throw new Error(`${command} cannot be started; is it installed?`);
    this.#watchdog = watch(this.#child.pid, folder);
    this.#child.unref();
  }

  #ending(): string {
    return this.#child?.signalCode ?? `exit code ${this.#child?.exitCode}`;
  }
}

/** Reads from us until we are gone, however we went; then ends the engine's group and removes its folder. */
function watch(pid: number, folder: string): ChildProcess {
  const script = 'cat >/dev/null; kill -s KILL -- "-$1" 2>/dev/null; sleep 1; rm -rf -- "$2"';
  const watchdog = spawn("sh", ["-c", script, "watchdog", String(pid), folder], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  watchdog.unref();
  (watchdog.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return watchdog;
}

function setExitHook(): void {
  if (exitHookSet) return;
  exitHookSet = true;
  process.once("exit", () => {
    for (const engine of running) engine.stopNow();
  });
}
