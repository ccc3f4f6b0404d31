import type { Cancel, Logger } from "@actor-runtime/core";
import type { LocalSystem } from "@actor-runtime/runtime";

/** Logs what this worker has to do whenever it gets SIGUSR2: for when nothing else reaches it. */
export function reportOnSignal(system: Pick<LocalSystem, "report">, log: Logger): Cancel {
  const report = () => {
    const said = system.report();
    if (!said) return;
    const { actors, running, waiting, parked } = said.load;
    log.info(
      { report: said },
      `${actors} actors in memory, ${running} turns run, ${waiting} messages wait, ${parked} are parked`,
    );
  };
  process.on("SIGUSR2", report);
  return () => void process.off("SIGUSR2", report);
}
