/** Takes a record's time, lane and values out of a parsed object, under a mapping: the same for every format. */
import { readEventTimeMs } from "./event-time.ts";
import { Flattener, type FlattenLimits } from "./flatten.ts";
import { compilePointer, compileText, type Mapping, type Pick, usedKeys } from "./mapping.ts";
import type { RecordOutcome } from "./outcome.ts";
import type { DecodedRecord, RecordKind } from "./record.ts";
import type { ShapeRegistry } from "./shapes.ts";

/** Where a record's values stand: one object, or named pointers. */
type Fields =
  | { readonly pick: Pick; readonly wholeRecord: boolean }
  | { readonly named: readonly (readonly [string, Pick])[] };

export class ObjectReader {
  readonly #flattener: Flattener;
  readonly #timeUnit: Mapping["timeUnit"];
  readonly #time: Pick;
  readonly #swimlane;
  readonly #source;
  readonly #profiles: Pick;
  readonly #fields: Readonly<Record<"feature" | "metric", Fields>>;
  readonly #used: ReadonlySet<string>;
  /** What was wrong with the last object that was not "ok". */
  detail = "";

  constructor(mapping: Mapping, shapes: ShapeRegistry, limits: FlattenLimits) {
    this.#flattener = new Flattener(shapes, limits);
    this.#timeUnit = mapping.timeUnit;
    this.#time = compilePointer(mapping.time);
    this.#swimlane = compileText(mapping.swimlane);
    this.#source = compileText(mapping.source);
    this.#profiles = compilePointer(mapping.profiles);
    this.#fields = { feature: compileFields(mapping.features), metric: compileFields(mapping.metrics) };
    this.#used = usedKeys(mapping);
  }

  /** Fills `record` in from what a record was parsed to. */
  read(parsed: unknown, record: DecodedRecord): RecordOutcome {
    if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed)) {
      return this.#stop("undecodable", "not a JSON object");
    }
    if (Object.hasOwn(parsed, "__proto__"))
      return this.#stop("forbidden_key", 'key "__proto__" in the record');
    const time = this.#time(parsed);
    record.eventTimeMs = readEventTimeMs(time, this.#timeUnit);
    if (Number.isNaN(record.eventTimeMs))
      return this.#stop("no_time", `time is ${JSON.stringify(time)?.slice(0, 80)}`);
    const swimlane = this.#swimlane(parsed);
    if (swimlane === undefined)
      return this.#stop("no_swimlane", "nothing where the mapping looks for the swimlane");
    record.swimlane = swimlane;
    record.source = this.#source(parsed) ?? "default";
    return this.#values(parsed, record);
  }

  #values(parsed: object, record: DecodedRecord): RecordOutcome {
    const profiles = this.#profiles(parsed);
    if (profiles !== undefined && profiles !== null && typeof profiles === "object") {
      this.#flattener.begin("profile", record);
      record.shape = { id: -1, kind: "profile", names: [] };
      record.profileRecord = parsed;
      return "ok";
    }
    const feature = this.#fill("feature", parsed, record);
    if (feature !== "no_features") return feature;
    return this.#fill("metric", parsed, record);
  }

  #fill(kind: RecordKind & ("feature" | "metric"), parsed: object, record: DecodedRecord): RecordOutcome {
    this.#flattener.begin(kind, record);
    const added = this.#addFields(this.#fields[kind], parsed);
    const outcome = added === "ok" ? this.#flattener.end() : added;
    if (outcome !== "ok") this.detail = this.#flattener.detail;
    return outcome;
  }

  #addFields(fields: Fields, parsed: object): RecordOutcome {
    if ("named" in fields) {
      for (const [name, pick] of fields.named) {
        const value = pick(parsed);
        const outcome = value === undefined ? "ok" : this.#flattener.value(value, name, 1);
        if (outcome !== "ok") return outcome;
      }
      return "ok";
    }
    const holder = fields.pick(parsed);
    if (holder === null || typeof holder !== "object" || Array.isArray(holder)) return "ok";
    return this.#flattener.object(holder, "", 1, fields.wholeRecord ? this.#used : undefined);
  }

  #stop(outcome: RecordOutcome, detail: string): RecordOutcome {
    this.detail = detail;
    return outcome;
  }
}

function compileFields(spec: Mapping["features"]): Fields {
  if (typeof spec === "string") return { pick: compilePointer(spec), wholeRecord: spec === "" };
  return { named: Object.entries(spec).map(([name, pointer]) => [name, compilePointer(pointer)] as const) };
}
