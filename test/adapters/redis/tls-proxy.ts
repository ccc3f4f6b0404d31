import { once } from "node:events";
import { connect } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";

/** For localhost, signed by itself, good for nothing but these tests. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUIGybINZqlagphqQMU2T0ezekUFYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTEzMzIyMloYDzIxMjYxMDI4
MTMzMjIyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARJrz/x+aLzn1AL4EQaJ3hN/nKB5RS9M/vfyyQNMoPjQXkDcpuxUZz/
N4RB1rdC+fHHlsh4mKZcdPRCP+TR9OnJo28wbTAdBgNVHQ4EFgQU3edrJefFhNQs
8vE4late9lBDpOswHwYDVR0jBBgwFoAU3edrJefFhNQs8vE4late9lBDpOswDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAPsitAFC6ePB2dtJWXBew9Nz6CxB8VrIMKQVkbKk0CigAiEA
5tvN2WBx2BHOq5kjxVnIa9BNwq6fOtSC7GwCIj4yalE=
-----END CERTIFICATE-----`;

const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgK0V49SJSMUXcyrth
B/besNdubchoAMlddnK6DaVVmeGhRANCAARJrz/x+aLzn1AL4EQaJ3hN/nKB5RS9
M/vfyyQNMoPjQXkDcpuxUZz/N4RB1rdC+fHHlsh4mKZcdPRCP+TR9OnJ
-----END PRIVATE KEY-----`;

/** Gives a server without TLS a front with it. */
export class TlsProxy {
  readonly #server: Server;
  readonly #sockets = new Set<TLSSocket>();

  private constructor(port: number) {
    this.#server = createServer({ cert: certificate, key }, (client) => {
      const server = connect(port, "127.0.0.1");
      this.#sockets.add(client);
      client.on("error", () => server.destroy());
      client.on("close", () => {
        this.#sockets.delete(client);
        server.destroy();
      });
      server.on("error", () => client.destroy());
      client.pipe(server).pipe(client);
    });
    this.#server.on("tlsClientError", () => {});
  }

  static async to(port: number): Promise<TlsProxy> {
    const proxy = new TlsProxy(port);
    proxy.#server.listen(0);
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `rediss://localhost:${(this.#server.address() as { port: number }).port}`;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
