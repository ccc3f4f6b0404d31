import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ConfigError, StoreUnavailableError } from "@actor-runtime/core";
import type { RabbitOptions } from "@actor-runtime/rabbitmq";
import { afterEach, describe, expect, it } from "vitest";
import { AmqpProxy } from "./amqp-proxy.js";
import { amqpUrl, connected, deleteNamespace, newNamespace } from "./rabbitmq-support.js";

const run = promisify(execFile);

describe("connecting to RabbitMQ", () => {
  const namespace = newNamespace();
  const cleanups: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
    await deleteNamespace(namespace, []);
  });

  async function failure(options: Partial<RabbitOptions>): Promise<Error> {
    return connected({ namespace, ...options }).then(
      () => expect.unreachable("it connected"),
      (error: Error) => error,
    );
  }

  async function works(options: Partial<RabbitOptions>): Promise<void> {
    const { broker } = await connected({ namespace, ...options });
    try {
      expect(await broker.publish("Nothing:g1:00", { headers: { v: 1, segments: [] }, body: new Uint8Array() })).toBe(
        "unroutable",
      );
    } finally {
      await broker.close();
    }
  }

  it("says that nobody answers, with the address and not the password", async () => {
    const error = await failure({ urls: "amqp://me:secret@127.0.0.1:1" });
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error.message).toMatch(/127\.0\.0\.1:1 cannot be reached \(.*ECONNREFUSED/);
    expect(error.message).not.toContain("secret");
  });

  it("gives up on a server that is silent", async () => {
    const proxy = await AmqpProxy.start("amqp://127.0.0.1:1");
    cleanups.push(() => proxy.stop());
    proxy.holdNew = true;
    const error = await failure({ urls: proxy.url, connectTimeoutMs: 200 });
    expect(error).toBeInstanceOf(StoreUnavailableError);
  });

  it("says that the password is wrong", async () => {
    const url = new URL(amqpUrl);
    url.password = "wrong-secret";
    const error = await failure({ urls: url.href });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain("user and password");
    expect(error.message).not.toContain("wrong-secret");
  });

  it("says that the vhost does not exist", async () => {
    const url = new URL(amqpUrl);
    url.pathname = "/no-such-vhost";
    const error = await failure({ urls: url.href });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain('vhost "no-such-vhost"');
  });

  it("uses the next server when the first is dead", async () => {
    await works({ urls: ["amqp://guest:guest@127.0.0.1:1", amqpUrl] });
  });

  it.each([
    [{ urls: "http://localhost" }, "urls[0]"],
    [{ urls: ["amqp://localhost", "no url"] }, "urls[1]"],
    [{ urls: [] }, "urls"],
    [{ namespace: "a.b" }, "namespace"],
    [{ namespace: "" }, "namespace"],
    [{ namespace: "n".repeat(64) }, "namespace"],
    [{ confirmTimeoutMs: 0 }, "confirmTimeoutMs"],
    [{ maxMailboxBytes: Number.NaN }, "maxMailboxBytes"],
  ])("refuses %j and names the option", async (options, name) => {
    const error = await failure(options);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(new RegExp(`^${name.replace(/[[\]]/g, "\\$&")}:`));
  });

  it("tells what the server says of itself", async () => {
    const { broker } = await connected({ namespace });
    cleanups.push(() => broker.close());
    expect(broker.serverProperties["product"]).toBe("RabbitMQ");
    expect(broker.serverProperties["version"]).toMatch(/^\d+\.\d+/);
  });

  it("speaks TLS, and trusts no certificate that it was not told to trust", async () => {
    const folder = await mkdtemp(join(tmpdir(), "actor-tls-"));
    cleanups.push(() => rm(folder, { recursive: true }));
    const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=broker.test"];
    await run("openssl", [
      ...request,
      "-keyout",
      keyFile,
      "-out",
      certFile,
      "-addext",
      "subjectAltName=DNS:broker.test",
    ]);
    const [key, cert] = [await readFile(keyFile), await readFile(certFile)];
    const proxy = await AmqpProxy.start(amqpUrl, { key, cert });
    cleanups.push(() => proxy.stop());
    const urls = proxy.url.replace(/^amqp:/, "amqps:");

    const untrusted = await failure({ urls });
    expect(untrusted).toBeInstanceOf(ConfigError);
    expect(untrusted.message).toContain("tls.ca");
    await works({ urls, tls: { ca: cert, servername: "broker.test" } });
  });

  it("lets the process end once it is closed", async () => {
    const program = `
      import { SilentTelemetry, SystemClock, SystemRandom } from "@actor-runtime/embedded";
      import { RabbitBroker } from "@actor-runtime/rabbitmq";
      const quiet = () => {};
      const broker = await RabbitBroker.connect({
        urls: process.env.URL, namespace: process.env.NAMESPACE, clock: new SystemClock(), random: new SystemRandom(),
        telemetry: new SilentTelemetry(), log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      });
      const at = { name: "Account", generation: 1, partitions: 1 };
      await broker.consume(at, "Account:g1:00", 1, { deliver: quiet, lost: quiet });
      await broker.openReplies({ receive: quiet, reopened: quiet });
      await broker.close();
      console.log("closed");`;
    cleanups.push(() => deleteNamespace(namespace, ["Account.g1.00"]));
    const env = { ...process.env, URL: amqpUrl, NAMESPACE: namespace };
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], {
      env,
      timeout: 25_000,
    });
    expect(stdout).toBe("closed\n");
  });
});
