import { simulate } from "@actor-runtime/testing";
import { describe, expect, it } from "vitest";
import { checkSpans, type Finding } from "../otlp/check-spans.js";
import { recordedSpans } from "../otlp/recorded.js";
import { ClusterTelemetry } from "./cluster-telemetry.js";

const seedsPerTest = 5;
/** Coordinators tidy up for minutes after what they decided: the last word to them is on its way when the simulation ends. */
const mayBeOnItsWay = ({ rule, span }: Finding) => rule === "never processed" && span.endsWith(" $Transaction");

describe("the spans of a cluster under faults that a seed decides", () => {
  it.each([1, 6, 11, 16])(
    "P11: connect, and whoever closes has ended his, under 5 seeds from %i",
    async (first) => {
      for (let seed = first; seed < first + seedsPerTest; seed++) {
        const telemetry = new ClusterTelemetry();
        const { violations } = await simulate({ seed, ports: (ports) => telemetry.join(ports) });
        const findings = checkSpans(recordedSpans(telemetry.all)).filter((finding) => !mayBeOnItsWay(finding));
        expect({ seed, violations, findings, leftOpen: telemetry.leftOpen }).toEqual({
          seed,
          violations: [],
          findings: [],
          leftOpen: [],
        });
      }
    },
    60_000,
  );
});
