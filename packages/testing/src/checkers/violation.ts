/** A promise that a history breaks. */
export interface Violation {
  /** The promise's number in the README. */
  readonly promise: "P1" | "P2" | "P3" | "P6" | "P7" | "P8";
  readonly address: string;
  readonly message: string;
  /** What is wrong, without the address and the message. */
  readonly what: string;
}

/** `P1: Account/alice, message m7: was confirmed and left nothing`, one violation per line. */
export function describeViolation({ promise, address, message, what }: Violation): string {
  return `${promise}: ${address}, message ${message}: ${what}`;
}
