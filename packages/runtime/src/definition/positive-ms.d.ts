import { type Duration } from "@actor-runtime/core";
/**
 * Converts a duration that must be positive and fit a timer (24 days) to milliseconds.
 *
 * @param where begins the error, for example `Account.deposit: timeout`
 * @throws ConfigError
 */
export declare function positiveMs(duration: Duration, where: string): number;
//# sourceMappingURL=positive-ms.d.ts.map