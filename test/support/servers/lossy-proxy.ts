import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** When a connection is lost. */
export interface CutRules {
  /** Cuts the connection instead of handing these bytes on to the server; `sent` is all that the client has sent, as text. */
  readonly sent: (bytes: Buffer, sent: string) => boolean;
  /** Cuts the connection instead of handing these bytes on to the client. */
  readonly received: (bytes: Buffer, sent: string) => boolean;
}

export interface LossyProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** How many connections it has cut. */
  cuts(): number;
}

/** A TCP proxy before a server that loses a connection at a moment of the test's choice. */
export async function startLossyProxy(
  target: { readonly host: string; readonly port: number },
  rules: CutRules,
): Promise<LossyProxy> {
  const sockets = new Set<Socket>();
  let cuts = 0;
  const proxy = createServer((client) => {
    const server = connect(target.port, target.host);
    let sent = "";
    const cut = () => {
      cuts += 1;
      client.resetAndDestroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => void sockets.delete(socket));
    }
    client.on("data", (bytes) => {
      sent += bytes.toString("latin1");
      if (rules.sent(bytes, sent)) cut();
      else server.write(bytes);
    });
    server.on("data", (bytes) => (rules.received(bytes, sent) ? cut() : void client.write(bytes)));
    client.on("close", () => server.end());
    server.on("close", () => client.end());
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    host: "127.0.0.1",
    port: address.port,
    cuts: () => cuts,
    [Symbol.asyncDispose]: async () => {
      proxy.close();
      for (const socket of sockets) socket.destroy();
      await once(proxy, "close");
    },
  };
}
