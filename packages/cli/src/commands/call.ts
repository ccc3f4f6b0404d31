import { text as readAll } from "node:stream/consumers";
import { type Address, InvalidAddressError, parseAddress } from "@actor-runtime/core";
import { Command } from "commander";
import { TracedError, UsageError } from "../exit.js";
import { type TraceLink, traceLine, traceLink } from "../trace-link.js";
import { addApiSettings, withApi } from "./api.js";
import { printJson } from "./json.js";
import { settingsOf, wantsJson } from "./options.js";

const tracing = ["otel", "traceKeys", "traceUrl"] as const;

export function callCommand(): Command {
  return sending("call", "ask an actor and print its reply as JSON", false);
}

export function tellCommand(): Command {
  return sending("tell", "send an actor a message; ends as soon as it is safe in the mailbox", true);
}

function sending(name: string, about: string, tell: boolean): Command {
  const command = new Command(name)
    .description(about)
    .argument("<address>", "Type/key, for example Account/alice")
    .argument("<handler>", "a method marked with @Handler or @Query")
    .argument("[json...]", "its arguments, each as JSON; - reads one from stdin")
    .option("--idempotency-key <key>", "a repeat under the same key takes effect once")
    .action(async (address: string, handler: string, json: string[]) => {
      const target = parseTarget(address);
      const args = await parseArguments(json, () => readAll(process.stdin));
      const { idempotencyKey } = command.opts<{ idempotencyKey?: string }>();
      const { values, sources } = await settingsOf(command, tracing);
      let link: TraceLink | undefined;
      const traced = (traceId: string): void => {
        link = traceLink(traceId, values.traceUrl);
      };
      try {
        await withApi(
          command,
          async (api) => {
            const reply = await api.call(target, handler, args, { tell, idempotencyKey, traced });
            if (wantsJson(command)) printAsJson(reply, link);
            else print(reply, link);
            if (!link && sources.traceUrl === "--trace-url") process.stderr.write(notTraced(api.where));
          },
          { tracing: values },
        );
      } catch (error) {
        throw link ? new TracedError(error, link) : error;
      }
    });
  return addApiSettings(command, tracing);
}

function print(reply: string | undefined, link: TraceLink | undefined): void {
  if (reply !== undefined) process.stdout.write(`${reply}\n`);
  if (link) process.stderr.write(`${traceLine(link)}\n`);
}

function printAsJson(reply: string | undefined, link: TraceLink | undefined): void {
  printJson({ ...(reply !== undefined && { reply: JSON.parse(reply) as unknown }), ...link });
}

/** Nobody can tell from here whether it was only sampled out. */
function notTraced(where: string): string {
  return `trace: none; ${where} traces calls when OTEL_EXPORTER_OTLP_ENDPOINT is set for it, as far as OTEL_TRACES_SAMPLER says\n`;
}

/** @throws UsageError when the text is no address */
export function parseTarget(text: string): Address {
  try {
    return parseAddress(text);
  } catch (error) {
    if (error instanceof InvalidAddressError) throw new UsageError(error.message);
    throw error;
  }
}

/**
 * Reads arguments as JSON values in wire form.
 *
 * @throws UsageError that quotes the wrong one and says how to write it for a shell
 */
export async function parseArguments(texts: readonly string[], stdin: () => Promise<string>): Promise<unknown[]> {
  if (texts.filter((text) => text === "-").length > 1) {
    throw new UsageError("- reads stdin to its end, so give it once");
  }
  const values: unknown[] = [];
  for (const [index, text] of texts.entries()) {
    const json = text === "-" ? await stdin() : text;
    try {
      values.push(JSON.parse(json));
    } catch (error) {
      const where = text === "-" ? "stdin" : `argument ${index + 1}`;
      throw new UsageError(`${where} is not JSON: ${(error as Error).message}${text === "-" ? "" : quotingHint(text)}`);
    }
  }
  return values;
}

function quotingHint(text: string): string {
  const bareWord = /^[^"'{[\s]+$/.test(text);
  return bareWord
    ? `; the shell takes quotes away, so write text as '"${text}"'`
    : `; put single quotes around JSON to keep its own, for example '{"amount": 100}'`;
}
