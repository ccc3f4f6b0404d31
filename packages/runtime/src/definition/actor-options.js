import { checkType, ConfigError, InvalidAddressError } from "@actor-runtime/core";
import { positiveMs } from "./positive-ms.js";
const defaults = {
    partitions: 16,
    version: 1,
    replyRetention: "2m",
    idleAfter: "10m",
    whileRetrying: "hold",
    attempts: 5,
};
const fields = new Set([...Object.keys(defaults), "mailbox", "migrate"]);
const maxPartitions = 1_024;
/** @throws ConfigError that names class, field and fix */
export function actorSettings(className, name, options = {}) {
    const where = `@Actor on class ${className}`;
    if (typeof name !== "string" || name === "") {
        throw new ConfigError(`${where}: give it a name, @Actor("${className}"); it is the address and the storage key`);
    }
    checkName(name, where);
    for (const field of Object.keys(options)) {
        if (fields.has(field))
            continue;
        throw new ConfigError(`${where}: unknown option ${field}; there are ${[...fields].join(", ")}`);
    }
    const { mailbox = name, migrate, ...given } = options;
    const { partitions, version, replyRetention, idleAfter, whileRetrying, attempts } = { ...defaults, ...given };
    checkName(mailbox, `${where}: mailbox`);
    checkInteger(partitions, 1, maxPartitions, `${where}: partitions`);
    checkInteger(version, 1, Number.MAX_SAFE_INTEGER, `${where}: version`);
    checkInteger(attempts, 1, Number.MAX_SAFE_INTEGER, `${where}: attempts`);
    if (migrate && version === 1) {
        throw new ConfigError(`${where}: migrate never runs at version 1; raise the version with it, for example { version: 2, migrate }`);
    }
    if (whileRetrying !== "hold" && whileRetrying !== "pass") {
        throw new ConfigError(`${where}: whileRetrying must be "hold" or "pass", not ${JSON.stringify(whileRetrying)}`);
    }
    return {
        name,
        mailbox: { name: mailbox, partitions },
        version,
        migrate,
        replyRetentionMs: positiveMs(replyRetention, `${where}: replyRetention`),
        idleAfterMs: positiveMs(idleAfter, `${where}: idleAfter`),
        whileRetrying,
        attempts,
    };
}
function checkName(name, where) {
    if (name.startsWith("$")) {
        throw new ConfigError(`${where}: "${name}" begins with "$", which is kept for the system's own actors`);
    }
    try {
        checkType(name);
    }
    catch (error) {
        if (error instanceof InvalidAddressError)
            throw new ConfigError(`${where}: ${error.message}`, { cause: error });
        throw error;
    }
}
function checkInteger(value, least, most, where) {
    if (Number.isSafeInteger(value) && value >= least && value <= most)
        return;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new ConfigError(`${where}: ${String(value)} is not a whole number ${range}`);
}
//# sourceMappingURL=actor-options.js.map