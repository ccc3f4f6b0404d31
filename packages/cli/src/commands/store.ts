import { Command } from "commander";
import { UsageError } from "../exit.js";
import { isEmbedded, serviceSettings } from "../services.js";
import { confirmed } from "./confirm.js";
import { printJson } from "./json.js";
import { addSettings, settingsOf, wantsJson } from "./options.js";

export function storeCommand(): Command {
  return new Command("store").description("look after broker and store as a pair").addCommand(adoptCommand());
}

function adoptCommand(): Command {
  const command = new Command("adopt")
    .description(
      "tie the broker to this store after one of the two was replaced or restored on purpose; stop the workers before",
    )
    .option("--yes", "do not ask")
    .action(async ({ yes }: { yes?: boolean }) => {
      const { values } = await settingsOf(command, serviceSettings);
      if (isEmbedded(values)) {
        throw new UsageError("store adopt is about RabbitMQ and Redis: set AMQP_URL and REDIS_URL");
      }
      const question =
        `Tie the broker to the store of namespace "${values.namespace}"? Its partitions are taken over anew, ` +
        "and messages that only the other store knew as done run again.";
      if (!yes && !(await confirmed(question))) return;
      const { adopt } = await import("../adopt.js");
      const adopted = await adopt(values);
      if (wantsJson(command)) return printJson(adopted);
      process.stdout.write(
        `the broker belongs to store ${adopted.storeId} now, generation ${adopted.generation}; start the workers\n`,
      );
    });
  return addSettings(command, serviceSettings);
}
