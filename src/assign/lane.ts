/** What the configuration says of a swimlane, looked up by name: the first pattern that matches wins. */

/** How records of a lane are cut into windows. Part of a segment's shape: it decides folding. */
export interface LaneWindows {
  readonly windowSizeMs: number;
  /** How far behind the newest event time a record may come and still be on time: a window closes that much later. */
  readonly allowedLatenessMs: number;
  /** A record further behind the log's own time than this is not folded any more, but counted `late`. */
  readonly lateMaxMs: number;
  /** A record further ahead of the log's own time than this is counted `future`. */
  readonly futureMaxMs: number;
}

/** A lane's settings under a name pattern; `*` stands for any run of characters. */
export interface LaneRule<Settings> {
  readonly match: string;
  readonly settings: Settings;
}

/** Most names whose rule is remembered; past it the look-up starts afresh (it is only a cache). */
const NAMES_MAX = 100_000;

export class LaneRules<Settings> {
  readonly #rules: readonly { readonly pattern: RegExp; readonly settings: Settings }[];
  readonly #defaults: Settings;
  readonly #known = new Map<string, Settings>();

  constructor(defaults: Settings, rules: readonly LaneRule<Settings>[]) {
    this.#defaults = defaults;
    this.#rules = rules.map((rule) => ({ pattern: compilePattern(rule.match), settings: rule.settings }));
  }

  of(swimlane: string): Settings {
    const known = this.#known.get(swimlane);
    if (known !== undefined) return known;
    if (this.#known.size >= NAMES_MAX) this.#known.clear();
    const settings = this.#rules.find((rule) => rule.pattern.test(swimlane))?.settings ?? this.#defaults;
    this.#known.set(swimlane, settings);
    return settings;
  }
}

/** "prod/*" as an anchored expression. Every other character stands for itself. */
export function compilePattern(match: string): RegExp {
  const source = match
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join("[\\s\\S]*");
  return new RegExp(`^${source}$`);
}
