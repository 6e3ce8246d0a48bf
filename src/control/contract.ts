/** What the control server is given, and what it promises back. Everything it knows of the run comes in here. */
import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { IncidentRow, Store, TimeSpan } from "../store/contract.ts";
import type { VerdictKey } from "../store/verdict-key.ts";
import type { ProofAnswer } from "./proof/wire-proof.ts";
import type { ExplainAnswer } from "./verdicts/wire-explain.ts";

/** One thing that the process cannot work without: a store, a broker, a queue. */
export interface Dependency {
  readonly name: string;
  readonly ok: boolean;
  /** What was seen, for a person: "answers, applied 12 of 12 transactions". */
  readonly detail: string;
}

/** One line about the run itself: "lag", "12 records". Shown in the page's status panel. */
export interface ProgressLine {
  readonly name: string;
  readonly value: string;
  readonly ok: boolean;
}

/** Which verdicts and gaps a gate minds. */
export interface GateRules {
  /** What "too few rows to judge" means for the answer. @default "unknown" */
  readonly insufficient: "unknown" | "ignore";
  /** Only these features (and "*", the records as a whole) are asked about; all when left out. */
  readonly features?: readonly string[];
}

/** How one lane is configured, as far as people and gates need to know. */
export interface LaneSettings {
  readonly windowSizeMs: number;
  /** How long after its end a window still takes records before it is merged and judged. */
  readonly latenessMs: number;
  /** Wall clock that merging and judging may take after that, before a window counts as missing. */
  readonly judgingMsMax: number;
  /** False pages that the owner accepts in a week. */
  readonly pageBudgetPerWeek: number;
  readonly gate: GateRules;
  /** Lanes that it is compared with at the same event time. @default none */
  readonly compareWith?: readonly string[];
}

export interface ControlOptions {
  readonly store: Store;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** When given, everything but `/healthz`, `/readyz` and the page's own files asks for it as a bearer token. */
  readonly token?: string;
  /** Where people reach the page, when it is not where the server listens. */
  readonly publicUrl?: string;
  readonly readiness: () => Promise<readonly Dependency[]>;
  readonly laneSettings: (swimlane: string) => LaneSettings;
  /** Lanes that the configuration names; shown as "no data" until their first window. */
  readonly configuredLanes?: () => readonly string[];
  readonly progress?: () => readonly ProgressLine[];
  /** "Now" on the axis of event time; differs from the clock's in a replay or a compressed demo. @default the clock's */
  readonly eventNowMs?: () => number;
  /** Takes over acknowledging, where the incident stage keeps its own memory. @default writes the store's row */
  readonly acknowledge?: (incidentId: string, by: string) => Promise<IncidentRow | undefined>;
  /**
   * Judges a stored verdict again; `undefined` for one that is not stored. Bounded in time by itself.
   * @default the route says that this process cannot
   */
  readonly explain?: (verdict: VerdictKey) => Promise<ExplainAnswer | undefined>;
  /** Records in the log against records accounted for. @default the route says that this process cannot */
  readonly prove?: (
    asked: TimeSpan & { readonly topic?: string; readonly offline: boolean },
  ) => Promise<ProofAnswer>;
  /** Folder with the built page. @default the one that `vite build` writes */
  readonly pageFolder?: string;
}

export interface ControlServer {
  /** Where people open the page. */
  readonly url: string;
  stop(): Promise<void>;
}
