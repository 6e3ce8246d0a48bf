/** The proof for a person: a line for each partition, then every place where it fails. */
import type { PartitionProofAnswer, ProofAnswer } from "../../control/proof/wire-proof.ts";
import { OUTCOMES } from "../../decode/outcome.ts";
import type { OffsetRange } from "../../rollup/broker-side.ts";
import { textTable } from "./text-table.ts";

const LAST_LINES: Readonly<Record<ProofAnswer["result"], string>> = {
  proven: "Every record is accounted for once.",
  broken: "NOT PROVEN: see the places above.",
  unknown: "NOT PROVEN: nothing is known to be wrong, but not everything could be checked.",
};

export function proofText(answer: ProofAnswer): string {
  const { partitions, outcomes } = answer;
  const counts = OUTCOMES.filter((outcome) => outcomes[outcome] > 0).map(
    (name) => `${name} ${outcomes[name]}`,
  );
  return `${[
    periodLine(answer),
    ...table(answer),
    ...(counts.length === 0 ? [] : [`  ${counts.join(", ")}`]),
    ...partitions.flatMap(faults),
    ...(outcomes.lost > 0
      ? [`LOST: ${outcomes.lost} records were deleted from the log before they were read`]
      : []),
    ...beforeLines(partitions),
    ...answer.reasons,
    LAST_LINES[answer.result],
  ].join("\n")}\n`;
}

function periodLine({ sinceMs, untilMs }: ProofAnswer): string {
  const time = (ms: number | null, open: string) => (ms === null ? open : new Date(ms).toISOString());
  return sinceMs === null && untilMs === null
    ? "Everything that the store keeps:"
    : `Segments that began from ${time(sinceMs, "the first")} to ${time(untilMs, "now")}, by the log's own time:`;
}

function table({ partitions, broker }: ProofAnswer): readonly string[] {
  const hasBroker = broker.asked;
  const head = ["partition", "start", "end", "segments", "in the log", "accounted for"];
  const rows = partitions.map(({ topic, partition, counted, broker: side }) => [
    `${topic}/${partition}`,
    ...(counted === null
      ? ["-", "-", "0", "0", "0"]
      : [
          counted.startOffset,
          counted.endOffset,
          counted.segmentCount,
          counted.logCount,
          counted.accountedCount,
        ].map(String)),
    ...(hasBroker ? [String(side?.endOffset ?? "-"), String(side?.unreadCount ?? "-")] : []),
  ]);
  const sum = (of: (each: PartitionProofAnswer) => number) =>
    String(partitions.reduce((n, each) => n + of(each), 0));
  const total = [
    "total",
    "",
    "",
    sum(({ counted }) => counted?.segmentCount ?? 0),
    sum(({ counted }) => counted?.logCount ?? 0),
    sum(({ counted }) => counted?.accountedCount ?? 0),
    ...(hasBroker ? ["", sum(({ broker: side }) => side?.unreadCount ?? 0)] : []),
  ];
  return textTable([...head, ...(hasBroker ? ["log ends", "unread"] : [])], [...rows, total]);
}

function faults({ topic, partition, counted, broker }: PartitionProofAnswer): string[] {
  const at = ({ startOffset, endOffset }: OffsetRange) =>
    `${topic}/${partition} offsets ${startOffset} to ${endOffset}`;
  return [
    ...(counted?.breaks ?? []).map(
      (each) => `${each.kind.toUpperCase()}: ${at(each)} (the last not included)`,
    ),
    ...(counted?.wrongSums ?? []).map(
      (each) =>
        `WRONG SUM: ${at(each)}: outcomes add up to ${each.outcomeSum}, not ${each.endOffset - each.startOffset}`,
    ),
    ...(broker?.missing
      ? [`MISSING: ${at(broker.missing)}: the group committed them, and no manifest accounts for them`]
      : []),
    ...(broker?.deleted
      ? [`DELETED UNREAD: ${at(broker.deleted)}: the broker no longer has them, and nobody read them`]
      : []),
    ...(broker?.wentBack
      ? [`WENT BACK: ${at(broker.wentBack)}: counted, and the log ends before them; was the topic made anew?`]
      : []),
    ...(broker?.replaced
      ? [
          `REPLACED: ${at(broker.replaced)}: not counted; the topic was deleted and made again ` +
            `(id ${broker.replaced.countedLogId} was counted, ${broker.replaced.logId} is there now)`,
        ]
      : []),
  ];
}

function beforeLines(partitions: readonly PartitionProofAnswer[]): string[] {
  const count = partitions.reduce((sum, { broker }) => sum + (broker?.beforeCount ?? 0), 0);
  return count === 0
    ? []
    : [
        `${count} records in the log lie before the first manifest: older than the store keeps, or never read`,
      ];
}
