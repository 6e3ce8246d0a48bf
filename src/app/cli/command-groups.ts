/** The commands that have commands of their own: `baseline`, `incident`, `silence`. */
import { type Command, Option } from "commander";
import { importCommand, listCommand, promoteCommand, retireCommand } from "./baseline.ts";
import { incidentFeedbackCommand, incidentListCommand } from "./incident.ts";
import { silenceAddCommand, silenceEndCommand, silenceListCommand } from "./silence.ts";

export function baselineCommands(
  program: Command,
  config: () => Option,
  done: (code: number) => void,
): Command {
  const baseline = program
    .command("baseline")
    .description("what lanes are held to beside their own past: training sets, promoted periods");
  const command = (name: string, description: string) =>
    baseline
      .command(name)
      .description(description)
      .addOption(config())
      .addOption(new Option("--url <url>", "a running service that has the store open").env("LANEWATCH_URL"))
      .addOption(new Option("--token <token>", "its bearer token").env("LANEWATCH_TOKEN"));
  const keeping = (name: string, description: string) =>
    command(name, description)
      .requiredOption("-s, --swimlane <name>", "the lane; for import also a pattern such as prod/*")
      .option("--source <name>", "its source", "default")
      .requiredOption("-n, --name <name>", "the baseline's name")
      .option("--by <person>", "who does it (the system's user by default)")
      .option("--reason <text>", "why", "");
  const severity = () =>
    new Option("--severity <severity>", "the most that its verdicts may cause")
      .choices(["page", "warn", "info"])
      .default("page");
  keeping("import", "hold a lane to profiles made elsewhere: training-serving skew, with no raw data moved")
    .argument(
      "<file...>",
      ".sk files of one feature, a folder of them (sketch export), or profile records (.jsonl)",
    )
    .option("-f, --feature <name>", "the feature that single .sk files are of")
    .option("--from <swimlane>", "of profile records, only this lane's")
    .option("--since <time>", "event time from which the data are (ISO 8601)")
    .option("--until <time>", "up to when; earlier windows are not held to it")
    .addOption(severity())
    .action(async (files: string[], options) => done(await importCommand(files, options)));
  keeping("promote", "hold a lane to a period of its own that was good; anomalous windows are left out")
    .requiredOption("--since <time>", "from this time (ISO 8601)")
    .requiredOption("--until <time>", "up to this time")
    .option("--include-anomalous", "anomalous windows too: the change was meant")
    .addOption(severity())
    .action(async (options) => done(await promoteCommand(options)));
  keeping("retire", "hold a lane no longer to a baseline; what it was stays on record").action(
    async (options) => done(await retireCommand(options)),
  );
  command("list", "the baselines in use, newest first")
    .option("-s, --swimlane <name>", "only this lane's")
    .option("--source <name>", "only this source's")
    .option("--all", "the retired ones too")
    .option("--json", "print JSON, one line a baseline")
    .action(async (options) => done(await listCommand(options)));
  return baseline;
}

type Asking = (command: Command) => Command;

/** With the options of a command that asks the running service. */
export function askingWith(config: () => Option): Asking {
  return (command) =>
    command
      .addOption(config())
      .addOption(new Option("--url <url>", "where the control server answers").env("LANEWATCH_URL"))
      .addOption(new Option("--token <token>", "its bearer token").env("LANEWATCH_TOKEN"));
}

export function incidentCommands(program: Command, asking: Asking, done: (code: number) => void): Command {
  const incident = program.command("incident").description("what is wrong, and whether it was worth a page");
  asking(incident.command("list").description("incidents, open ones first"))
    .option("-s, --swimlane <name>", "only this lane's")
    .option("--since <time>", "those that began since then (ISO 8601, or how long ago: 7d)")
    .action(async (options) => done(await incidentListCommand(options)));
  asking(
    incident
      .command("feedback")
      .description("say what an incident was: later windows are judged in its light"),
  )
    .argument("<id>")
    .argument("<label>", "real (not mended yet), fixed, noise, or expected (a change that was meant)")
    .option("--why <text>", "why, for whoever sees it next time")
    .option("--by <name>", "who (your user name by default)")
    .action(async (id: string, label: string, options) =>
      done(await incidentFeedbackCommand(id, label, options)),
    );
  return incident;
}

export function silenceCommands(program: Command, asking: Asking, done: (code: number) => void): Command {
  const silence = program.command("silence").description("mute by hand, always with an end");
  asking(silence.command("add").description("tell nobody of what matches, until it ends"))
    .option("-s, --swimlane <pattern>", "these lanes")
    .option("--source <pattern>", "these sources")
    .option("--feature <pattern>", "these features")
    .option("--detector <pattern>", "these detectors")
    .requiredOption("--for <length>", "how long, such as 2h; at most 30d")
    .requiredOption("--reason <text>", "why")
    .option("--by <name>", "who (your user name by default)")
    .action(async (options) => done(await silenceAddCommand(options)));
  asking(silence.command("list").description("silences in force, and those that ended within a day")).action(
    async (options) => done(await silenceListCommand(options)),
  );
  asking(silence.command("end").description("end a silence now"))
    .argument("<id>")
    .action(async (id: string, options) => done(await silenceEndCommand(id, options)));
  return silence;
}
