/** The commands, what they take, and what their exit codes mean. */
import { Command, CommanderError, Option } from "commander";
import { errorText, OperationalError } from "../../base/errors.ts";
import { backtestCommand } from "./backtest.ts";
import { budgetCommand } from "./budget.ts";
import { askingWith, baselineCommands, incidentCommands, silenceCommands } from "./command-groups.ts";
import { demoCommand } from "./demo.ts";
import { EXIT } from "./exit.ts";
import { explainCommand } from "./explain.ts";
import { gateCommand } from "./gate.ts";
import { metricTestCommand } from "./metric.ts";
import { proveCommand } from "./prove.ts";
import { replayCommand } from "./replay.ts";
import { runCommand } from "./run.ts";
import { exportCommand, inspectCommand } from "./sketch.ts";
import { schemaCommand, validateCommand } from "./validate.ts";

/** @returns the process's exit code. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const program = commands((result) => {
    code = result;
  });
  try {
    await program.parseAsync([...words], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    process.stderr.write(
      `lanewatch: ${error instanceof OperationalError ? error.message : errorText(error)}\n`,
    );
    if (!(error instanceof OperationalError) && error instanceof Error)
      process.stderr.write(`${error.stack}\n`);
    return error instanceof OperationalError && error.code === "CONFIG_INVALID" ? EXIT.usage : EXIT.failed;
  }
}

function commands(done: (code: number) => void): Command {
  const program = new Command("lanewatch")
    .description(
      "Watches the data that feeds machine-learning models: counts you can prove, a page budget you set.",
    )
    .exitOverride()
    .showHelpAfterError("(lanewatch help COMMAND tells more)")
    .showSuggestionAfterError(true);
  const config = () =>
    new Option("-c, --config <file>", "configuration file").default("lanewatch.yaml").env("LANEWATCH_CONFIG");
  const asking = askingWith(config);

  program
    .command("run")
    .description("run the service: all of it, or the roles of one process")
    .addOption(config())
    .option("-r, --role <roles>", "ingest, audit, notify, control (commas between), or all", "all")
    .action(async (options) => done(await runCommand(options)));
  program
    .command("replay")
    .description("the same stages over JSONL, CSV or Parquet files, in event time, without servers")
    .argument("<file...>", 'files to read; ".gz" is unpacked, "-" is standard input')
    .addOption(config())
    .requiredOption(
      "-o, --out <dir>",
      "folder for verdicts.jsonl, incidents.jsonl, dead-letters.jsonl and the store",
    )
    .option("--source <name>", "configured source whose mapping holds (the only one by default)")
    .option("--as-of <time>", "event times after it are counted `future` (ISO 8601; now by default)")
    .option("--baseline <folder...>", "hold lanes to the sketches of these folders, each named as its folder")
    .option("--quiet", "no table, no progress bar")
    .action(async (files: string[], options) => done(await replayCommand(files, options)));
  program
    .command("explain")
    .description(
      "judge a verdict again from stored rows: exit 0 equal, 1 differs, 2 unknown or not stored, 64 usage",
    )
    .argument(
      "<verdict>",
      "its name, as the page, messages and verdicts.jsonl show it: prod/clicks/price/psi/2026-11-23T14:05Z/1m",
    )
    .addOption(config())
    .option("--store <file>", "a DuckDB file to read, such as the store.duckdb of a replay")
    .addOption(new Option("--url <url>", "ask this control server instead of the store").env("LANEWATCH_URL"))
    .addOption(new Option("--token <token>", "its bearer token").env("LANEWATCH_TOKEN"))
    .option("--json", "print the whole answer as JSON")
    .action(async (verdict: string, options) => done(await explainCommand(verdict, options)));
  program
    .command("prove")
    .description(
      "records in the log against records accounted for, by partition, and against the broker's own offsets: exit 0 proven " +
        "(lost records are shown, and accounted for), 1 it does not add up, 2 it could not be checked, 64 usage",
    )
    .addOption(config())
    .option("--store <file>", "a DuckDB file to read, such as the store.duckdb of a replay")
    .option("--topic <topic>", "only this topic")
    .option(
      "--since <time>",
      "segments that began from here on, by the log's own time (ISO 8601, or how long ago: 7d)",
    )
    .option("--until <time>", "and before here")
    .option("--offline", "from the store alone: the broker is not asked")
    .addOption(new Option("--url <url>", "ask this control server instead of the store").env("LANEWATCH_URL"))
    .addOption(new Option("--token <token>", "its bearer token").env("LANEWATCH_TOKEN"))
    .option("--sql", "print the query that gives the same sums in the console of QuestDB or DuckDB")
    .option("--json", "print the whole answer as JSON")
    .action(async (options) => done(await proveCommand(options)));
  program
    .command("backtest")
    .description(
      "the rules over stored history: pages they would have raised, and the delay until faults of stated sizes are found",
    )
    .addOption(config())
    .option("--store <file>", "a DuckDB file to read, such as the store.duckdb of a replay")
    .option("-s, --swimlane <pattern>", "only these lanes", "*")
    .option(
      "--since <time>",
      "count from here (ISO 8601, or how long before the end: 8w); earlier windows are learned from",
    )
    .option("--until <time>", "up to here")
    .option(
      "--budget <pages>",
      "false pages a lane-week to try, with commas between (each lane's own by default)",
    )
    .option(
      "--faults <list>",
      'such as "drop=10%,50% shift=0.5 nulls"; every kind in its usual sizes by default; "none"',
    )
    .option("--trials <count>", "places of the past at which each fault is made", "8")
    .option("--horizon <windows>", "windows that a fault lasts", "48")
    .option("--json", "print everything as JSON")
    .option("--quiet", "no progress")
    .action(async (options) => done(await backtestCommand(options)));
  const metric = program.command("metric").description("metrics defined in SQL");
  metric
    .command("test")
    .description("measure one over stored windows: exit 0 measured, 1 with problems, 64 usage")
    .argument("[name]", "a metric of the configuration")
    .addOption(config())
    .option("--store <file>", "a DuckDB file to read, such as the store.duckdb of a replay")
    .option("--sql <select>", "this line instead of the configured one")
    .option("-s, --swimlane <pattern>", "lanes (those it is measured for by default)")
    .option("--since <time>", "windows from here (ISO 8601, or how long before the end: 6h)")
    .option("--limit <windows>", "the newest so many of each lane and source", "20")
    .option("--json", "print everything as JSON")
    .action(async (name: string | undefined, options) => done(await metricTestCommand(name, options)));
  program
    .command("demo")
    .description("made-up lanes with labelled faults, everything in one process, and the page on localhost")
    .option("-p, --port <port>", "port of the page; 0 picks a free one", "8080")
    .option("--speed <ms>", "real milliseconds for each half hour of the demo's time", "1000")
    .option("--windows <count>", "end after so many live windows (for tests)")
    .action(async (options) => done(await demoCommand(options)));
  program
    .command("validate")
    .description("check a configuration: every problem at once, with its place and what was probably meant")
    .addOption(config())
    .action(async (options) => done(await validateCommand(options)));
  program
    .command("schema")
    .description("print the configuration's JSON Schema, for editors")
    .action(() => done(schemaCommand()));
  asking(program.command("gate"))
    .description("is this lane safe to train or serve on? exit 0 pass, 1 hold, 2 unknown, 64 usage")
    .requiredOption("-s, --swimlane <name>", "the lane")
    .option("--since <length>", "how far back to look, such as 1h or 7d", "1h")
    .option("--json", "print the whole answer as JSON")
    .action(async (options) => done(await gateCommand(options)));
  asking(program.command("budget"))
    .description(
      "the audit of the auditor: pages against the budget, precision from feedback, rules that never or nearly always fire: " +
        "exit 0 no lane over twice its budget, 1 one or more, 2 unknown, 64 usage",
    )
    .option("-s, --swimlane <name>", "only this lane")
    .option("--since <time>", "pages from here on (ISO 8601, or how long ago: 28d)", "28d")
    .option("--until <time>", "and before here", "now")
    .option("--json", "print the whole answer as JSON")
    .action(async (options) => done(await budgetCommand(options)));
  const sketch = program
    .command("sketch")
    .description("DataSketches files: look into those of others, give out a lane's own");
  sketch
    .command("inspect")
    .description("what is in a KLL, HLL or frequent-strings file, whichever library wrote it")
    .argument("<file...>")
    .option("--json", "print JSON, one line a file")
    .action(async (files: string[], options) => done(await inspectCommand(files, options)));
  sketch
    .command("export")
    .description("write a lane's merged profiles as .sk files that Spark, Python and Java read")
    .requiredOption("-s, --swimlane <name>", "the lane")
    .option("--source <name>", "its source", "default")
    .option("--feature <name>", "only this feature")
    .option("--since <time>", "from this time (ISO 8601)")
    .option("--until <time>", "up to this time")
    .requiredOption("-o, --out <dir>", "folder for the files")
    .addOption(config())
    .action(async (options) => done(await exportCommand(options)));
  const baseline = baselineCommands(program, config, done);
  const silence = silenceCommands(program, asking, done);
  const incident = incidentCommands(program, asking, done);
  for (const command of [
    ...program.commands,
    ...sketch.commands,
    ...metric.commands,
    ...silence.commands,
    ...incident.commands,
    ...baseline.commands,
  ])
    command.exitOverride();
  return program;
}
