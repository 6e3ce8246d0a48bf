/**
 * What keeps the counts and the pager right, each taken out: with any one of these changes to the source the simulator
 * has to go red. A simulator that stays green without a guard does not test it.
 */

export interface Guard {
  readonly name: string;
  /** What the code does without it. */
  readonly without: string;
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly text: string;
  readonly replacement: string;
  /** It matters only where a topic is deleted and made again: seeds in which it is. */
  readonly remakes?: true;
}

const ROLLUP = "src/rollup/rollup.ts";
const FOLDER = "src/segment/partition-folder.ts";

export const GUARDS: readonly Guard[] = [
  {
    name: "manifest-before-commit",
    without: "offsets are committed before the store has the segment",
    file: "src/app/ingest/segment-writer.ts",
    text: '      await this.#insist("segments", () => store.writeSegments(segments));\n',
    replacement: `      for (const { topic, partition, endOffset } of lastOfEachPartition(segments))
        await source.commit(topic, partition, endOffset);
      await this.#insist("segments", () => store.writeSegments(segments));
`,
  },
  {
    name: "row-count",
    without: "a segment counts although some of its rows cannot be read yet",
    file: "src/store/segment-visibility.ts",
    text: "distinctCount(profiles) === manifest.rowCount",
    replacement: "distinctCount(profiles) >= 0",
  },
  {
    name: "log-time",
    without: "the reader's clock, not the log's time, decides what is late",
    file: FOLDER,
    text: "judgeLateness(record.eventTimeMs, logTimeMs, asOfMs, lane)",
    replacement: "judgeLateness(record.eventTimeMs, this.#context.emptyStartMs(), asOfMs, lane)",
  },
  {
    name: "folded-once",
    without: "a batch that begins before the folded end is folded again",
    file: FOLDER,
    text: "    if (offset < this.#open.endOffset) return;\n",
    replacement: "",
  },
  {
    name: "lost-counted",
    without: "offsets that retention took are written down as jumped",
    file: FOLDER,
    text: 'lost.skipTo(toOffset, "lost")',
    replacement: 'lost.skipTo(toOffset, "jumped")',
  },
  {
    name: "idle-asks-broker",
    without: "a partition that brings nothing counts as idle whatever the broker still has",
    file: "src/rollup/idle-rule.ts",
    text: "    const since = this.#since.get(key);\n",
    replacement: "    endOffset = frontier.endOffset;\n    const since = this.#since.get(key);\n",
  },
  {
    name: "idle-asks-counted-log",
    without: "a topic that was made again counts as idle where it ends as far as the old one was counted",
    file: "src/app/rollup/rollup-service.ts",
    text: "      if (others.has(end)) this.#idle.doubt(frontier);\n      else ",
    replacement: "      ",
    remakes: true,
  },
  {
    name: "release-after-rows",
    without: "windows are released without rows of their segments that the store did not give yet",
    file: ROLLUP,
    text: "    await this.#rows.settle();\n",
    replacement: "",
  },
  {
    name: "slowest-partition",
    without: "a window waits for the fastest partition only",
    file: "src/rollup/watermarks.ts",
    text: "ms: Math.min(...running)",
    replacement: "ms: Math.max(...running)",
  },
  {
    name: "no-overlap",
    without: "the path takes a segment that overlaps the one before",
    file: "src/rollup/frontier.ts",
    text: "if (manifest.startOffset !== end) return undefined;",
    replacement: "if (manifest.startOffset > end) return undefined;",
  },
  {
    name: "replaced-rows-withdrawn",
    without: "rows of a segment that a better tiling replaced are counted on",
    file: ROLLUP,
    text: "    for (const manifest of change.removed) this.#withdraw(manifest);\n",
    replacement: "",
  },
  {
    name: "resume-at-start",
    without: 'a partition without a commit is read from the log\'s end ("latest")',
    file: "test/simulation/source.ts",
    text: "offset: resumed ?? log.startOffset",
    replacement: "offset: resumed ?? log.nextOffset",
  },
  {
    name: "late-revision",
    without: "late records of a window that was merged already are forgotten",
    file: ROLLUP,
    text: "      this.#revisions.add({ ...lane.name, windowStartMs, windowSizeMs });\n",
    replacement: "",
  },
  {
    name: "partitions-confirmed",
    without: "windows are released before the broker named the partitions that nobody has read yet",
    file: "src/rollup/watermarks.ts",
    text: "    if (!this.#options.confirmsPartitions) return watermarks;\n",
    replacement: "    return watermarks;\n",
  },
  {
    name: "window-kept-until-written",
    without: "a merged window is forgotten when the store refuses it",
    file: "src/app/rollup/rollup-service.ts",
    text: "    const complete = this.#unwritten;\n",
    replacement: "    const complete = this.#unwritten;\n    this.#unwritten = [];\n",
  },
  {
    name: "page-log-in-order",
    without: "a message is logged under a wall clock that was set back, before the one that it ends",
    file: "src/notify/send.ts",
    text: "Math.max(clock.nowMs(), beforeMs + 1)",
    replacement: "clock.nowMs()",
  },
  {
    name: "page-recorded",
    without: "a page is not written down after it was sent: the next process pages again",
    file: "src/notify/notification-log.ts",
    text: "    await this.#store.writeNotifications(rows.map(([, unwritten]) => unwritten));\n",
    replacement: "",
  },
  {
    name: "log-confirmed",
    without: "segments are written without asking whether the topic is still the one that was assigned",
    file: "src/app/ingest/segment-writer.ts",
    text: `      if (source.confirmLogs !== undefined) await this.#insist("the logs' ids", () => source.confirmLogs!());\n`,
    replacement: "",
    remakes: true,
  },
  {
    name: "log-claimed",
    without: "the first segments of a topic are written although another log of its name may be counted",
    file: "src/app/ingest/log-ids.ts",
    text: "    if (claims)\n",
    replacement: "    if (claims && clock === undefined)\n",
    remakes: true,
  },
  {
    name: "log-claim-shown",
    without:
      "a log is claimed, and segments are written before the store shows the claim, and with it every earlier one",
    file: "src/app/ingest/log-ids.ts",
    text: "    throw claimNotVisible(topic);\n",
    replacement: "",
    remakes: true,
  },
  {
    name: "log-kept-by-process",
    without:
      "a process that read a topic goes on in another of its name, with segments of the first still to be written",
    file: "src/app/ingest/log-ids.ts",
    text: "    if (own !== undefined) return own === logId ? undefined : own;\n",
    replacement: "    if (own !== undefined) return undefined;\n",
    remakes: true,
  },
  {
    name: "log-id-kept",
    without: "a process that starts does not know which log was counted, and goes on in the one of that name",
    file: "src/app/ingest/log-ids.ts",
    text: "  for (const { key, value } of await store.readStates(prefix)) {\n",
    replacement: "  for (const { key, value } of [] as { key: string; value: string }[]) {\n",
    remakes: true,
  },
];

/** The source without the guard. Throws where the text is not there exactly once. */
export function withoutGuard(source: string, { name, file, text, replacement }: Guard): string {
  const parts = source.split(text);
  if (parts.length !== 2)
    throw new Error(
      `guard "${name}": its text stands ${parts.length - 1} times in ${file}, not once; bring test/simulation/guards.ts up to date`,
    );
  return parts.join(replacement);
}
