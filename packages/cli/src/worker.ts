import { ConfigError, type Container, type Logger } from "@actor-runtime/core";
import {
  type ActorSystem,
  type AnyActor,
  createSystem,
  type Limits,
  limitsOf,
  systemActors,
} from "@actor-runtime/runtime";
import { typediContainer } from "@actor-runtime/typedi";
import type { WorkerSettings } from "./commands/worker-settings.js";
import { checkServices, compose, newWorkerId } from "./compose.js";
import { declaredName } from "./declared-name.js";
import { importActors } from "./loader/actor-files.js";
import { installLoader } from "./loader/install.js";
import { createLog } from "./log.js";
import { isLoopback } from "./ops/security.js";
import { OpsServer } from "./ops/server.js";
import { writeReadyFile } from "./ready-file.js";
import { reportOnSignal } from "./report-signal.js";
import { isEmbedded } from "./services.js";
import { type Reason, Shutdown } from "./shutdown.js";
import { isSystemName } from "./system-names.js";
import { startTelemetry, type WorkerTelemetry } from "./telemetry.js";
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
  const limits = { ...limitsOf(settings.limits), leaseMs: settings.lease };
  const { workerId = newWorkerId(), logLevel: level, logFormat: format } = settings;
  const log = await createLog({ level, format });
  const telling = await startTelemetry(settings, { workerId, log });
  installLoader(settings.decorators);
  const actors = chosen(await importActors(patterns), settings);
  using shutdown = new Shutdown((error) => log.error({ err: error }, "an error that nobody caught"));
  const forced = shutdown.forced.then(({ cause, exitCode }) => {
    log.warn({ cause }, "second signal, ending at once");
    return exitCode;
  });
  return await Promise.race([
    serve({ workerId, actors, container, limits, log, telling }, settings, shutdown.requested),
    forced,
  ]);
}

interface Parts {
  readonly workerId: string;
  readonly actors: readonly AnyActor[];
  readonly container: Container;
  readonly limits: Partial<Limits>;
  readonly log: Logger;
  readonly telling: WorkerTelemetry;
}

/** Hosts the actors until somebody asks for the end, then finishes what runs while the ops port says that it drains. */
async function serve(
  { log, telling, ...parts }: Parts,
  settings: WorkerSettings,
  requested: Promise<Reason>,
): Promise<number> {
  const { namespace, weight, build, host, port, token, checkQueries, drainTimeout } = settings;
  const { telemetry, metrics } = telling;
  const { ports, close } = await compose(settings, { log, connectionName: parts.workerId, telemetry });
  const watchdog = settings.watchdog ? startWatchdog(settings.lease) : undefined;
  await using system = await createSystem({
    ...parts,
    actors: [...parts.actors, ...systemActors],
    ports,
    log,
    tracing: { correlation: settings.traceCorrelation, keys: settings.traceKeys },
    onClosed: async () => {
      await close();
      await telling.close();
    },
    namespace,
    weight,
    build,
    dev: checkQueries,
    ...(watchdog && { watchdog }),
  });
  const baggage = isLoopback(host) || settings.trustBaggage;
  await using ops = await OpsServer.listen(system, { host, port, token, log, metrics, baggage });
  const stopReporting = reportOnSignal(system, log);
  await announce(system, { url: ops.url, tracesTo: telling.tracesTo }, settings, log);
  const { cause, exitCode } = await requested;
  log.info({ cause }, "draining: no new work, running turns finish");
  await system.close({ drainTimeout });
  stopReporting();
  log.info({}, "stopped");
  watchdog?.close();
  return exitCode;
}

async function announce(
  system: ActorSystem,
  { url, tracesTo }: { url: string; tracesTo: string | undefined },
  settings: WorkerSettings,
  log: Logger,
): Promise<void> {
  const { workerId, namespace, transport, types, pools } = system.describe();
  const names = [...types, ...pools].map(({ name }) => name).filter((name) => !isSystemName(name));
  if (settings.readyFile !== undefined) {
    await writeReadyFile(settings.readyFile, { pid: process.pid, url, workerId, transport, types: names });
  }
  const traces = tracesTo === undefined ? {} : { tracesTo };
  log.info({ transport, namespace, workerId, types: names, ...traces }, `ready at ${url}`);
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
  const nameOf = (actor: AnyActor): string => declaredName(actor)!;
  const names = actors.map(nameOf);
  const unknown = [...(only ?? []), ...(except ?? [])].find((name) => !names.includes(name));
  if (unknown) {
    throw new ConfigError(`--only and --except: there is no type ${unknown}; the files hold ${names.join(", ")}`);
  }
  const left = actors.filter((actor) => (only?.includes(nameOf(actor)) ?? true) && !except?.includes(nameOf(actor)));
  if (left.length === 0) throw new ConfigError("--only and --except leave no type to host");
  return left;
}
