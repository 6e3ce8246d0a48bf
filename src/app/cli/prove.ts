/** `lanewatch prove`: records in the log against records accounted for, from the store's manifests. */
import { OperationalError } from "../../base/errors.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { OUTCOMES } from "../../decode/outcome.ts";
import { readAllManifests } from "../../rollup/manifests.ts";
import { type PartitionProof, provePartition, sumOutcomes } from "../../rollup/proof.ts";
import type { Store } from "../../store/contract.ts";
import { loadConfig } from "../config/load.ts";
import { EXIT } from "./exit.ts";
import { openHistory } from "./stored-history.ts";
import { textTable } from "./text-table.ts";

interface ProveCommandOptions {
  readonly config: string;
  readonly store?: string;
  readonly topic?: string;
  readonly json?: boolean;
}

interface NamedProof extends PartitionProof {
  readonly topic: string;
  readonly partition: number;
}

export async function proveCommand(options: ProveCommandOptions): Promise<number> {
  const config = await loadConfig(options.config, process.env);
  try {
    const store = await openHistory(config, options.store, new Telemetry({ level: "warn" }));
    try {
      return report(await proofs(store, options.topic), options);
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    process.stderr.write(`unknown: ${error.message}\n`);
    return EXIT.unknown;
  }
}

async function proofs(store: Store, topic: string | undefined): Promise<readonly NamedProof[]> {
  const named: NamedProof[] = [];
  for (const each of await store.readPartitions()) {
    if (topic !== undefined && each.topic !== topic) continue;
    const proof = provePartition(await readAllManifests(store, each.topic, each.partition, 0));
    if (proof !== undefined) named.push({ topic: each.topic, partition: each.partition, ...proof });
  }
  return named;
}

function report(proven: readonly NamedProof[], options: ProveCommandOptions): number {
  if (proven.length === 0) {
    const of = options.topic === undefined ? "" : ` of topic ${options.topic}`;
    process.stderr.write(
      `unknown: the store has no manifests${of}: nothing was counted, nothing is proven\n`,
    );
    return EXIT.unknown;
  }
  const holds = proven.every((proof) => proof.holds);
  const text = options.json
    ? JSON.stringify({ holds, outcomes: sumOutcomes(proven), partitions: proven }, null, 2)
    : proofText(proven, holds);
  process.stdout.write(`${text}\n`);
  return holds ? EXIT.ok : EXIT.failed;
}

function proofText(proven: readonly NamedProof[], holds: boolean): string {
  const sum = (of: (proof: NamedProof) => number) => proven.reduce((total, proof) => total + of(proof), 0);
  const rows = proven.map((proof) => [
    `${proof.topic}/${proof.partition}`,
    ...[proof.startOffset, proof.endOffset, proof.segmentCount, proof.logCount, proof.accountedCount].map(
      String,
    ),
  ]);
  const logCount = sum((proof) => proof.logCount);
  const accountedCount = sum((proof) => proof.accountedCount);
  rows.push(["total", "", "", `${sum((proof) => proof.segmentCount)}`, `${logCount}`, `${accountedCount}`]);
  const outcomes = sumOutcomes(proven);
  const counts = OUTCOMES.filter((outcome) => outcomes[outcome] > 0).map(
    (name) => `${name} ${outcomes[name]}`,
  );
  return [
    ...textTable(["partition", "start", "end", "segments", "in the log", "accounted for"], rows),
    `  ${counts.join(", ")}`,
    ...proven.flatMap(faults),
    ...(outcomes.lost > 0
      ? [`LOST: ${outcomes.lost} records were deleted from the log before they were read`]
      : []),
    holds ? "Every record is accounted for once." : "NOT PROVEN: see the places above.",
  ].join("\n");
}

function faults(proof: NamedProof): string[] {
  const at = (place: { readonly startOffset: number; readonly endOffset: number }) =>
    `${proof.topic}/${proof.partition} offsets ${place.startOffset} to ${place.endOffset}`;
  return [
    ...proof.breaks.map((each) => `${each.kind.toUpperCase()}: ${at(each)} (the last not included)`),
    ...proof.wrongSums.map(
      (each) =>
        `WRONG SUM: ${at(each)}: outcomes add up to ${each.outcomeSum}, not ${each.endOffset - each.startOffset}`,
    ),
  ];
}
