import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EXIT, type TaskConnection } from "#api/task.ts";
import { openObjectStore } from "../../task-image/object-store/opening.ts";
import { temporaryDirectory } from "../support/machine/temporary-directory.ts";
import { type Reply, startHttpApi } from "../support/servers/http-api.ts";
import { POSTGRES_VERSIONS, startPostgres } from "../support/servers/postgres.ts";
import { startS3Server } from "../support/servers/versitygw.ts";
import { aContext, aTask } from "../support/tasks/task.ts";
import { runTask } from "../support/tasks/task-process.ts";

const work = { verb: "connect", connect: { connection: "connection" } } as const;
const connect = (connection: TaskConnection) => runTask(aTask({ work, connections: { connection } }));

test.each(POSTGRES_VERSIONS)(
  "the test of a connection tells which server answers and how fast: Postgres %s",
  async (version) => {
    await using server = await startPostgres({}, undefined, version);
    const database = await server.createDatabase();
    const { exitCode, parsed } = await connect(database.connection());
    expect(exitCode).toBe(EXIT.done);
    expect(parsed).toMatchObject({
      outcome: "succeeded",
      message: expect.stringMatching(/^PostgreSQL \d+\.\d+.* answers in \d+ ms$/),
      server: {
        version: expect.stringMatching(new RegExp(`^PostgreSQL ${version}\\.`)),
        latencyMs: expect.any(Number),
      },
    });
  },
);

test("a password that the server refuses is a configuration error, and the password is not told", async () => {
  await using server = await startPostgres();
  const database = await server.createDatabase();
  const { exitCode, parsed, output, result } = await connect(database.connection({ password: "wrong-and-secret" }));
  expect(exitCode).toBe(EXIT.configuration);
  expect(parsed).toMatchObject({ outcome: "failed", error: { code: "28P01" } });
  expect(output + result).not.toContain("wrong-and-secret");
});

test("a bucket tells that it is there, or why it cannot be used", async () => {
  await using server = await startS3Server();
  await using lake = await openObjectStore({ connections: { lake: server.connection("lake") } }, "lake", aContext());
  await lake.createBucket();
  expect((await connect(server.connection("lake"))).parsed).toMatchObject({
    outcome: "succeeded",
    message: expect.stringMatching(/^S3, bucket lake.* answers in \d+ ms$/),
  });
  for (const [connection, code] of [
    [server.connection("nowhere"), "NoSuchBucket"],
    [server.connection("lake", { secretAccessKey: "not-the-right-one" }), "SignatureDoesNotMatch"],
  ] as const) {
    const { exitCode, parsed, output, result } = await connect(connection);
    expect(parsed.error).toMatchObject({ code, message: expect.stringContaining("connection connection") });
    expect(exitCode).toBe(EXIT.configuration);
    expect(output + result).not.toContain("not-the-right-one");
  }
});

describe("an HTTP API", () => {
  const secret = (keys: Readonly<Record<string, string>>) => {
    const secretDirectory = temporaryDirectory("http-secret");
    for (const [key, value] of Object.entries(keys)) writeFileSync(join(secretDirectory, key), value);
    return { secretName: "api-token", secretDirectory, auth: { bearer: {} } };
  };
  const api = async (reply: (path: string, authorization: string) => Reply, more: object = {}) => {
    await using server = await startHttpApi(({ url, headers }) => reply(url.pathname, headers.authorization ?? ""));
    const ended = await connect({ kind: "http", baseUrl: `${server.origin}/v1`, ...more });
    return { ...ended, seen: server.seen.map(({ method, url }) => `${method} ${url.pathname}`) };
  };

  test("is asked at its path with its credentials, once, and tells status, software and latency", async () => {
    const reply = (path: string, authorization: string) =>
      path === "/v1/health" && authorization === "Bearer the-token"
        ? { status: 204, headers: { server: "posts/2.1" } }
        : { status: 401 };
    const { parsed, seen } = await api(reply, { testPath: "health", ...secret({ token: "the-token" }) });
    expect(parsed).toMatchObject({
      outcome: "succeeded",
      message: expect.stringMatching(/^HTTP 204, posts\/2\.1 answers in \d+ ms$/),
      server: { version: "HTTP 204, posts/2.1", latencyMs: expect.any(Number) },
    });
    expect(seen).toEqual(["GET /v1/health"]);
  });

  test("that refuses the credentials is reported with the Secret's name, without the token", async () => {
    const { exitCode, parsed, output, result } = await api(() => ({ status: 401 }), secret({ token: "wrong-token" }));
    expect(exitCode).toBe(EXIT.configuration);
    expect(parsed.error).toMatchObject({
      code: "HTTP401",
      message: expect.stringContaining('check Secret "api-token"'),
    });
    expect(output + result).not.toContain("wrong-token");
  });

  test("with nothing at its base asks for a path to test", async () => {
    const { parsed, seen } = await api(() => ({ status: 404 }));
    expect(seen).toEqual(["GET /v1"]);
    expect(parsed.error).toMatchObject({ code: "HTTP404", message: expect.stringContaining("set http.testPath") });
    const named = await api(() => ({ status: 404 }), { testPath: "gone" });
    expect(named.parsed.error?.message).not.toContain("testPath");
  });

  test("that is overloaded is told at once", async () => {
    const { exitCode, parsed, seen } = await api(() => ({ status: 503, headers: { "retry-after": "100" } }));
    expect(exitCode).toBe(EXIT.transient);
    expect(parsed.error).toMatchObject({ code: "HTTP503" });
    expect(seen).toHaveLength(1);
  });

  test("is not asked outside of its base", async () => {
    const { parsed, seen } = await api(() => ({}), { testPath: "../admin" });
    expect(parsed.error).toMatchObject({ code: "OutsideBaseUrl" });
    expect(seen).toEqual([]);
  });
});

describe("a volume", () => {
  /** A ConfigMap as the kubelet mounts it: links to a folder that it can exchange. */
  function mounted(...names: readonly string[]): string {
    const directory = temporaryDirectory("volume");
    mkdirSync(join(directory, "..2026"));
    symlinkSync("..2026", join(directory, "..data"));
    for (const name of names) {
      writeFileSync(join(directory, "..2026", name), "a,b\n");
      symlinkSync(join("..data", name), join(directory, name));
    }
    return directory;
  }

  test.each([
    ["of a ConfigMap", { directory: mounted("a.csv", "b.csv"), configMap: "facts" }, "ConfigMap facts with 2 files"],
    ["of a claim", { directory: mounted("a.csv") }, "volume with 1 file"],
    ["of a claim that waits for files", { directory: mounted() }, "volume with 0 files"],
    [
      "of more files than are counted",
      { directory: mounted(...Array.from({ length: 1001 }, (_, index) => `${index}.csv`)) },
      "volume with at least 1000 files",
    ],
  ])("%s is listed", async (_, files, version) => {
    const { parsed } = await connect({ kind: "files", ...files });
    expect(parsed).toMatchObject({ outcome: "succeeded", server: { version, latencyMs: expect.any(Number) } });
  });

  test.each([
    [
      "of a ConfigMap that is not there",
      { directory: mounted(), configMap: "facts" },
      /ConfigMap "facts" does not exist/,
    ],
    ["that is not mounted", { directory: "/nowhere/at/all" }, /cannot be read at \/nowhere\/at\/all \(ENOENT\)/],
  ])("%s is told", async (_, files, message) => {
    const { exitCode, parsed } = await connect({ kind: "files", ...files });
    expect(exitCode).toBe(EXIT.configuration);
    expect(parsed.error?.message).toMatch(message);
  });
});
