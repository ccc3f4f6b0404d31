/** How one try to get a lock went, as its client saw it. Times in ms, by a clock that all processes of the machine share. */
export interface Try {
  /** Begins with its process, `clients-1/3`. */
  readonly client: string;
  readonly name: string;
  readonly asked: number;
  readonly waitMs: number;
  /** For how long the client's event loop stood still meanwhile. */
  readonly stallMs: number;
  readonly end: Held | Failed;
}

export interface Held {
  readonly is: "held";
  readonly fence: number;
  readonly got: number;
  /** When its body ended. */
  readonly ended: number;
  /** Whether it knew then that the lock was lost. */
  readonly lost: boolean;
}

export interface Failed {
  readonly is: "failed";
  readonly error: string;
  readonly ended: number;
}

export type HeldTry = Try & { readonly end: Held };

export function isHeld(one: Try): one is HeldTry {
  return one.end.is === "held";
}

export const processOf = (client: string): string => client.split("/")[0]!;

export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;
