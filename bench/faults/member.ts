/** One real `lanewatch run` process under supervision: whatever ends it, it is started again, as a pod would be. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { endWithBench } from "../children.ts";

const RESTART_MS = 1_000;

export interface Ending {
  readonly member: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly log: string;
}

export interface MemberFiles {
  readonly config: string;
  readonly log: string;
  readonly nodeOptions?: readonly string[];
  /** Where the program is, when it was compiled. @default bin/lanewatch.mjs, which runs a checkout's sources */
  readonly program?: string;
}

export class Member {
  readonly name: string;
  readonly #role: string;
  readonly #config: string;
  readonly #nodeOptions: readonly string[];
  readonly #program: string;
  readonly #logFile: string;
  readonly #onEnded: (ending: Ending) => void;
  #child: ChildProcess | undefined;
  #wanted = false;
  /** Set from a kill until the process has ended: how long it is to stay down. */
  #killedForMs: number | undefined;
  isPaused = false;
  rssBytesMax = 0;

  constructor(name: string, role: string, files: MemberFiles, onEnded: (ending: Ending) => void) {
    this.name = name;
    this.#role = role;
    this.#config = files.config;
    this.#nodeOptions = files.nodeOptions ?? [];
    this.#program = files.program ?? "bin/lanewatch.mjs";
    this.#logFile = files.log;
    this.#onEnded = onEnded;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  start(): void {
    this.#wanted = true;
    const log = openSync(this.#logFile, "a");
    const words = [
      ...this.#nodeOptions,
      this.#program,
      "run",
      "--config",
      this.#config,
      "--role",
      this.#role,
    ];
    const child = spawn(process.execPath, words, { stdio: ["ignore", log, log] });
    closeSync(log);
    endWithBench(child);
    this.#child = child;
    this.#killedForMs = undefined;
    this.isPaused = false;
    child.once("exit", (code, signal) => this.#ended(child, code, signal));
  }

  /** SIGKILL, and up again `downMs` after its end. False when it was not running. */
  kill(downMs: number): boolean {
    if (!this.isRunning || this.#killedForMs !== undefined) return false;
    this.#killedForMs = downMs;
    this.#child?.kill("SIGKILL");
    return true;
  }

  async pause(forMs: number): Promise<boolean> {
    const child = this.#child;
    if (!this.isRunning || this.isPaused || child === undefined) return false;
    this.isPaused = true;
    child.kill("SIGSTOP");
    await sleep(forMs);
    child.kill("SIGCONT");
    if (this.#child === child) this.isPaused = false;
    return true;
  }

  /** SIGTERM. How long it took, and how it ended. */
  async terminate(): Promise<{ readonly ms: number; readonly code: number | null }> {
    this.#wanted = false;
    const child = this.#child;
    if (!this.isRunning || child === undefined) return { ms: 0, code: null };
    const startMs = Date.now();
    const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
    child.kill("SIGTERM");
    return { code: await ended, ms: Date.now() - startMs };
  }

  /** Resident memory just now, bytes; 0 when it can't be read. */
  sampleRss(): number {
    const file = `/proc/${this.#child?.pid}/status`;
    if (!this.isRunning || !existsSync(file)) return 0;
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(file, "utf8"))?.[1];
    const bytes = Number(kilobytes ?? 0) * 1_024;
    this.rssBytesMax = Math.max(this.rssBytesMax, bytes);
    return bytes;
  }

  /** SIGKILL, for good. */
  killNow(): void {
    this.#wanted = false;
    if (this.isRunning) this.#child?.kill("SIGKILL");
  }

  #ended(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (!this.#wanted || this.#child !== child) return;
    const downMs = this.#killedForMs ?? RESTART_MS;
    if (this.#killedForMs === undefined)
      this.#onEnded({ member: this.name, code, signal, log: this.#logTail() });
    // Not before it has ended: a machine that is busy tells of it late.
    void sleep(downMs, undefined, { ref: false }).then(() => {
      if (this.#wanted && !this.isRunning) this.start();
    });
  }

  #logTail(): string {
    return readFileSync(this.#logFile, "utf8").trimEnd().split("\n").slice(-4).join("\n");
  }
}
