import { type Duration } from "@actor-runtime/core";
import type { ActorDefinition } from "./actor-definition.js";
/** Options of `@Actor`. */
export interface ActorOptions {
    /**
     * How many partitions the mailbox is cut into, 1–1024; each has one owner, so take at least 4 × the workers planned.
     * Recorded by the first worker; another count is refused later.
     *
     * @default 16
     */
    partitions?: number;
    /** Shares a mailbox with other types by name; the types must ask for the same number of partitions. @default its own */
    mailbox?: string;
    /** Version of the stored state. Raise it when fields change their meaning. @default 1 */
    version?: number;
    /** Turns state stored under the older version `from` into today's, at load. Fields are listed by their stored name. */
    migrate?(this: void, old: Record<string, unknown>, from: number): Record<string, unknown>;
    /** How long the answer to an ask is kept for a repeat with its idempotency key. @default "2m" */
    replyRetention?: Duration;
    /** How long an instance without messages stays in memory. @default "10m" */
    idleAfter?: Duration;
    /**
     * Whether later messages of the same actor wait while a told message is retried: `"hold"` keeps them in order, `"pass"`
     * lets them overtake.
     *
     * @default "hold"
     */
    whileRetrying?: "hold" | "pass";
    /** How often a told message is tried before it becomes a dead letter. @default 5 */
    attempts?: number;
}
/** `ActorOptions` with every default filled in and every value checked. */
export type ActorSettings = Pick<ActorDefinition, "name" | "mailbox" | "version" | "migrate" | "replyRetentionMs" | "idleAfterMs" | "whileRetrying" | "attempts">;
/** @throws ConfigError that names class, field and fix */
export declare function actorSettings(className: string, name: unknown, options?: ActorOptions): ActorSettings;
//# sourceMappingURL=actor-options.d.ts.map