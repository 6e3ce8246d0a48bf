/**
 * A verdict's detector, where it was held to something beside the lane's own past: "ks@imported/training".
 *
 * One column names both, so that every test of a window has a row of its own, whatever it was held to, and tables of
 * older versions stay as they are. Colons and commas are escaped: members of an incident are told apart by them.
 */

const RESERVED = /[%:,@]/g;
const LIMIT = "limit";

/** What stands behind the "@": "imported/training", "promoted/2026-10", "lane/eval". */
export function referenceName(kind: string, name: string): string {
  return `${kind}/${escaped(name)}`;
}

/** Of an owner's limit: "limit@null-share", or with the name that the owner gave it. */
export function limitName(name: string): string {
  return heldToName(LIMIT, escaped(name));
}

function escaped(name: string): string {
  return name.replace(RESERVED, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
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
  return name.includes("@") && detectorOf(name) !== LIMIT;
}

/** True for a verdict on an owner's fixed limit. */
export function isLimit(name: string): boolean {
  return detectorOf(name) === LIMIT;
}

/** True where nothing but owners' limits had a part in an incident: its page was asked for, and costs no budget. */
export function isOfLimitsAlone(members: string): boolean {
  return (
    members !== "" && members.split(",").every((member) => isLimit(member.slice(member.lastIndexOf(":") + 1)))
  );
}
