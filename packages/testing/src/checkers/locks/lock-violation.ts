/** A promise about locks (P10) that a history breaks. */
export interface LockViolation {
  /** Of the lock, or several. */
  readonly name: string;
  /** Id of the attempt, if it is about one. */
  readonly attempt?: string;
  /** What is wrong, without the lock and the attempt. */
  readonly what: string;
}

/** `P10: lock report, attempt l7: got fence 3 after 4 was granted`. */
export function describeLockViolation({ name, attempt, what }: LockViolation): string {
  return `P10: lock ${name}${attempt === undefined ? "" : `, attempt ${attempt}`}: ${what}`;
}
