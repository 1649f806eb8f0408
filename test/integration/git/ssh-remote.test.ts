import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import ssh2 from "ssh2";
import { expect, test } from "vitest";
import { openSshRemote } from "../../../task-image/git/ssh-remote.ts";
import { PROJECT_WORDS } from "../../../task-image/git/words.ts";

test("a connection that breaks after the server has refused the key stops no process", async () => {
  const hostKey = ssh2.utils.generateKeyPairSync("ed25519");
  const login = ssh2.utils.generateKeyPairSync("ed25519");
  const server = new ssh2.Server({ hostKeys: [hostKey.private] });
  let isRefused = false;
  server.on("connection", (client) => {
    client
      .on("error", () => undefined)
      .on("authentication", (context) => {
        isRefused = context.method === "publickey";
        context.reject();
      });
  });
  // The goodbye of a client that was refused is not read, as sshd does.
  const door = createServer((socket) => {
    socket.on("data", () => isRefused && socket.resetAndDestroy());
    server.injectSocket(socket);
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  const { port } = door.address() as AddressInfo;
  const broken = once(door, "connection").then(([socket]) => once(socket as Socket, "close"));
  const unheard: Error[] = [];
  const hear = (error: Error) => void unheard.push(error);
  process.on("uncaughtExceptionMonitor", hear);
  const opened = openSshRemote(
    {
      by: "ssh",
      url: `ssh://git@127.0.0.1:${port}/models.git`,
      host: "127.0.0.1",
      port,
      user: "git",
      path: "/models.git",
      secretName: "models",
      words: PROJECT_WORDS,
      privateKey: login.private,
      knownHosts: `[127.0.0.1]:${port} ${hostKey.public}`,
    },
    new AbortController().signal,
  );
  await expect(opened).rejects.toMatchObject({ code: "GitRefused" });
  await broken;
  door.close();
  await once(door, "close");
  await new Promise(setImmediate);
  process.off("uncaughtExceptionMonitor", hear);
  expect(unheard).toEqual([]);
});
