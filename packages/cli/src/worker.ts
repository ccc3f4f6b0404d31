import { ConfigError, type Container, type Logger } from "@actor-runtime/core";
import { type ActorSystem, type AnyActor, createSystem, declaredActor } from "@actor-runtime/runtime";
import { typediContainer } from "@actor-runtime/typedi";
import type { WorkerSettings } from "./commands/worker-settings.js";
import { checkServices, compose, newWorkerId } from "./compose.js";
import { importActors } from "./loader/actor-files.js";
import { installLoader } from "./loader/install.js";
import { createLog } from "./log.js";
import { isLoopback } from "./ops/security.js";
import { OpsServer } from "./ops/server.js";
import { writeReadyFile } from "./ready-file.js";
import { isEmbedded } from "./services.js";
import { type Reason, Shutdown } from "./shutdown.js";
import { startWatchdog } from "./watchdog.js";

/**
 * Hosts the actors of these files until a signal, or an error that nobody caught, ends it.
 *
 * @param container where `inject` gets services from; typedi's global container unless given
 * @returns the exit code
 */
export async function runWorker(
  patterns: readonly string[],
  settings: WorkerSettings,
  container: Container = typediContainer(),
): Promise<number> {
  checkServices(settings);
  installLoader(settings.decorators);
  const actors = chosen(await importActors(patterns), settings);
  const log = await createLog({ level: settings.logLevel, format: settings.logFormat });
  using shutdown = new Shutdown((error) => log.error({ err: error }, "an error that nobody caught"));
  const forced = shutdown.forced.then(({ cause, exitCode }) => {
    log.warn({ cause }, "second signal, ending at once");
    return exitCode;
  });
  return await Promise.race([serve({ actors, container, log }, settings, shutdown.requested), forced]);
}

interface Parts {
  readonly actors: readonly AnyActor[];
  readonly container: Container;
  readonly log: Logger;
}

/** Hosts the actors until somebody asks for the end, then finishes what runs while the ops port says that it drains. */
async function serve({ log, ...parts }: Parts, settings: WorkerSettings, requested: Promise<Reason>): Promise<number> {
  const {
    namespace,
    workerId = newWorkerId(),
    weight,
    build,
    host,
    port,
    token,
    checkQueries,
    drainTimeout,
  } = settings;
  const { ports, close } = await compose(settings, { log, connectionName: workerId });
  const watchdog = settings.watchdog ? startWatchdog(settings.lease) : undefined;
  await using system = await createSystem({
    ...parts,
    ports,
    log,
    limits: { leaseMs: settings.lease },
    onClosed: close,
    namespace,
    workerId,
    weight,
    build,
    dev: checkQueries,
    ...(watchdog && { watchdog }),
  });
  await using ops = await OpsServer.listen(system, { host, port, token, log });
  await announce(system, ops.url, settings, log);
  const { cause, exitCode } = await requested;
  log.info({ cause }, "draining: no new work, running turns finish");
  await system.close({ drainTimeout });
  log.info({}, "stopped");
  watchdog?.close();
  return exitCode;
}

async function announce(system: ActorSystem, url: string, settings: WorkerSettings, log: Logger): Promise<void> {
  const { workerId, namespace, transport, types } = system.describe();
  const names = types.map(({ name }) => name);
  if (settings.readyFile !== undefined) {
    await writeReadyFile(settings.readyFile, { pid: process.pid, url, workerId, transport, types: names });
  }
  log.info({ transport, namespace, workerId, types: names }, `ready at ${url}`);
  if (isEmbedded(settings)) {
    log.warn(
      {},
      "embedded: everything lives in this process and its state is lost on exit; set AMQP_URL and REDIS_URL to keep it",
    );
  }
  if (!isLoopback(settings.host) && settings.token === undefined) {
    log.warn(
      { host: settings.host },
      "off loopback without a token: /api refuses everybody; set --token or ACTOR_TOKEN",
    );
  }
}

/** @throws ConfigError when `--only` or `--except` names a type that the files do not hold, or nothing is left */
function chosen(actors: readonly AnyActor[], { only, except }: Pick<WorkerSettings, "only" | "except">): AnyActor[] {
  const nameOf = (actor: AnyActor): string => declaredActor(actor)!.name;
  const names = actors.map(nameOf);
  const unknown = [...(only ?? []), ...(except ?? [])].find((name) => !names.includes(name));
  if (unknown) {
    throw new ConfigError(`--only and --except: there is no type ${unknown}; the files hold ${names.join(", ")}`);
  }
  const left = actors.filter((actor) => (only?.includes(nameOf(actor)) ?? true) && !except?.includes(nameOf(actor)));
  if (left.length === 0) throw new ConfigError("--only and --except leave no type to host");
  return left;
}
