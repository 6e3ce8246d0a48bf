/** One fault, made at one place of the past: after how many windows does anyone hear of it? */
import { LaneAuditor } from "../../audit/lane-auditor.ts";
import type { LaneMemory } from "../../audit/lane-memory.ts";
import type { LaneAuditorOptions } from "../../audit/lane-options.ts";
import { decodeMemory } from "../../audit/memory-codec.ts";
import { IncidentBook } from "../../incident/incident-book.ts";
import type { IncidentOptions } from "../../incident/options.ts";
import type { CompleteWindow } from "../../rollup/complete-window.ts";
import type { References } from "../audit/references.ts";
import { damaged, type Fault } from "./faults.ts";
import type { Place } from "./lane-past.ts";

export interface TrialOptions {
  readonly auditor: LaneAuditorOptions;
  readonly incidents: Partial<IncidentOptions>;
  readonly references: References;
  readonly place: Place;
  /** The last one before the fault, and those in which it lasts. */
  readonly before: CompleteWindow;
  readonly windows: readonly CompleteWindow[];
}

export interface Trial {
  readonly startMs: number;
  readonly victim: string;
  /** Windows until a page (1 = in the very first); `null` when none came while the fault lasted. */
  readonly pageWindows: number | null;
  /** The same for a page or a warning. */
  readonly alertWindows: number | null;
  /** Title of the first page, else of the first warning. */
  readonly title: string;
}

export async function tryFault(fault: Fault, victim: string, options: TrialOptions): Promise<Trial> {
  const { place, before, windows } = options;
  const auditor = new LaneAuditor(options.auditor, decodeMemory<LaneMemory>(place.memory));
  const book = new IncidentBook({ ...options.incidents, groupLanes: 0 });
  const referencesOf = await options.references.of(options.auditor, windows);
  let alert: { readonly windows: number; readonly title: string } | undefined;
  for (const [i, healthy] of windows.entries()) {
    const complete = damaged(healthy, fault, victim, before);
    const verdicts = auditor.audit(complete, referencesOf(complete.window));
    const open = book.observe(complete.window, verdicts).incidents.filter(({ state }) => state === "open");
    const page = open.find(({ severity }) => severity === "page");
    const worst = page ?? open[0];
    if (worst !== undefined) alert ??= { windows: i + 1, title: worst.title };
    if (page !== undefined)
      return {
        startMs: place.startMs,
        victim,
        pageWindows: i + 1,
        alertWindows: alert!.windows,
        title: page.title,
      };
  }
  return {
    startMs: place.startMs,
    victim,
    pageWindows: null,
    alertWindows: alert?.windows ?? null,
    title: alert?.title ?? "",
  };
}
