import {
  defaultResource,
  detectResources,
  envDetector,
  hostDetector,
  osDetector,
  processDetector,
  type Resource,
  type ResourceDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from "@opentelemetry/resources";
import type { Environment } from "./environment.js";

const detectors: Readonly<Record<string, ResourceDetector>> = {
  env: envDetector,
  host: hostDetector,
  os: osDetector,
  process: processDetector,
  serviceinstance: serviceInstanceIdDetector,
};
/** Those of the SDK, without asking. */
const usual = ["env", "host", "process"];

/** Who made the spans. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` have the last word. */
export async function resourceFrom(env: Environment, workerId: string, build: string | undefined): Promise<Resource> {
  const own = resourceFromAttributes({
    "service.name": "actor-worker",
    "service.instance.id": workerId,
    ...(build === undefined ? {} : { "service.version": build }),
  });
  const names = env.someOf("OTEL_NODE_RESOURCE_DETECTORS", [...Object.keys(detectors), "all", "none"]) ?? usual;
  const chosen = names.includes("all") ? Object.keys(detectors) : names.filter((name) => name !== "none");
  const detected = detectResources({ detectors: chosen.map((name) => detectors[name]!) });
  await detected.waitForAsyncAttributes?.();
  // A command line holds passwords: --amqp-url amqp://user:password@host.
  const { "process.command_args": _, ...shown } = detected.attributes;
  return defaultResource().merge(own).merge(resourceFromAttributes(shown));
}
