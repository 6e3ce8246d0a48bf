/** docs/reference/bounds.md is written by hand; what it names must be what the code has. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const text = (file: string) => readFileSync(join(ROOT, file), "utf8");

interface Bound {
  readonly name: string;
  readonly where: string;
  readonly value: string;
  readonly metric: string;
}

const bounds: Bound[] = text("docs/reference/bounds.md")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => {
    const [name, where, value, metric] = line
      .split("|")
      .slice(1)
      .map((cell) => cell.trim());
    return { name: bare(name!), where: where!, value: value!, metric: bare(metric!) };
  });

describe("docs/reference/bounds.md", () => {
  test("names each bound once", () => {
    const names = bounds.map(({ name, where }) => `${where} ${name}`);
    expect(names.length).toBeGreaterThan(25);
    expect(names).toEqual([...new Set(names)]);
  });

  test.each(bounds)("says what $name is in the code", ({ name, where, value }) => {
    if (where === "configuration") {
      const row = text("docs/reference/configuration.md")
        .split("\n")
        .find((line) => line.startsWith(`| \`${name}\` |`));
      expect(row?.split("|")[3]?.trim()).toBe(/^\d+$/.test(value) ? `\`${value}\`` : `\`"${value}"\``);
    } else expect(constantOf(text(where), name)).toBe(Number(value));
  });

  test.each(bounds)("has a metric of the reference beside $name", ({ metric }) => {
    expect(text("docs/reference/metrics.md")).toContain(`| \`${metric}\` |`);
  });
});

/** Numbers, with separators and products at most. */
function constantOf(code: string, name: string): number | undefined {
  const found = new RegExp(`const ${name} = ([\\d_ *]+);`).exec(code)?.[1]?.replaceAll("_", "");
  if (found === undefined) return undefined;
  return found.split("*").reduce((product, factor) => product * Number(factor), 1);
}

function bare(cell: string): string {
  return cell.replaceAll("`", "");
}
