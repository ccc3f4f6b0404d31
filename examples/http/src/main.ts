import { once } from "node:events";
import { connect } from "actor-runtime";
import { Poll } from "./poll.js";
import { pollServer } from "./server.js";

const port = Number(process.env.PORT ?? 3000);
const token = process.env.POLL_TOKEN;
if (!token) throw new Error("set POLL_TOKEN, the secret that may close polls");

await using system = await connect({ actors: [Poll] });
const server = pollServer(system, token).listen(port, "127.0.0.1");
await once(server, "listening");
console.log(`polls at http://127.0.0.1:${port}/polls/<name>`);

await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
server.close();
server.closeAllConnections();
