/** Names of lanes, sources and features: any Unicode, shown as text, isolated so that no bidi mark moves its neighbours. */
import { encode } from "./route.ts";

/** Characters that would be invisible, or break the line: shown as what they are. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

export function visibleName(name: string): string {
  if (name === "") return "(no name)";
  return name.replaceAll(
    HIDDEN,
    (character) => `\u2423U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`,
  );
}

export function Name({ children }: { readonly children: string }) {
  return <bdi class="name">{visibleName(children)}</bdi>;
}

/** "*" stands for the records as a whole. */
export function FeatureName({ children }: { readonly children: string }) {
  return children === "*" ? <span class="name">records</span> : <Name>{children}</Name>;
}

/** A valid id for the DOM from any name. */
export function domId(prefix: string, name: string): string {
  return `${prefix}-${encode(name).replaceAll("%", "_")}`;
}
