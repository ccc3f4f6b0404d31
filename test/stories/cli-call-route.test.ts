import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { callRoute, connect } from "actor-runtime";
import { expect, it } from "vitest";
import { Account } from "./fixtures/account.js";

it("callRoute opens actors in a program's own server, to whom it allows", async () => {
  await using system = await connect({ actors: [Account] });
  const route = callRoute(system, {
    allow: (_type, handler, request) => handler === "current" || request.headers.has("x-admin"),
  });
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const request = new Request(`http://localhost${incoming.url}`, {
      method: "POST",
      headers: incoming.headers as Record<string, string>,
      body: await buffer(incoming),
    });
    const response = await route(request);
    outgoing.writeHead(response.status).end(await response.text());
  };
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const post = (handler: string, headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${port}/shop/Account/alice/${handler}`, {
      method: "POST",
      body: handler === "deposit" ? "[100]" : "[]",
      headers: { "content-type": "application/json", ...headers },
    });
  expect((await post("deposit", {})).status).toBe(403);
  expect(await (await post("deposit", { "x-admin": "yes" })).json()).toBe(100);
  expect(await (await post("current", {})).json()).toBe(100);
  server.close();
  server.closeAllConnections();
});
