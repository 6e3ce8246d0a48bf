/**
 * A verdict's detector, where it was held to something beside the lane's own past: "ks@imported/training".
 *
 * One column names both, so that every test of a window has a row of its own, whatever it was held to, and tables of
 * older versions stay as they are. Colons and commas are escaped: members of an incident are told apart by them.
 */

const RESERVED = /[%:,@]/g;

/** What stands behind the "@": "imported/training", "promoted/2026-10", "lane/eval". */
export function referenceName(kind: string, name: string): string {
  const escaped = name.replace(RESERVED, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${kind}/${escaped}`;
}

export function heldToName(detector: string, reference: string): string {
  return `${detector}@${reference}`;
}

/** The detector alone. */
export function detectorOf(name: string): string {
  const at = name.indexOf("@");
  return at < 0 ? name : name.slice(0, at);
}

/** True for a verdict that was held to a named baseline or another lane. */
export function isHeldToReference(name: string): boolean {
  return name.includes("@");
}
