import type { Check } from "./check.js";
import { fixOfError, fixOfStatus } from "./otlp-fixes.js";
import { probeOtlp } from "./otlp-probe.js";
import { type Environment, type OtlpTarget, otlpTarget, type Signal } from "./otlp-target.js";

/** Whether traces are exported, and whether what the exporters of OpenTelemetry would send arrives. */
export async function checkOtlp(_: unknown, env: Environment = process.env): Promise<Check[]> {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === "true") {
    return [{ name: "traces", status: "ok", finding: "off: OTEL_SDK_DISABLED is true; unset it to switch them on" }];
  }
  const checks = [await checkTraces(env)];
  if (exportersOf(env.OTEL_METRICS_EXPORTER).includes("otlp")) checks.push(await checkSignal("metrics", env));
  return checks;
}

async function checkTraces(env: Environment): Promise<Check> {
  const name = "traces";
  const named = exportersOf(env.OTEL_TRACES_EXPORTER);
  const hasEndpoint = [env.OTEL_EXPORTER_OTLP_ENDPOINT, env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT].some(Boolean);
  if (named.includes("otlp") || (named.length === 0 && hasEndpoint)) return checkSignal("traces", env);
  if (named.length > 0 && !named.includes("none")) {
    return { name, status: "ok", finding: `exported to ${named.join(" and ")}` };
  }
  const why = named.length > 0 ? "OTEL_TRACES_EXPORTER is none" : "no exporter is configured";
  const how = "to switch them on set OTEL_EXPORTER_OTLP_ENDPOINT, for example http://127.0.0.1:4318";
  return { name, status: "ok", finding: `off, ${why}; ${how}${named.length > 0 ? ", and unset it" : ""}` };
}

function exportersOf(list = ""): string[] {
  return list
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean);
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
  const where = withoutPassword(target.url);
  try {
    const status = await probeOtlp(target);
    if (status === undefined || (status >= 200 && status < 300)) {
      return {
        name: signal,
        status: "ok",
        finding: `${where} ${status === undefined ? "answers" : "takes them"} (${protocol})`,
      };
    }
    return fail(`${where} answers ${status}`, fixOfStatus(status, target));
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    return fail(`${where} cannot be reached (${code || message})`, fixOfError(code, target));
  }
}

function withoutPassword(url: URL): string {
  const shown = new URL(url);
  shown.username = "";
  shown.password = "";
  return shown.href;
}
