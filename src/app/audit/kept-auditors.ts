/**
 * The auditors of lanes: in memory while they are used, put away in the store, and taken back from there. A memory follows
 * from the windows alone, so that one that is lost is judged up to again.
 */
import { LaneAuditor } from "../../audit/lane-auditor.ts";
import type { AuditJob, AuditServiceOptions } from "./audit-service.ts";
import {
  type Checkpoint,
  laneStateKey,
  otherSlot,
  readCheckpoint,
  type Slot,
  writeCheckpoint,
} from "./lane-checkpoint.ts";

export interface KeptAuditor {
  readonly auditor: LaneAuditor;
  /** Windows judged since its memory was put away. */
  sinceCheckpoint: number;
  /** Alternates between two rows, so that an older memory is there when a window is revised. */
  slot: Slot;
}

/** Lanes whose auditors are kept in memory; the one used longest ago is put away first. */
const AUDITORS_MAX = 20_000;

export class KeptAuditors {
  readonly #options: AuditServiceOptions;
  readonly #kept = new Map<string, KeptAuditor>();

  constructor(options: AuditServiceOptions) {
    this.#options = options;
  }

  async of(job: AuditJob): Promise<KeptAuditor> {
    const key = laneStateKey(job);
    let kept = this.#kept.get(key);
    if (kept === undefined) {
      kept = await this.#restore(job, Number.POSITIVE_INFINITY);
      if (this.#kept.size >= AUDITORS_MAX) this.#kept.delete(this.#kept.keys().next().value!);
    } else {
      this.#kept.delete(key);
    }
    this.#kept.set(key, kept);
    return kept;
  }

  /** The next that asks for it gets it as of its last checkpoint. */
  forget(job: AuditJob): void {
    this.#kept.delete(laneStateKey(job));
  }

  /** Goes back to a memory from before the revised window; without one, windows already judged stay as they are. */
  async rewind(job: AuditJob, revisedStartMs: number): Promise<void> {
    const current = await this.of(job);
    if (current.auditor.lastWindowStartMs < revisedStartMs) return;
    const earlier = await this.#restore(job, revisedStartMs);
    if (Number.isFinite(earlier.auditor.lastWindowStartMs)) {
      this.#kept.set(laneStateKey(job), earlier);
      return;
    }
    this.#options.telemetry.event(
      "info",
      "audit_unjudged_revisions",
      "Windows that late data changed after their memory was gone: counts are right, verdicts stay",
    );
  }

  /** So many more windows were judged and told: its memory is put away when a checkpoint is due. */
  async noteJudged(job: AuditJob, kept: KeptAuditor, windowCount: number): Promise<void> {
    const { checkpointWindows, beforeCheckpoint, store } = this.#options;
    kept.sinceCheckpoint += windowCount;
    if (checkpointWindows === 0 || kept.sinceCheckpoint < checkpointWindows) return;
    await beforeCheckpoint?.();
    await writeCheckpoint(store, job, { memory: kept.auditor.memory(), slot: kept.slot });
    kept.sinceCheckpoint = 0;
    kept.slot = otherSlot(kept.slot);
  }

  /** From the newest checkpoint of before `beforeStartMs`; a lane that begins anew when there is none. */
  async #restore(job: AuditJob, beforeStartMs: number): Promise<KeptAuditor> {
    const options = this.#options.auditorOptions(job, job.windowSizeMs);
    const keeps = this.#options.checkpointWindows > 0;
    const best = keeps ? await this.#readCheckpoint(job, beforeStartMs) : undefined;
    return {
      auditor: new LaneAuditor(options, best?.memory),
      sinceCheckpoint: 0,
      slot: otherSlot(best?.slot ?? 1),
    };
  }

  #readCheckpoint(job: AuditJob, beforeStartMs: number): Promise<Checkpoint | undefined> {
    const { store, telemetry } = this.#options;
    return readCheckpoint(store, job, beforeStartMs, (error) => {
      const lost =
        "Memories of lanes that could not be read; what they knew is learned again from stored windows";
      telemetry.event("error", "audit_memories_unreadable", lost);
      telemetry.error(lost, error, { lane: laneStateKey(job) });
    });
  }
}
