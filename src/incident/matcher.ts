/** What a silence, an inhibition or a route is about. What is left out matches all; `*` in a text matches any run of characters. */
export interface Matcher {
  readonly swimlane?: string;
  /** Matches when any source of the incident does. */
  readonly source?: string;
  readonly feature?: string;
  readonly detector?: string;
}

/** The sides of an incident that a matcher looks at. */
export interface Matched {
  readonly swimlane: string;
  readonly sources: readonly string[];
  /** "feature:detector", with commas between. */
  readonly members: string;
}

/**
 * True when the matcher covers the whole incident: a silence on one feature must not hide that another broke too,
 * so feature and detector have to match every member. Sources likewise.
 */
export function matches(matcher: Matcher, incident: Matched): boolean {
  if (!glob(matcher.swimlane, incident.swimlane)) return false;
  if (matcher.source !== undefined && !incident.sources.every((source) => glob(matcher.source, source)))
    return false;
  return splitMembers(incident.members).every(
    ({ feature, detector }) => glob(matcher.feature, feature) && glob(matcher.detector, detector),
  );
}

/** True when `text` matches `pattern`; no pattern matches all. Linear in both: no regular expression from outside runs. */
export function glob(pattern: string | undefined, text: string): boolean {
  if (pattern === undefined) return true;
  let p = 0;
  let t = 0;
  let star = -1;
  let starText = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      starText = t;
    } else if (pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++starText;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/** A detector's name has no colon, a feature's may: the last one divides. */
function splitMembers(members: string): readonly { readonly feature: string; readonly detector: string }[] {
  if (members === "") return [];
  return members.split(",").map((member) => {
    const colon = member.lastIndexOf(":");
    return { feature: member.slice(0, colon), detector: member.slice(colon + 1) };
  });
}
