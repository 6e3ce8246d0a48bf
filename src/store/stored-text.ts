/**
 * Texts that no table can hold as they are, and back. Feature and lane names come from records, so anyone can send
 * one: QuestDB refuses the character NUL (and with it the whole request), and half of a surrogate pair has no
 * UTF-8, so that two names which differ would become one and their segment would never be whole.
 *
 * Such characters are written as U+E000 (private use) and a code; U+E000 itself too, so that no two texts are
 * stored alike.
 */
const ESCAPE = "\ue000";
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what this is about.
const SUSPECT = /[\u0000\ue000\ud800-\udfff]/;
// With the flag `u` a whole pair is one character, and only halves match the range.
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what this is about.
const UNSTORABLE = /[\u0000\ue000\ud800-\udfff]/gu;
const ESCAPED = /\ue000([0-9a-f]{4})/g;

export function toStoredText(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text.replace(UNSTORABLE, (c) => ESCAPE + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

export function fromStoredText(stored: string): string {
  if (!stored.includes(ESCAPE)) return stored;
  return stored.replace(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
