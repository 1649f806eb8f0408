import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { freePort } from "../support/machine/free-port.ts";

/** Where Linux begins to give ports away; other systems begin above. */
const FIRST_OF_ANY = 32_768;

test("a free port can be listened on, and nobody who asks for any port gets it meanwhile", async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, freePort));
  expect(ports.filter((port) => port >= FIRST_OF_ANY)).toEqual([]);
  const server = createServer().listen(ports[0], "127.0.0.1");
  await once(server, "listening");
  server.close();
});
