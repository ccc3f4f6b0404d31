import { ConfigError, durationMs } from "@actor-runtime/core";
/** Timers hold a signed 32-bit count of milliseconds; a longer one would fire at once. */
const maxTimerMs = 2 ** 31 - 1;
/**
 * Converts a duration that must be positive and fit a timer (24 days) to milliseconds.
 *
 * @param where begins the error, for example `Account.deposit: timeout`
 * @throws ConfigError
 */
export function positiveMs(duration, where) {
    let ms;
    try {
        ms = durationMs(duration, where);
    }
    catch (error) {
        throw new ConfigError(error.message, { cause: error });
    }
    if (ms > 0 && ms <= maxTimerMs)
        return ms;
    throw new ConfigError(`${where}: ${JSON.stringify(duration)} must be more than 0 and at most "24d"`);
}
//# sourceMappingURL=positive-ms.js.map