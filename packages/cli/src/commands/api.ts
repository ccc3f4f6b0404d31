import type { Cluster } from "@actor-runtime/runtime";
import type { Command } from "commander";
import { ApiClient } from "../client/api-client.js";
import type { CallTracing } from "../client/direct-transport.js";
import type { Transport } from "../client/transport.js";
import { WorkerTransport } from "../client/worker-transport.js";
import { type ClusterAnswer, readCluster } from "../cluster/read-cluster.js";
import type { SettingName } from "../config/settings.js";
import { isEmbedded, lockSettings, serviceSettings } from "../services.js";
import { addSettings, settingsOf } from "./options.js";

const settings = ["url", "token", "timeout", ...serviceSettings] as const;

/** Declares the settings of a command that asks `/api`, and further ones of its own. */
export function addApiSettings(command: Command, further: readonly SettingName[] = []): Command {
  return addSettings(command, [...settings, ...further]);
}

/** What a command that works directly on broker and store needs beside them. */
export interface DirectOptions {
  /** How calls are traced. Default: not at all. */
  readonly tracing?: CallTracing;
  /** Whether it is about locks. Default `false`: it does not depend on the servers that keep them. */
  readonly locks?: boolean;
}

/**
 * Runs a command on `/api`: that of the worker that is named by `--url` or ACTOR_URL; else, with AMQP_URL and REDIS_URL,
 * directly on broker and store; else that of a worker on this machine.
 */
export async function withApi<R>(
  command: Command,
  run: (api: ApiClient) => Promise<R>,
  { tracing, locks = false }: DirectOptions = {},
): Promise<R> {
  const { values, direct } = await wayOf(command, locks ? [...settings, ...lockSettings] : settings);
  const { url, token, timeout: timeoutMs } = values;
  const transport: Transport = direct
    ? await (await import("../client/direct-transport.js")).openDirect(values, tracing)
    : new WorkerTransport({ url, token, timeoutMs });
  await using api = new ApiClient(transport, timeoutMs);
  return await run(api);
}

/** The cluster, by the same ways; what the store alone knows is read from it alone. */
export async function clusterOf(command: Command): Promise<ClusterAnswer> {
  return withCluster(command, {
    direct: async (cluster, namespace) => ({ namespace, transport: "rabbitmq", ...(await cluster.describe()) }),
    api: readCluster,
  });
}

/** Runs a command about the cluster on the store alone, or on `/api`. The broker may be what is in trouble. */
export async function withCluster<R>(
  command: Command,
  run: {
    readonly direct: (cluster: Cluster, namespace: string) => Promise<R>;
    readonly api: (api: ApiClient) => Promise<R>;
  },
): Promise<R> {
  const { values, direct } = await wayOf(command, settings);
  if (!direct) return withApi(command, run.api);
  const { withStoredCluster } = await import("../cluster/stored-cluster.js");
  return withStoredCluster(values, (cluster) => run.direct(cluster, values.namespace));
}

async function wayOf<N extends SettingName>(command: Command, names: readonly ((typeof settings)[number] | N)[]) {
  const { values, sources } = await settingsOf(command, names);
  return { values, direct: sources.url === "default" && !isEmbedded(values) };
}
