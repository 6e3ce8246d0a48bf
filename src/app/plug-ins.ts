/** Makes the plug-ins that a configuration names. */
import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { Notifier } from "../notify/contract.ts";
import { notifierPlugins } from "../notify/index.ts";
import type { JobQueue } from "../queue/contract.ts";
import { QUEUES } from "../queue/index.ts";
import type { SourceContext } from "../source/context.ts";
import type { RecordSource } from "../source/contract.ts";
import { SOURCES } from "../source/index.ts";
import type { Store } from "../store/contract.ts";
import { makeStore } from "../store/index.ts";
import type { Config } from "./config/schema.ts";

export interface Surroundings {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

type Chosen = { readonly type: string };

export function openStore(config: Config, surroundings: Surroundings, environment: NodeJS.ProcessEnv): Store {
  return makeStore(config.store, { ...surroundings, environment });
}

/** @param name tells queues on one server apart. */
export function makeQueue<Job>(
  name: string,
  config: Config,
  surroundings: Surroundings,
  onFailed: (key: string, error: unknown) => void,
): JobQueue<Job> {
  const { type, ...options } = config.queue;
  const plugin = QUEUES[type as keyof typeof QUEUES];
  const create = plugin.create as (name: string, options: unknown, context: unknown) => JobQueue<Job>;
  return create(name, options, { ...surroundings, onFailed });
}

export function makeSource(name: string, config: Config, context: SourceContext): RecordSource {
  const {
    type,
    mapping: _mapping,
    ...options
  } = config.sources[name] as Chosen & { readonly mapping?: unknown };
  const plugin = SOURCES[type as keyof typeof SOURCES];
  return (plugin.create as (name: string, options: unknown, context: SourceContext) => RecordSource)(
    name,
    options,
    context,
  );
}

export function makeNotifiers(config: Config): readonly Notifier[] {
  return Object.entries(config.notify.notifiers).map(([name, { type, ...options }]) => {
    const plugin = notifierPlugins[type as keyof typeof notifierPlugins];
    return (plugin.create as (name: string, options: unknown) => Notifier)(name, options);
  });
}
