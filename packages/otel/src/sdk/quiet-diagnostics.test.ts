import type { LogFields } from "@actor-runtime/core";
import { diag } from "@opentelemetry/api";
import { expect, it } from "vitest";
import { QuietDiagnostics } from "./quiet-diagnostics.js";

it("what a part of the SDK reports is logged with its words, not with the part's name alone", () => {
  const warned: LogFields[] = [];
  diag.setLogger(new QuietDiagnostics({ warn: (fields) => warned.push(fields) }));
  diag.createComponentLogger({ namespace: "Exporter" }).warn("cannot read the answer", 3);
  diag.disable();
  expect(warned).toEqual([{ message: "Exporter cannot read the answer 3" }]);
});
