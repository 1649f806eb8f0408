import { Agent, createServer, request as httpRequest, type Server } from "node:http";
import { request as httpsRequest } from "node:https";
import { type AddressInfo, connect, type LookupFunction } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import pg from "pg";
import undici from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ForbiddenAddress, forbiddenAddressIn } from "../../../../task-image/network/forbidden-address.ts";
import { networkRules } from "../../../../task-image/network/network-rules.ts";
import { guardSockets, reaching } from "../../../../task-image/network/socket-guard.ts";

let server: Server;
let port: number;
let asked = 0;
beforeAll(async () => {
  server = createServer((_request, response) => {
    asked += 1;
    response.end("reached");
  });
  server.on("connection", () => {
    asked += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  asked = 0;
});

const answer = (names: Readonly<Record<string, string>>): LookupFunction => {
  return (name, options, callback) => {
    const address = names[name] ?? "127.0.0.1";
    if (options.all === true) callback(null, [{ address, family: 4 }]);
    else callback(null, address, 4);
  };
};

const refused = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(forbiddenAddressIn(error)).toBeInstanceOf(ForbiddenAddress);
  expect(asked).toBe(0);
};

const opened = (open: () => ReturnType<typeof connect>) =>
  new Promise<void>((resolve, reject) => {
    const socket = open();
    socket.on("error", reject).on("connect", () => {
      socket.destroy();
      resolve();
    });
  });

describe("every way to open a socket is guarded", () => {
  test.each<[string, () => Promise<unknown>]>([
    ["net by address", () => opened(() => connect(port, "127.0.0.1"))],
    ["net by options", () => opened(() => connect({ port, host: "127.0.0.1" }))],
    ["net without a host", () => opened(() => connect(port))],
    ["net by name", () => opened(() => connect(port, "localhost"))],
    ["net by another spelling", () => opened(() => connect(port, "127.1"))],
    ["a socket of the file system", () => opened(() => connect("/var/run/docker.sock"))],
    ["TLS", () => opened(() => tlsConnect({ port, host: "127.0.0.1" }))],
    ["undici", () => undici.request(`http://127.0.0.1:${port}`)],
    ["undici by name", () => undici.request(`http://localhost:${port}`)],
    ["fetch", () => fetch(`http://[::ffff:127.0.0.1]:${port}`)],
    ["https", () => new Promise((_, reject) => httpsRequest({ host: "127.0.0.1", port }).on("error", reject).end())],
    ["Postgres", () => new pg.Client({ host: "127.0.0.1", port, password: "x" }).connect()],
    ["Postgres by name", () => new pg.Client({ host: "localhost", port, password: "x" }).connect()],
    ["Postgres by its socket", () => new pg.Client({ host: "/tmp", port, password: "x" }).connect()],
    [
      "S3",
      async () => {
        const credentials = { accessKeyId: "a", secretAccessKey: "b" };
        const client = new S3Client({ endpoint: `http://127.0.0.1:${port}`, region: "x", credentials, maxAttempts: 1 });
        await client.send(new ListBucketsCommand({})).finally(() => client.destroy());
      },
    ],
  ])("%s", async (_way, open) => {
    using _guard = guardSockets(networkRules({}, {}));
    await refused(open());
  });

  test("and what is allowed goes through each of them", async () => {
    using _guard = guardSockets(networkRules({ allowed: ["127.0.0.0/8"] }, {}));
    await opened(() => connect(port, "127.0.0.1"));
    await opened(() => connect({ port, host: "name", lookup: answer({}) }));
    expect(await (await undici.request(`http://127.0.0.1:${port}`)).body.text()).toBe("reached");
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe("reached");
  });

  test("and a server that is not the pod itself is reached by all of them, whatever they leave empty", async () => {
    // Any address of 127.0.0.0/8 is this machine; only one of them is allowed here, and the pod's own sockets are not.
    const other = createServer((_request, response) => response.end("<ListAllMyBucketsResult/>"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.5", resolve));
    const place = { host: "127.0.0.5", port: (other.address() as AddressInfo).port };
    using _guard = guardSockets(networkRules({ allowed: ["127.0.0.5"] }, {}));
    await opened(() => connect(place));
    const agent = new Agent({ keepAlive: true });
    const status = await new Promise((resolve, reject) => {
      httpRequest({ ...place, agent }, ({ statusCode }) => resolve(statusCode))
        .on("error", reject)
        .end();
    });
    expect(status).toBe(200);
    agent.destroy();
    const credentials = { accessKeyId: "a", secretAccessKey: "b" };
    const endpoint = `http://${place.host}:${place.port}`;
    const client = new S3Client({ endpoint, region: "x", credentials, maxAttempts: 1 });
    expect((await client.send(new ListBucketsCommand({}))).$metadata.httpStatusCode).toBe(200);
    client.destroy();
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
  });

  test("and nothing is held once the guard is gone", async () => {
    guardSockets(networkRules({}, {}))[Symbol.dispose]();
    await opened(() => connect(port, "127.0.0.1"));
    expect(asked).toBe(1);
  });
});

describe("a name", () => {
  test("is refused for any of its addresses, with both in the message", async () => {
    using _guard = guardSockets(networkRules({}, {}));
    const lookup = answer({ "db.example": "169.254.169.254" });
    await expect(opened(() => connect({ port, host: "db.example", lookup }))).rejects.toThrow(
      "db.example (169.254.169.254) is an address of a cloud's metadata service, which pipelines do not reach",
    );
  });

  test("is resolved once: what was checked is what is connected to", async () => {
    using _guard = guardSockets(networkRules({ allowed: ["127.0.0.1"] }, {}));
    let times = 0;
    const rebinding: LookupFunction = (name, options, callback) => {
      times += 1;
      answer({ [name]: times === 1 ? "127.0.0.1" : "169.254.169.254" })(name, options, callback);
    };
    await opened(() => connect({ port, host: "rebinding.example", lookup: rebinding }));
    expect(times).toBe(1);
  });
});

test("a piece of work may reach what it is for, and no other does meanwhile", async () => {
  using _guard = guardSockets(networkRules({}, {}));
  const other = opened(() => connect(port, "127.0.0.1")).catch((error: unknown) => error);
  await reaching(["127.0.0.1"], () => opened(() => connect(port, "127.0.0.1")));
  expect(await other).toBeInstanceOf(ForbiddenAddress);
  await expect(opened(() => connect(port, "127.0.0.1"))).rejects.toBeInstanceOf(ForbiddenAddress);
});
