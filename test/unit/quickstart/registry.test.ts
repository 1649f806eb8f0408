import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { isReachable } from "../../../config/cluster/registry.ts";

let server: Server | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  server?.closeAllConnections();
  await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  server = undefined;
});

async function serve(listener: RequestListener): Promise<string> {
  const created = createServer(listener);
  server = created;
  await new Promise<void>((resolve) => created.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(created.address() as AddressInfo).port}/v2/`;
}

it.each([
  [200, true],
  [401, true],
  [302, false],
  [503, false],
])("takes an answer %d of a registry's root as reachable: %s", async (status, reachable) => {
  const root = await serve((_, response) =>
    response.writeHead(status, { location: "http://login.invalid/" }).end("{}"),
  );
  expect(await isReachable(root)).toBe(reachable);
});

it("does not wait longer than its limit for a registry that says nothing", async () => {
  const root = await serve(() => {});
  expect(await isReachable(root, 100)).toBe(false);
});

it("takes a refused connection as unreachable", async () => {
  const root = await serve((_, response) => response.end());
  await new Promise<void>((resolve) => server?.close(() => resolve()));
  expect(await isReachable(root)).toBe(false);
});

it("reaches a registry through the proxy of the environment, which alone knows its name", async () => {
  const asked: string[] = [];
  const proxy = await serve(({ url = "" }, response) => {
    asked.push(url);
    response.writeHead(401).end();
  });
  const root = "http://registry.invalid/v2/";
  vi.stubEnv("no_proxy", "");
  vi.stubEnv("http_proxy", "");
  expect(await isReachable(root)).toBe(false);
  vi.stubEnv("http_proxy", new URL(proxy).origin);
  expect(await isReachable(root)).toBe(true);
  expect(asked).toEqual([root]);
  vi.stubEnv("no_proxy", "registry.invalid");
  expect(await isReachable(root)).toBe(false);
});
