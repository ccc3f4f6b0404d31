import { UnknownTypeError } from "@actor-runtime/core";
import type { ActorInspection, Cluster, TypeInspection } from "@actor-runtime/runtime";
import { Command } from "commander";
import { type InspectedCluster, listingTypesTold } from "../cluster/inspected-cluster.js";
import { UsageError } from "../exit.js";
import { inspectActor, inspectCluster, inspectType } from "../ops/inspect.js";
import { addAll, listed } from "./all.js";
import { addApiSettings, withCluster } from "./api.js";
import { actorText, clusterText, typeText } from "./inspect-print.js";
import { parseTarget, type Target } from "./target.js";
import { addWatch, type Look, viewer } from "./watch.js";

interface Flags {
  readonly state?: boolean;
}

export function inspectCommand(): Command {
  const command = new Command("inspect")
    .description("look into the workers, a type or one actor: what runs and for how long, what waits, and for what")
    .argument("[target]", "Type for its workers and partitions, Type/key for one actor; default all workers")
    .option("--state", "show the committed state of the actor, which may be private")
    .action(async (text: string | undefined) => {
      const flags = command.opts<Flags>();
      const view = viewer(command);
      const target = text === undefined ? undefined : parseTarget(text);
      if (flags.state && target?.key === undefined) {
        throw new UsageError("--state is about one actor: name it, for example inspect Account/alice --state");
      }
      await withInspector(command, target, flags.state === true, view);
    });
  return addApiSettings(addWatch(addAll(command)));
}

/** Asks the store, or a worker where that is named; either is connected to once. */
async function withInspector(
  command: Command,
  target: Target | undefined,
  state: boolean,
  run: (look: () => Promise<Look>) => Promise<void>,
): Promise<void> {
  const lookOf = (find: () => Promise<unknown>) => async () => lookAt(target, await find(), listed(command));
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

function lookAt(target: Target | undefined, found: unknown, isListed: (name: string) => boolean): Look {
  if (target === undefined) {
    const cluster = listingTypesTold(found as InspectedCluster, isListed);
    return { found: cluster, text: clusterText(cluster) };
  }
  if (target.key === undefined) return { found: found as object, text: typeText(found as TypeInspection) };
  return { found: found as object, text: actorText(found as ActorInspection) };
}

function pathOf(target: Target | undefined): string[] {
  return target === undefined ? [] : [target.type, ...(target.key === undefined ? [] : [target.key])];
}
