import { askedFor, chosenTraceExporters, exporterNames, traceExporters } from "@actor-runtime/otel/configured";
import type { Check } from "./check.js";
import { fixOfError, fixOfPage, fixOfStatus } from "./otlp-fixes.js";
import { probeOtlp } from "./otlp-probe.js";
import { type Environment, type OtlpTarget, otlpTarget, type Signal } from "./otlp-target.js";

/** Whether traces are exported, and whether what the exporters of OpenTelemetry would send arrives. Metrics where they are too. */
export async function checkOtlp(_: unknown, env: Environment = process.env): Promise<Check[]> {
  if (env.OTEL_SDK_DISABLED?.trim().toLowerCase() === "true") {
    return [{ name: "traces", status: "ok", finding: "off: OTEL_SDK_DISABLED is true; unset it to switch them on" }];
  }
  const checks = [...checkNames(env), await checkTraces(env)];
  const metrics = exporterNames(env.OTEL_METRICS_EXPORTER);
  if (askedFor(env).metrics && (metrics.length === 0 || metrics.includes("otlp"))) {
    checks.push(await checkSignal("metrics", env));
  }
  return checks;
}

async function checkTraces(env: Environment): Promise<Check> {
  const name = "traces";
  const exporters = chosenTraceExporters(env);
  if (exporters.includes("otlp")) return checkSignal(name, env);
  if (exporters.length > 0) return { name, status: "ok", finding: `exported to ${exporters.join(" and ")}` };
  const how = "to switch them on set OTEL_EXPORTER_OTLP_ENDPOINT, for example http://127.0.0.1:4318";
  const finding = env.OTEL_TRACES_EXPORTER?.trim()
    ? `off, OTEL_TRACES_EXPORTER is none; ${how}, and unset it`
    : `off, no exporter is configured; ${how}`;
  return { name, status: "ok", finding };
}

/** Exporters of other versions of OpenTelemetry, such as `jaeger`, are ignored, and OTLP is what is left. */
function checkNames(env: Environment): Check[] {
  const known: readonly string[] = traceExporters;
  return exporterNames(env.OTEL_TRACES_EXPORTER)
    .filter((exporter) => !known.includes(exporter))
    .map((exporter) => {
      const finding = `OTEL_TRACES_EXPORTER names "${exporter}", which is ignored`;
      return { name: "traces", status: "warn", finding, fix: `name ${known.join(", ")}, or unset it` };
    });
}

async function checkSignal(signal: Signal, env: Environment): Promise<Check> {
  const fail = (finding: string, fix: string): Check => ({ name: signal, status: "fail", finding, fix });
  let target: OtlpTarget;
  try {
    target = otlpTarget(signal, env);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const [finding = "", fix = ""] = error.message.split(/: (?=it must)/);
    return fail(finding, fix);
  }
  const { protocol } = target;
  const where = `${target.url.origin}${target.url.pathname}`;
  try {
    const answer = await probeOtlp(target);
    if (answer === undefined) return { name: signal, status: "ok", finding: `${where} answers (${protocol})` };
    const { status, isPage } = answer;
    if (status < 200 || status >= 300) return fail(`${where} answers ${status}`, fixOfStatus(status, target));
    if (isPage) return fail(`${where} answers with a web page`, fixOfPage(target));
    return { name: signal, status: "ok", finding: `${where} takes them (${protocol})` };
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    return fail(`${where} cannot be reached (${code || message})`, fixOfError(code, target));
  }
}
