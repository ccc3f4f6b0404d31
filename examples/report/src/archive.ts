import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { Fences } from "./fences.js";

export interface Chapter {
  readonly title: string;
  readonly by: string;
}

/** So long that a client that was frozen meanwhile finds its connection as it was. */
const keepAliveTimeout = 60_000;

/**
 * Stands for a service that knows nothing of actors and locks, and takes what it is given, also twice. All it does for the
 * sake of locks is to look at the header `Fencing-Token`.
 *
 * - `POST /reports/<name>` appends a chapter
 * - `GET /reports/<name>` lists the chapters; with a fence it is from then on closed to lower ones
 */
export class Archive implements AsyncDisposable {
  readonly #reports = new Map<string, Chapter[]>();
  readonly #fences = new Fences();
  readonly #server = createServer({ keepAliveTimeout }, (request, response) => {
    this.#answer(request, response).catch(() => response.writeHead(400).end());
  });

  /** Listens on a free port of this machine. */
  static async open(): Promise<Archive> {
    const archive = new Archive();
    archive.#server.listen(0, "127.0.0.1");
    await once(archive.#server, "listening");
    return archive;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  chapters(report: string): readonly Chapter[] {
    return this.#reports.get(report) ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const report = /^\/reports\/([\w-]+)$/.exec(request.url ?? "")?.[1];
    if (report === undefined) {
      response.writeHead(404).end();
      return;
    }
    const chapter = request.method === "POST" ? ((await json(request)) as Chapter) : undefined;
    // From here on in one step: what was judged is what is written.
    const header = request.headers["fencing-token"];
    const mayPass = chapter === undefined && header === undefined;
    const refusal = mayPass ? undefined : this.#fences.refusal(report, header as string | undefined);
    if (refusal === undefined && chapter !== undefined) this.#reports.set(report, [...this.chapters(report), chapter]);
    response.writeHead(refusal ?? 200, { "content-type": "application/json" });
    response.end(JSON.stringify(refusal === undefined ? this.chapters(report) : null));
  }
}
