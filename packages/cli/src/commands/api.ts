import type { Command } from "commander";
import { ApiClient } from "../client/api-client.js";
import type { Transport } from "../client/transport.js";
import { WorkerTransport } from "../client/worker-transport.js";
import { isEmbedded, serviceSettings } from "../services.js";
import { addSettings, settingsOf } from "./options.js";

const settings = ["url", "token", "timeout", ...serviceSettings] as const;

/** Declares the settings of a command that asks `/api`. */
export function addApiSettings(command: Command): Command {
  return addSettings(command, settings);
}

/**
 * Runs a command on `/api`: that of the worker that is named by `--url` or ACTOR_URL; else, with AMQP_URL and REDIS_URL,
 * directly on broker and store; else that of a worker on this machine.
 */
export async function withApi<R>(command: Command, run: (api: ApiClient) => Promise<R>): Promise<R> {
  const { values, sources } = await settingsOf(command, settings);
  const { url, token, timeout: timeoutMs } = values;
  const direct = sources.url === "default" && !isEmbedded(values);
  const transport: Transport = direct
    ? await (await import("../client/direct-transport.js")).openDirect(values)
    : new WorkerTransport({ url, token, timeoutMs });
  await using api = new ApiClient(transport, timeoutMs);
  return await run(api);
}
