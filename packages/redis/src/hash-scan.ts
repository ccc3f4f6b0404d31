import type { Connection } from "./connection.js";

/** Fields in one answer, about: states of up to a megabyte are among them. */
const pageFields = 200;

/**
 * Goes through a hash of any size without holding Redis up. Fields that are there all the while come at least once, some
 * of them again when the hash shrinks meanwhile.
 *
 * @param prefix only fields that begin with it
 */
export async function* scanHash(connection: Connection, key: string, prefix = ""): AsyncGenerator<[string, string]> {
  // Redis takes these characters for patterns.
  const pattern = `${prefix.replace(/[*?[\]\\]/g, "\\$&")}*`;
  const options = ["COUNT", String(pageFields), ...(prefix === "" ? [] : ["MATCH", pattern])];
  let cursor = "0";
  do {
    const [next, flat] = (await connection.call("hscan", key, cursor, ...options)) as [string, string[]];
    for (let index = 0; index < flat.length; index += 2) yield [flat[index]!, flat[index + 1]!];
    cursor = next;
  } while (cursor !== "0");
}
