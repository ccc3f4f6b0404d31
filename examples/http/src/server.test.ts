import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { testSystem } from "actor-runtime/testing";
import { expect, it, onTestFinished } from "vitest";
import { Poll } from "./poll.js";
import { pollServer } from "./server.js";

async function polls() {
  const system = await testSystem({ actors: [Poll] });
  const server = pollServer(system, "secret").listen(0, "127.0.0.1");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await system.close();
  });
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    results: async () => (await fetch(`${url}/polls/lunch`)).json(),
    get: (path: string) => fetch(`${url}${path}`),
    call: (handler: string, args: unknown[], headers = {}) =>
      fetch(`${url}/api/Poll/lunch/${handler}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(args),
      }),
  };
}

it("counts votes that come over HTTP", async () => {
  const { call, results } = await polls();
  await call("vote", ["alice", "soup"]);
  await call("vote", ["bob", "soup"]);
  const last = await call("vote", ["bob", "salad"]);
  expect(last.status).toBe(204);
  expect(await results()).toEqual({ soup: 1, salad: 1 });
});

it("lets only the holder of the token close a poll, after which votes are refused", async () => {
  const { call } = await polls();
  expect((await call("close", [])).status).toBe(403);
  expect((await call("close", [], { authorization: "Bearer secret" })).status).toBe(204);
  const late = await call("vote", ["alice", "soup"]);
  expect(late.status).toBe(422);
  expect(await late.json()).toMatchObject({ error: { code: "CLOSED", message: "the poll is closed" } });
});

it("P13: answers wrong arguments and unknown paths with a status that says so", async () => {
  const { call, get } = await polls();
  expect((await call("vote", ["alice", ""])).status).toBe(400);
  expect((await call("cheat", [])).status).toBe(404);
  expect((await get("/elsewhere")).status).toBe(404);
});
