import { readFileSync } from "node:fs";
import { ConfigError } from "@actor-runtime/core";
import type { ServiceSettings } from "./services.js";

const files = { tlsCa: "ca", tlsCert: "cert", tlsKey: "key" } as const;

/**
 * Reads the TLS files, which serve broker and store alike.
 *
 * @throws ConfigError when one cannot be read, or a certificate comes without its key
 */
export function readTls(settings: Pick<ServiceSettings, keyof typeof files>): { tls?: Record<string, Buffer> } {
  if ((settings.tlsCert === undefined) !== (settings.tlsKey === undefined)) {
    throw new ConfigError("--tls-cert and --tls-key: set both, or neither");
  }
  const tls: Record<string, Buffer> = {};
  for (const [name, option] of Object.entries(files)) {
    const file = settings[name as keyof typeof files];
    if (file !== undefined) tls[option] = read(file);
  }
  return Object.keys(tls).length > 0 ? { tls } : {};
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ConfigError(`TLS file ${file} cannot be read: ${(error as Error).message}`);
  }
}
