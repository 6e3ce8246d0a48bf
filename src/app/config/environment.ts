/** `${NAME}` and `${NAME:-fallback}` in any text of the configuration: secrets stay out of the file. */
import type { Problem } from "./problems.ts";

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

export function expandEnvironment(
  value: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  problems: Problem[],
  path = "",
): unknown {
  if (typeof value === "string") return expandText(value, environment, problems, path);
  if (Array.isArray(value))
    return value.map((item, i) => expandEnvironment(item, environment, problems, `${path}[${i}]`));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    expandEnvironment(inner, environment, problems, path === "" ? key : `${path}.${key}`),
  ]);
  return Object.fromEntries(entries);
}

function expandText(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
  problems: Problem[],
  path: string,
): string {
  return text.replace(REFERENCE, (_reference, name: string, fallback: string | undefined) => {
    const known = environment[name] ?? fallback;
    if (known === undefined)
      problems.push({
        path,
        message: `the environment variable ${name} is not set; set it, or write \${${name}:-fallback}`,
      });
    return known ?? "";
  });
}
