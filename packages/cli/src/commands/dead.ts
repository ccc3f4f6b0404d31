import type { DeadLetter } from "@actor-runtime/core";
import { Command } from "commander";
import { type TraceLink, traceLink } from "../trace-link.js";
import { ageOf } from "./age.js";
import { addApiSettings, withApi } from "./api.js";
import { confirmed } from "./confirm.js";
import { addFilters, filterQuery } from "./dead-filters.js";
import { printJson } from "./json.js";
import { settingsOf, wantsJson } from "./options.js";
import { printTable } from "./table.js";

/** What `/api/dead` says of the trace that a letter's message was part of. */
type Traced = Partial<Pick<TraceLink, "traceId">>;

/** As `/api/dead` lists them. */
interface LetterList {
  readonly letters: readonly (Pick<DeadLetter, "id" | "address" | "handler" | "attempts" | "at"> &
    Traced & {
      readonly cause: {
        readonly class: string;
        readonly name: string;
        readonly code: string;
        readonly message: string;
      };
    })[];
  readonly more: boolean;
}

export function deadCommand(): Command {
  return new Command("dead")
    .description("look at messages that could not take effect, send them again, or drop them")
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(retryCommand())
    .addCommand(dropCommand());
}

function listCommand(): Command {
  const command = addFilters(
    new Command("ls").description("list dead letters, each message once, oldest first"),
  ).action(async (type: string | undefined) => {
    const query = filterQuery(command, type);
    const { traceUrl } = (await settingsOf(command, ["traceUrl"])).values;
    const list = (await withApi(command, (api) => api.json("GET", ["dead"], query))) as LetterList;
    const letters = list.letters.map((letter) => withLink(letter, traceUrl));
    if (wantsJson(command)) return printJson({ ...list, letters });
    const now = Date.now();
    printTable(
      ["ID", "AGE", "ADDRESS", "HANDLER", "CAUSE", "ATTEMPTS", "TRACE"],
      letters.map(({ id, at, address, handler, cause, attempts, traceId, traceUrl: link }) => [
        id,
        ageOf(now - at),
        address,
        handler || "-",
        `${cause.code}: ${firstLine(cause.message)}`,
        attempts,
        link ?? traceId ?? "-",
      ]),
    );
    if (list.more) process.stderr.write("there are more: narrow it down, see actor-runtime dead ls --help\n");
  });
  return addApiSettings(command, ["traceUrl"]);
}

function showCommand(): Command {
  const command = new Command("show")
    .description(
      "print all that is known of a dead letter as JSON: cause with stack, arguments, trace; undecodable ones raw",
    )
    .argument("<id>", "as dead ls prints it")
    .option("--type <type>", "look only among those of this type")
    .action(async (id: string, { type }: { type?: string }) => {
      const query: [string, string][] = type === undefined ? [] : [["type", type]];
      const { letters } = (await withApi(command, (api) => api.json("GET", ["dead", id], query))) as {
        letters: readonly (DeadLetter & Traced)[];
      };
      const { traceUrl } = (await settingsOf(command, ["traceUrl"])).values;
      const shown = letters.map((letter) => withLink(letter, traceUrl));
      // Several only where actors were sent messages under one idempotency key.
      printJson(shown.length === 1 ? shown[0] : shown);
    });
  return addApiSettings(command, ["traceUrl"]);
}

function retryCommand(): Command {
  const command = addFilters(
    new Command("retry")
      .description(
        "send messages again under their identity, so that none takes effect twice, and remove their letters",
      )
      .option("--dry-run", "only count"),
  ).action(async (type: string | undefined, { dryRun }: { dryRun?: boolean }) => {
    const query = withDryRun(filterQuery(command, type), dryRun);
    const answer = await withApi(command, (api) => api.json("POST", ["dead", "retry"], query));
    if (wantsJson(command)) return printJson(answer);
    const { retried, cannot } = answer as { retried: number; cannot: number };
    process.stdout.write(`${dryRun ? "would be sent again" : "sent again"}: ${retried}\n`);
    if (cannot > 0) {
      process.stdout.write(
        `cannot be sent again: ${cannot} (undecodable, or of a type that nobody ever hosted); see dead show, or drop them\n`,
      );
    }
  });
  return addApiSettings(command);
}

function dropCommand(): Command {
  const command = addFilters(
    new Command("drop")
      .description("remove dead letters for good")
      .option("--dry-run", "only count")
      .option("--yes", "do not ask"),
  ).action(async (type: string | undefined, { dryRun, yes }: { dryRun?: boolean; yes?: boolean }) => {
    const query = filterQuery(command, type);
    const answer = await withApi(command, async (api) => {
      const drop = async (dry: boolean | undefined) =>
        (await api.json("POST", ["dead", "drop"], withDryRun(query, dry))) as { dropped: number };
      if (!dryRun && !yes) {
        const { dropped } = await drop(true);
        if (!(await confirmed(`drop ${dropped} dead letters? This cannot be undone`))) return undefined;
      }
      return await drop(dryRun);
    });
    if (answer === undefined) return;
    if (wantsJson(command)) return printJson(answer);
    process.stdout.write(`${dryRun ? "would be dropped" : "dropped"}: ${answer.dropped}\n`);
  });
  return addApiSettings(command);
}

function withLink<L extends Traced>(letter: L, template: string | undefined): L & Partial<TraceLink> {
  return letter.traceId === undefined ? letter : { ...letter, ...traceLink(letter.traceId, template) };
}

function withDryRun(query: readonly [string, string][], dryRun: boolean | undefined): [string, string][] {
  return dryRun ? [...query, ["dry-run", ""]] : [...query];
}

function firstLine(text: string): string {
  const line = text.split("\n", 1)[0]!;
  return line.length <= 80 ? line : `${line.slice(0, 79)}…`;
}
