import { type Duration, durationMs, UnknownTypeError } from "@actor-runtime/core";
import type { ActorInspection, Cluster, TypeInspection } from "@actor-runtime/runtime";
import { Command } from "commander";
import type { InspectedCluster } from "../cluster/inspected-cluster.js";
import { UsageError } from "../exit.js";
import { inspectActor, inspectCluster, inspectType } from "../ops/inspect.js";
import { addApiSettings, withCluster } from "./api.js";
import { actorText, clusterText, typeText } from "./inspect-print.js";
import { printJson } from "./json.js";
import { wantsJson } from "./options.js";
import { parseTarget, type Target } from "./target.js";
import { watch } from "./watch.js";

interface Flags {
  readonly state?: boolean;
  readonly watch?: boolean;
  readonly interval: string;
}

/** What was found, and how it is shown to people. */
interface Look {
  readonly found: object;
  readonly text: string;
}

export function inspectCommand(): Command {
  const command = new Command("inspect")
    .description("look into the workers, a type or one actor: what runs and for how long, what waits, and for what")
    .argument("[target]", "Type for its workers and partitions, Type/key for one actor; default all workers")
    .option("--state", "show the committed state of the actor, which may be private")
    .option("--watch", "look again and again until Ctrl-C")
    .option("--interval <duration>", "how long to wait between looks", "2s")
    .action(async (text: string | undefined) => {
      const flags = command.opts<Flags>();
      const target = text === undefined ? undefined : parseTarget(text);
      if (flags.state && target?.key === undefined) {
        throw new UsageError("--state is about one actor: name it, for example inspect Account/alice --state");
      }
      const intervalMs = intervalOf(flags);
      await withInspector(command, target, flags.state === true, async (look) => {
        const asJson = wantsJson(command);
        if (flags.watch) {
          await watch(intervalMs, async () => {
            const { found, text: shown } = await look();
            return asJson ? `${JSON.stringify(found)}\n` : shown;
          });
        } else {
          const { found, text: shown } = await look();
          if (asJson) printJson(found);
          else process.stdout.write(shown);
        }
      });
    });
  return addApiSettings(command);
}

/** Asks the store, or a worker where that is named; either is connected to once. */
async function withInspector(
  command: Command,
  target: Target | undefined,
  state: boolean,
  run: (look: () => Promise<Look>) => Promise<void>,
): Promise<void> {
  const lookOf = (find: () => Promise<unknown>) => async () => lookAt(target, await find());
  try {
    await withCluster(command, {
      direct: (cluster) => run(lookOf(() => inspect(cluster, target, state))),
      api: (api) => run(lookOf(() => api.json("GET", ["inspect", ...pathOf(target)], state ? [["state", "1"]] : []))),
    });
  } catch (error) {
    if (error instanceof UnknownTypeError) throw new UsageError(error.message);
    throw error;
  }
}

function inspect(cluster: Cluster, target: Target | undefined, state: boolean): Promise<object> {
  if (target === undefined) return inspectCluster(cluster);
  const { type, key } = target;
  return key === undefined ? inspectType(cluster, type) : inspectActor(cluster, type, key, state);
}

function lookAt(target: Target | undefined, found: unknown): Look {
  if (target === undefined) return { found: found as object, text: clusterText(found as InspectedCluster) };
  if (target.key === undefined) return { found: found as object, text: typeText(found as TypeInspection) };
  return { found: found as object, text: actorText(found as ActorInspection) };
}

function pathOf(target: Target | undefined): string[] {
  return target === undefined ? [] : [target.type, ...(target.key === undefined ? [] : [target.key])];
}

/** @throws UsageError */
function intervalOf({ interval }: Flags): number {
  try {
    const ms = durationMs((/^\d+$/.test(interval) ? Number(interval) : interval) as Duration, "--interval");
    if (ms > 0) return ms;
  } catch {
    // Said below.
  }
  throw new UsageError(`--interval: "${interval}" must be a duration above 0, for example 500ms or 2s`);
}
