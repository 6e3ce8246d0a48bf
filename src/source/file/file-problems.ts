/** What a file source refuses, and what it tells of files that changed beneath it: each with the next step. */
import { OperationalError } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { FileChange } from "./file-identity.ts";

const NEXT_STEP =
  "Give each file a name of its own (a date in it) and read it when it is complete; to count this one, read it under a new " +
  'name, or into a store without the old counts (docs/guides/files.md, "A file that changed").';

/** Going on would count its lines as those of the file that had the name before. */
export function fileReplaced(path: string, countedTo: number): OperationalError {
  return new OperationalError(
    `"${path}" is not the file of which ${countedTo} records were counted before: it begins with another line. Nothing of it ` +
      `is counted. ${NEXT_STEP}`,
    { code: "SOURCE_LOG_REPLACED", retryable: false, context: { path, countedTo } },
  );
}

export function fileWentBack(path: string, lineCount: number, countedTo: number): OperationalError {
  return new OperationalError(
    `"${path}" ends after ${lineCount} records, and ${countedTo} were counted before: it was cut short, or is another file. ` +
      `The counts are those of the longer one. ${NEXT_STEP}`,
    { code: "SOURCE_LOG_WENT_BACK", retryable: false, context: { path, lineCount, countedTo } },
  );
}

/**
 * @param recordCount records that were counted of it.
 * @throws {OperationalError} SOURCE_FILE_REWRITTEN, when lines were counted that are not in the file: windows may hold both.
 */
export function tellChange(
  change: FileChange,
  { path, recordCount, telemetry }: { path: string; recordCount: number; telemetry: Telemetry },
): void {
  switch (change) {
    case "none":
      return;
    case "grown":
      telemetry.event(
        "error",
        "source_files_grown",
        "A file grew after its end was read: what was appended is not counted, and the last record may be half of a line. " +
          "Read the file again once nothing writes to it; from a store that is kept, nothing is counted twice",
      );
      break;
    case "renamed":
      telemetry.event(
        "error",
        "source_files_renamed",
        "A file was renamed or removed while it was read: it was counted to its end, once. What has its name now is not read. " +
          "Read that one under a name of its own (a date in it)",
      );
      break;
    case "rewritten":
      throw new OperationalError(
        `"${path}" was cut short or written anew while it was read: of ${recordCount} records that were read, some are not in it ` +
          `any more, and some of it may not have been read. ${NEXT_STEP}`,
        { code: "SOURCE_FILE_REWRITTEN", retryable: false, context: { path, recordCount } },
      );
  }
  telemetry.log("error", "the file that changed while it was read", { path, recordCount, change });
}
