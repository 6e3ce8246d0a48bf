import type { NameParts } from "./roles.ts";

/** A swimlane's or source's name from its parts. Put together anew only when a part differs from the last record's. */
export class NameText {
  readonly #parts: NameParts;
  readonly #captured: readonly (string | undefined)[];
  readonly #last: (string | undefined)[];
  #text: string | undefined;

  /** @param captured the record's values by capture number, filled in before each call of {@link read}. */
  constructor(parts: NameParts, captured: readonly (string | undefined)[]) {
    this.#parts = parts;
    this.#captured = captured;
    this.#last = parts.map(() => undefined);
  }

  /** @returns undefined when a part of it is missing or empty. */
  read(): string | undefined {
    const parts = this.#parts;
    if (parts.length === 1) return this.#part(0);
    let isSame = this.#text !== undefined;
    for (let i = 0; i < parts.length; i++) {
      const part = this.#part(i);
      if (part === undefined) return undefined;
      if (part === this.#last[i]) continue;
      this.#last[i] = part;
      isSame = false;
    }
    if (!isSame) this.#text = this.#last.join("");
    return this.#text;
  }

  #part(index: number): string | undefined {
    const part = this.#parts[index]!;
    return typeof part === "string" ? part : this.#captured[part];
  }
}
