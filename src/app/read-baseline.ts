/** Profiles made elsewhere, from files: single sketches of one feature, a folder of them, or profile records. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ForeignFeature } from "../audit/reference/keep-baseline.ts";
import { errorText, OperationalError } from "../base/errors.ts";
import { foreignProfile, profileFromSketches } from "../sketch/foreign-profile.ts";
import { mergeProfiles } from "../sketch/merge.ts";
import { MANIFEST_NAME, manifestSchema } from "./baseline-folder.ts";

export interface ReadBaseline {
  /** As the manifest names them; undefined where nothing does. */
  readonly swimlane?: string;
  readonly source?: string;
  readonly features: readonly ForeignFeature[];
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly windowCount: number;
}

const NOTHING_KNOWN = { sinceMs: Number.NaN, untilMs: Number.NaN, windowCount: Number.NaN };
/** "price.kll_doubles.sk", as `sketch export` names them, or "price.sk". */
const SKETCH_FILE = /^(.+?)(?:\.(?:kll_doubles|kll_floats|kll|hll|frequent_strings|frequent))?\.sk$/;

export interface OfWhat {
  /** What single sketch files are of; folders and profile records name their own. */
  readonly feature?: string | undefined;
  /** The only swimlane whose profile records are taken. */
  readonly from?: string | undefined;
}

/**
 * @throws {OperationalError} that names the file and what is wrong with it; nothing is kept in part.
 */
export async function readBaseline(
  paths: readonly string[],
  { feature, from }: OfWhat = {},
): Promise<ReadBaseline> {
  const [first] = paths;
  if (first === undefined) throw unusable("", "no file was given");
  if (paths.length === 1 && (await isFolder(first))) return readFolder(first);
  if (paths.every((path) => /\.jsonl?$/.test(path))) return readRecords(paths, from);
  if (feature === undefined)
    throw unusable(
      first,
      "which feature it is a sketch of is not known; say --feature, or import a folder with its manifest",
    );
  const files = await Promise.all(paths.map(bytesOf));
  return { ...NOTHING_KNOWN, features: [{ feature, ...sketched(paths.join(", "), files, {}) }] };
}

async function readFolder(folder: string): Promise<ReadBaseline> {
  const names = await readdir(folder);
  if (!names.includes(MANIFEST_NAME)) return readUnlisted(folder, names);
  const path = join(folder, MANIFEST_NAME);
  const parsed = manifestSchema.safeParse(jsonOf(path, new TextDecoder().decode(await bytesOf(path))));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "it"}: ${issue.message}`);
    throw unusable(path, problems.slice(0, 5).join("; "));
  }
  const { features, since, until, window_count, swimlane, source } = parsed.data;
  const read: ForeignFeature[] = [];
  for (const [feature, { files, counts, record_count }] of Object.entries(features)) {
    const bytes = await Promise.all(files.map((file) => bytesOf(join(folder, file))));
    const where = `${folder}, feature "${feature}"`;
    read.push({ feature, recordCount: record_count, ...sketched(where, bytes, counts) });
  }
  return {
    swimlane,
    source,
    features: read,
    sinceMs: since === undefined ? Number.NaN : Date.parse(since),
    untilMs: until === undefined ? Number.NaN : Date.parse(until),
    windowCount: window_count ?? Number.NaN,
  };
}

/** A folder without a manifest: the files' names are those of the features, encoded as in a URL. */
async function readUnlisted(folder: string, names: readonly string[]): Promise<ReadBaseline> {
  const byFeature = new Map<string, string[]>();
  for (const name of [...names].sort()) {
    const encoded = SKETCH_FILE.exec(name)?.[1];
    if (encoded === undefined) continue;
    const feature = featureNameOf(join(folder, name), encoded);
    byFeature.set(feature, [...(byFeature.get(feature) ?? []), name]);
  }
  if (byFeature.size === 0)
    throw unusable(folder, `it holds neither ${MANIFEST_NAME} nor sketches called FEATURE.sk`);
  const features: ForeignFeature[] = [];
  for (const [feature, files] of byFeature) {
    const bytes = await Promise.all(files.map((file) => bytesOf(join(folder, file))));
    features.push({ feature, ...sketched(`${folder}: ${files.join(", ")}`, bytes, {}) });
  }
  return { ...NOTHING_KNOWN, features };
}

/** Profile records, one JSON object a line; all of a feature's are merged, whatever window they are of. */
async function readRecords(paths: readonly string[], from: string | undefined): Promise<ReadBaseline> {
  const features = new Map<string, ForeignFeature>();
  const lanes = new Set<string>();
  for (const path of paths) {
    const lines = new TextDecoder().decode(await bytesOf(path)).split("\n");
    lines.forEach((line, i) => {
      if (line.trim() === "") return;
      const where = `${path}, line ${i + 1}`;
      const record = jsonOf(where, line) as { swimlane?: unknown; source?: unknown; profiles?: unknown };
      if (typeof record?.profiles !== "object" || record.profiles === null)
        throw unusable(where, "it has no profiles (docs/reference/profile-record.md)");
      if (from !== undefined && record.swimlane !== from) return;
      lanes.add(JSON.stringify([record.swimlane ?? "", record.source ?? ""]));
      for (const [feature, profile] of Object.entries(record.profiles))
        features.set(feature, merged(where, features.get(feature), feature, profile));
    });
  }
  if (features.size === 0)
    throw unusable(
      paths.join(", "),
      from === undefined ? "it holds no profile" : `it holds no profile of lane "${from}"`,
    );
  if (lanes.size > 1)
    throw unusable(
      paths.join(", "),
      `it holds ${lanes.size} lanes (${[...lanes].slice(0, 4).join(", ")}), which would be mixed into one baseline; say --from LANE, or give a file of one lane and source`,
    );
  return { ...NOTHING_KNOWN, features: [...features.values()] };
}

function merged(
  where: string,
  before: ForeignFeature | undefined,
  feature: string,
  record: unknown,
): ForeignFeature {
  const next = within(where, () => foreignProfile(record as Readonly<Record<string, unknown>>));
  if (before === undefined) return { feature, ...next };
  // What a part did not tell is not known of the whole.
  const known = before.known.filter((part) => next.known.includes(part));
  return { feature, profile: mergeProfiles([before.profile, next.profile], 1), known };
}

function sketched(where: string, files: readonly Uint8Array[], counts: Readonly<Record<string, unknown>>) {
  return within(where, () => profileFromSketches(files, counts));
}

/** Says which file a refusal is about. */
function within<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof OperationalError) throw unusable(where, error.message, error);
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw unusable(path, errorText(cause), cause);
  }
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw unusable(path, errorText(cause), cause);
  }
}

function jsonOf(where: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unusable(where, `it is no JSON: ${errorText(cause)}`, cause);
  }
}

function featureNameOf(path: string, encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch (cause) {
    throw unusable(path, "its name is no encoded feature name", cause);
  }
}

function unusable(path: string, problem: string, cause?: unknown): OperationalError {
  return new OperationalError(`${path}: ${problem.replace(/\.$/, "")}. No baseline was kept or changed.`, {
    code: "BASELINE_FILE_UNUSABLE",
    retryable: false,
    context: { path },
    cause,
  });
}
