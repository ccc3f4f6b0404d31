import type { Schema } from "./protobuf.js";

/** `ExportTraceServiceRequest` of OTLP 1.x, without what no test looks at. @see https://github.com/open-telemetry/opentelemetry-proto */
export const exportRequest: Schema = () => ({
  1: { name: "resourceSpans", type: resourceSpans, repeated: true },
});

const resourceSpans: Schema = () => ({
  1: { name: "resource", type: resource },
  2: { name: "scopeSpans", type: scopeSpans, repeated: true },
});

const resource: Schema = () => ({ 1: { name: "attributes", type: keyValue, repeated: true } });

const scopeSpans: Schema = () => ({
  1: { name: "scope", type: scope },
  2: { name: "spans", type: span, repeated: true },
});

const scope: Schema = () => ({ 1: { name: "name", type: "text" } });

const span: Schema = () => ({
  1: { name: "traceId", type: "hex" },
  2: { name: "spanId", type: "hex" },
  4: { name: "parentSpanId", type: "hex" },
  5: { name: "name", type: "text" },
  6: { name: "kind", type: "enum" },
  7: { name: "startTimeUnixNano", type: "fixed64" },
  8: { name: "endTimeUnixNano", type: "fixed64" },
  9: { name: "attributes", type: keyValue, repeated: true },
  11: { name: "events", type: event, repeated: true },
  13: { name: "links", type: link, repeated: true },
  15: { name: "status", type: status },
});

const event: Schema = () => ({
  2: { name: "name", type: "text" },
  3: { name: "attributes", type: keyValue, repeated: true },
});

const link: Schema = () => ({
  1: { name: "traceId", type: "hex" },
  2: { name: "spanId", type: "hex" },
});

const status: Schema = () => ({
  2: { name: "message", type: "text" },
  3: { name: "code", type: "enum" },
});

const keyValue: Schema = () => ({
  1: { name: "key", type: "text" },
  2: { name: "value", type: anyValue },
});

const anyValue: Schema = () => ({
  1: { name: "stringValue", type: "text" },
  2: { name: "boolValue", type: "bool" },
  3: { name: "intValue", type: "int64" },
  4: { name: "doubleValue", type: "double" },
  5: { name: "arrayValue", type: arrayValue },
});

const arrayValue: Schema = () => ({ 1: { name: "values", type: anyValue, repeated: true } });
