/** Where the template of a link has the id of its trace. */
export const traceIdPlace = "{traceId}";

/** How a trace is found: under its id, and by a link where somebody said where traces are looked at. */
export interface TraceLink {
  readonly traceId: string;
  readonly traceUrl?: string;
}

/** @param template for example `http://localhost:16686/trace/{traceId}` */
export function traceLink(traceId: string, template: string | undefined): TraceLink {
  return template === undefined ? { traceId } : { traceId, traceUrl: template.replaceAll(traceIdPlace, traceId) };
}

/** `trace: <link, else id>` */
export function traceLine({ traceId, traceUrl = traceId }: TraceLink): string {
  return `trace: ${traceUrl}`;
}

/** The id in a W3C `traceparent` or `traceresponse`; `undefined` when there is none. */
export function traceIdOf(header: string | null | undefined): string | undefined {
  return /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(header ?? "")?.[1];
}
