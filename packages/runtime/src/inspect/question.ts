import { maxResponseBytes, messageBytes } from "@actor-runtime/core";

/** What a worker can be asked. */
export type Question =
  | { readonly about: "worker" }
  | { readonly about: "type"; readonly type: string }
  | { readonly about: "actor"; readonly address: string }
  /** How a worker stands to the others of a stateless type, and how long the handlers take there of late. */
  | { readonly about: "pool"; readonly type: string }
  /** `id`: of this one only. */
  | { readonly about: "transactions"; readonly id?: string };

/** Changes when an older worker would misread a question, or a newer one its response. */
const version = 1;

export function questionText(question: Question): string {
  return JSON.stringify({ v: version, ...question });
}

/** `undefined`: it is of another version. */
export function parseQuestion(text: string): Question | undefined {
  const { v, ...question } = JSON.parse(text) as Question & { v: number };
  return v === version ? question : undefined;
}

/** What a worker answers; `report` is absent when it has nothing to say, for it does not host what is asked about. */
export interface Response<R> {
  readonly report?: R;
}

/** @throws RangeError when the report is larger than what may travel */
export function responseText(report: object | undefined): string {
  const text = JSON.stringify({ v: version, report });
  const bytes = messageBytes(text);
  if (bytes > maxResponseBytes) throw new RangeError(`a report of ${bytes} bytes cannot travel`);
  return text;
}

/** What stands for a response that cannot be given. */
export const noResponse = "";

/** `undefined`: it is none, or of another version. */
export function parseResponse<R>(text: string): Response<R> | undefined {
  if (text === noResponse) return undefined;
  const { v, ...response } = JSON.parse(text) as Response<R> & { v: number };
  return v === version ? response : undefined;
}
