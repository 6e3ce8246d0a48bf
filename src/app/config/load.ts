import { readFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { z } from "zod";
import { RECURRENCE_MS_MIN } from "../../audit/known-events.ts";
import { errorText, OperationalError } from "../../base/errors.ts";
import { expandEnvironment } from "./environment.ts";
import { type Problem, problemsOf, type SchemaNode, suggestion } from "./problems.ts";
import { type Config, configSchema } from "./schema.ts";

/** The configuration cannot be used. The message lists every problem with its path. */
export class ConfigError extends OperationalError {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const lines = problems.map(({ path, message }) => `  ${path === "" ? "(file)" : path}: ${message}`);
    super(
      `${file} has ${problems.length} problem${problems.length === 1 ? "" : "s"}; nothing was started.\n${lines.join("\n")}`,
      {
        code: "CONFIG_INVALID",
        retryable: false,
        context: { file },
      },
    );
    this.problems = problems;
  }
}

/** The JSON Schema of the file, for editors (`# yaml-language-server: $schema=…`). */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" }) as Record<
    string,
    unknown
  >;
  return { ...schema, title: "Lanewatch configuration" };
}

/** @throws {ConfigError} with all problems at once. */
export async function loadConfig(file: string, environment: NodeJS.ProcessEnv): Promise<Config> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const message = isMissing
      ? "cannot be read: there is no such file. Name yours with --config FILE; lanewatch.example.yaml is one to begin with"
      : `cannot be read: ${errorText(error)}`;
    throw new ConfigError(file, [{ path: "", message }]);
  }
  return parseConfig(text, environment, file);
}

export function parseConfig(text: string, environment: NodeJS.ProcessEnv, file = "configuration"): Config {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    throw new ConfigError(
      file,
      document.errors.map((error) => ({
        path: "",
        message: error.message.split("\n")[0]!.replace(/:$/, ""),
      })),
    );
  }
  const problems: Problem[] = [];
  const expanded = expandEnvironment(document.toJS() ?? {}, environment, problems);
  const parsed = configSchema.safeParse(expanded);
  if (!parsed.success)
    problems.push(...problemsOf(parsed.error.issues, configJsonSchema() as SchemaNode, expanded));
  if (parsed.success) problems.push(...crossProblems(parsed.data));
  if (problems.length > 0 || !parsed.success) throw new ConfigError(file, problems);
  return parsed.data;
}

/** Rules that hold between fields. */
function crossProblems(config: Config): readonly Problem[] {
  const problems: Problem[] = [];
  config.calendar.forEach((event, i) => {
    if (event.until <= event.from)
      problems.push({ path: `calendar[${i}].until`, message: "is not after `from`" });
    else if (event.every !== undefined && event.until - event.from > RECURRENCE_MS_MIN[event.every])
      problems.push({
        path: `calendar[${i}].until`,
        message: `is more than a ${event.every} after \`from\`, so it would never be over: it comes every ${event.every}`,
      });
  });
  const { persistenceAnomalous, persistenceWindows } = config.incidents;
  if (persistenceAnomalous > persistenceWindows) {
    problems.push({
      path: "incidents.persistenceAnomalous",
      message: `is more than persistenceWindows (${persistenceWindows})`,
    });
  }
  for (const [name, metric] of Object.entries(config.metrics)) {
    if (metric.sql !== undefined && name === "*")
      problems.push({
        path: "metrics.*",
        message: 'the name "*" is that of the lane\'s records; take another',
      });
    for (const field of ["swimlane", "source"] as const)
      if (metric.sql === undefined && metric[field] !== undefined)
        problems.push({ path: `metrics.${name}.${field}`, message: "goes with `sql` only" });
  }
  config.notify.routes.forEach((route, i) => {
    for (const name of route.notifiers.filter((name) => !(name in config.notify.notifiers))) {
      const known = Object.keys(config.notify.notifiers);
      problems.push({
        path: `notify.routes[${i}].notifiers`,
        message: `no notifier is called "${name}"${suggestion(name, known)}`,
      });
    }
  });
  return problems;
}
