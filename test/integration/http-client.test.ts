import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { HttpConnection } from "#api/http/connection.ts";
import { readHttpSettings } from "../../task-image/connections/http-settings.ts";
import { type Agents, openAgents } from "../../task-image/http/agents.ts";
import { type HttpClient, type HttpClientOptions, openHttpClient } from "../../task-image/http/client.ts";
import { networkRules } from "../../task-image/network/network-rules.ts";
import { guardSockets } from "../../task-image/network/socket-guard.ts";
import { createRedactor } from "../../task-image/redaction.ts";
import { temporaryDirectory } from "../support/machine/temporary-directory.ts";
import { type Reply, type SeenRequest, startHttpApi } from "../support/servers/http-api.ts";

interface Session extends AsyncDisposable {
  readonly client: HttpClient;
  readonly origin: string;
  readonly seen: readonly SeenRequest[];
  /** What the client waited, in milliseconds, without anybody waiting. */
  readonly waits: readonly number[];
  readonly redactor: HttpClientOptions["redactor"];
  get(path: string): Promise<string>;
}

/** A client of a server that replies so. Its clock stands still but for what it sleeps. */
async function open(
  reply: (request: SeenRequest) => Reply,
  options: object = {},
  secret: Readonly<Record<string, string>> = {},
  more: Partial<HttpClientOptions> = {},
): Promise<Session> {
  const api = await startHttpApi(reply);
  const secretDirectory = temporaryDirectory("http-secret");
  for (const [key, value] of Object.entries(secret)) writeFileSync(join(secretDirectory, key), value);
  const given = JSON.parse(JSON.stringify(options).replaceAll("ORIGIN", api.origin)) as object;
  const { secretRef: _, ...parsed } = HttpConnection.parse({
    baseUrl: api.origin,
    ...given,
    ...(Object.keys(secret).length === 0 ? {} : { secretRef: "api-keys" }),
  });
  const redactor = createRedactor();
  const named = { kind: "http" as const, secretName: "api-keys", secretDirectory, ...parsed };
  const waits: number[] = [];
  let now = Date.parse("2026-01-01T00:00:00Z");
  const sleep = (ms: number) => {
    waits.push(ms);
    now += ms;
    return Promise.resolve();
  };
  const signal = new AbortController().signal;
  const settings = await readHttpSettings("api", named, redactor);
  const client = await openHttpClient(settings, { signal, redactor, clock: { now: () => now, sleep }, ...more });
  const get = async (path: string) => {
    const { body } = await client.read({ url: new URL(path, api.origin), method: "GET" });
    return body.toString();
  };
  const dispose = async () => {
    await client[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  };
  return { client, origin: api.origin, seen: api.seen, waits, redactor, get, [Symbol.asyncDispose]: dispose };
}

describe("requests say who they are", () => {
  const authorized = async (auth: object, secret: Record<string, string>) => {
    await using api = await open(() => ({ body: "[]" }), { auth }, secret);
    await api.get("/x?a=1");
    return api.seen[0];
  };

  test("by name and password of any characters", async () => {
    const seen = await authorized({ basic: {} }, { username: "ké", password: "p:ä ss" });
    expect(seen?.headers.authorization).toBe(`Basic ${Buffer.from("ké:p:ä ss").toString("base64")}`);
  });

  test("by a token, or a key in a header or in the query", async () => {
    expect((await authorized({ bearer: {} }, { token: "t-1" }))?.headers.authorization).toBe("Bearer t-1");
    expect((await authorized({ apiKey: { header: "X-Key" } }, { apiKey: "k-1" }))?.headers["x-key"]).toBe("k-1");
    expect((await authorized({ apiKey: { query: "key" } }, { apiKey: "k 1&" }))?.url.search).toBe("?a=1&key=k+1%26");
  });

  test("by a token that is fetched once, and again when it has ended or is refused", async () => {
    let tokens = 0;
    await using api = await open(
      ({ url, headers, number }) => {
        if (url.pathname !== "/token") return number === 5 ? { status: 401 } : { body: headers.authorization ?? "" };
        tokens += 1;
        return { body: JSON.stringify({ access_token: `token-${tokens}`, token_type: "Bearer", expires_in: 3600 }) };
      },
      { auth: { oauth2: { tokenUrl: "ORIGIN/token", scope: "read" } }, requestsPerSecond: 1 },
      { clientId: "me:1", clientSecret: "s%c" },
    );
    expect([await api.get("/"), await api.get("/")]).toEqual(["Bearer token-1", "Bearer token-1"]);
    expect(api.seen[0]).toMatchObject({ method: "POST", body: "grant_type=client_credentials&scope=read" });
    expect(Buffer.from(api.seen[0]?.headers.authorization?.slice(6) ?? "", "base64").toString()).toBe("me%3A1:s%25c");
    expect([await api.get("/"), await api.get("/")]).toEqual(["Bearer token-1", "Bearer token-2"]);
    expect(api.redactor.redact("token-2")).not.toContain("token-2");
  });

  test.each([
    ["token", { bearer: {} }],
    ["apiKey", { apiKey: { header: "X-Key" } }],
  ])("and a line end in %s is a mistake of the Secret, which is not shown", async (key, auth) => {
    const failure = await authorized(auth, { [key]: "t-1\nt-2" }).catch((error: Error) => error);
    expect(failure).toMatchObject({ kind: "configuration", code: "BadConnection" });
    expect(failure).toMatchObject({
      message: expect.stringMatching(new RegExp(`key ${key} of Secret .* has a line end`)),
    });
    expect(String(failure)).not.toContain("t-2");
  });

  test("and a key that is missing in the Secret is named", async () => {
    await expect(authorized({ bearer: {} }, { tokne: "x" })).rejects.toMatchObject({
      code: "SecretIncomplete",
      message: expect.stringContaining("has no key token (found: tokne)"),
    });
  });
});

describe("credentials stay with their host", () => {
  test("a redirect to another host is followed without them", async () => {
    await using other = await startHttpApi(({ headers }) => ({ body: JSON.stringify(headers) }));
    await using api = await open(
      () => ({ status: 302, headers: { location: `${other.origin}/file` } }),
      { auth: { bearer: {} }, headers: [{ name: "X-Team", value: "data" }] },
      { token: "t-1" },
    );
    const headers = JSON.parse(await api.get("/")) as Record<string, string>;
    expect(headers).not.toHaveProperty("authorization");
    expect(headers).not.toHaveProperty("x-team");
  });

  test("a redirect on the same host keeps them", async () => {
    await using api = await open(
      ({ url, headers }) =>
        url.pathname === "/b" ? { body: headers.authorization ?? "" } : { status: 307, headers: { location: "/b" } },
      { auth: { bearer: {} } },
      { token: "t-1" },
    );
    expect(await api.get("/a")).toBe("Bearer t-1");
  });

  test.each(["http://169.254.169.254/latest/meta-data", "http://[fd00:ec2::254]/", "file:///etc/passwd"])(
    "a redirect to %s is refused",
    async (location) => {
      using _guard = guardSockets(networkRules({ allowed: ["127.0.0.0/8"] }, {}));
      await using api = await open(() => ({ status: 302, headers: { location } }));
      await expect(api.get("/")).rejects.toMatchObject({
        kind: "configuration",
        code: "ForbiddenAddress",
        message: expect.stringContaining("connection api"),
      });
    },
  );

  test("where a public server leads, its redirects and links are held to public addresses", async () => {
    await using other = await startHttpApi(() => ({ body: "other" }));
    const asked: [string, boolean][] = [];
    const agents = await openAgents({ connectMs: 5000, answerMs: 5000 });
    const spied: Agents = {
      to: (url, namedByPublic) => {
        asked.push([`${url.port}${url.pathname}`, namedByPublic]);
        return agents.to(url, false);
      },
      // The server of the connection stands on the Internet here.
      isPublic: (url) => url.origin !== other.origin,
      [Symbol.asyncDispose]: () => agents[Symbol.asyncDispose](),
    };
    const away = { status: 302, headers: { location: `${other.origin}/away` } };
    const back = { status: 302, headers: { location: "/b" } };
    await using api = await open(
      ({ url }) => ({ "/away": away, "/back": back })[url.pathname] ?? {},
      {},
      {},
      { agents: spied },
    );
    await api.get("/away");
    await api.get("/back");
    await api.client.read({ url: new URL(`${other.origin}/link`), method: "GET" });
    const [own, foreign] = [api.origin, other.origin].map((origin) => new URL(origin).port);
    expect(asked).toEqual([
      [`${own}/away`, false],
      [`${foreign}/away`, true],
      [`${own}/back`, false],
      [`${own}/b`, false],
      [`${foreign}/link`, true],
    ]);
  });

  test.each(["http://10.0.0.1/", "http://192.168.1.1/", "http://[fd12::1]/", "http://[::ffff:10.0.0.1]/"])(
    "%s is not where a public server leads",
    async (url) => {
      await using agents = await openAgents({ connectMs: 5000, answerMs: 5000 });
      expect(() => agents.to(new URL(url), true)).toThrow("a private address to which a public server has led");
      expect(() => agents.to(new URL(url), false)).not.toThrow();
    },
  );

  test("redirects in a circle end", async () => {
    await using api = await open(() => ({ status: 302, headers: { location: "/" } }));
    await expect(api.get("/")).rejects.toMatchObject({ kind: "configuration", code: "BadRedirect" });
    expect(api.seen).toHaveLength(6);
  });
});

describe("a server in trouble", () => {
  test("is asked again later and later, and as late as it says", async () => {
    await using api = await open(({ number }) => {
      if (number === 1) return { status: 503 };
      if (number === 2) return { status: 429, headers: { "retry-after": "7" } };
      if (number === 3) return { status: 500, headers: { "retry-after": "Thu, 01 Jan 2026 00:01:00 GMT" } };
      if (number === 4) return { body: "[1,2,3]", cutAt: 3 };
      return { body: "[]" };
    });
    expect(await api.get("/")).toBe("[]");
    expect(api.waits).toEqual([500, 7000, 52_500, 4000]);
  });

  test("is left alone when it asks for more time than an attempt has, or after six tries", async () => {
    await using api = await open(() => ({ status: 429, headers: { "retry-after": "3600" }, body: "quota exceeded" }));
    await expect(api.get("/a?secret=1")).rejects.toMatchObject({
      kind: "transient",
      code: "HTTP429",
      message: `connection api: GET ${api.origin}/a answered 429 (its text is hidden: spec.logValues writes it to the pod's log)`,
    });
    expect(api.seen).toHaveLength(1);
    await using broken = await open(() => ({ status: 500 }));
    await expect(broken.get("/")).rejects.toMatchObject({ kind: "transient", code: "HTTP500" });
    expect(broken.seen).toHaveLength(6);
  });

  test.each<[string, Readonly<Record<string, string>>, number]>([
    ["retry-after", { "retry-after": "9" }, 9000],
    ["x-ratelimit-reset", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1767225642" }, 42_000],
    ["ratelimit-reset", { "RateLimit-Remaining": "0", "RateLimit-Reset": "30" }, 30_000],
    ["nothing more", { "x-rate-limit-remaining": "0" }, 500],
  ])("that has too many requests says so by 403 too, and until when by %s", async (_header, headers, wait) => {
    await using api = await open(({ number }) => (number === 1 ? { status: 403, headers } : { body: "[]" }));
    expect(await api.get("/")).toBe("[]");
    expect(api.waits).toEqual([wait]);
  });

  test("that has too many requests for longer than an attempt has leaves them to the next one", async () => {
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1767229200" };
    await using api = await open(() => ({ status: 403, headers }));
    await expect(api.get("/")).rejects.toMatchObject({ kind: "transient", code: "HTTP403" });
    expect(api.seen).toHaveLength(1);
  });

  test("that says nothing is given up after the time for an answer", async () => {
    await using api = await open(
      ({ number }) => (number < 3 ? { silent: true } : { body: "[]" }),
      {},
      {},
      {
        answerTimeoutMs: 50,
      },
    );
    expect(await api.get("/")).toBe("[]");
  });

  test("that refuses is not asked again", async () => {
    await using api = await open(() => ({ status: 403, body: "no", headers: { "x-ratelimit-remaining": "41" } }));
    await expect(api.get("/")).rejects.toMatchObject({
      kind: "configuration",
      code: "HTTP403",
      message: expect.stringContaining('check Secret "api-keys"'),
    });
    expect(api.seen).toHaveLength(1);
  });
});

test("requests keep to the rate", async () => {
  await using api = await open(() => ({ body: "[]" }), { requestsPerSecond: 4 });
  for (let number = 0; number < 3; number += 1) await api.get("/");
  expect(api.waits).toEqual([250, 250]);
});

test("a gzipped answer is read, and one that is cut off fails", async () => {
  const zipped = gzipSync("[1]");
  const headers = { "content-encoding": "gzip" };
  await using api = await open(({ url }) => ({
    headers,
    body: url.pathname === "/cut" ? zipped.subarray(0, -6) : zipped,
  }));
  const call = (path: string) => ({ url: new URL(path, api.origin), method: "GET" as const });
  expect(await text((await api.client.stream(call("/"))).body)).toBe("[1]");
  await expect(text((await api.client.stream(call("/cut"))).body)).rejects.toThrow("unexpected end of file");
});

test("the name of an encoding may be written in any case; another one than was asked for is refused by name", async () => {
  await using api = await open(({ url }) => ({
    headers: { "content-encoding": url.pathname.slice(1) },
    body: gzipSync("[1]"),
    status: url.searchParams.has("busy") ? 500 : 200,
  }));
  expect(await api.get("/GZIP")).toBe("[1]");
  expect(await api.get("/x-gzip")).toBe("[1]");
  const refused = { kind: "configuration", code: "UnknownEncoding", message: expect.stringContaining("encoding br,") };
  await expect(api.get("/br")).rejects.toMatchObject(refused);
  await expect(api.get("/br?busy")).rejects.toMatchObject({ code: "HTTP500" });
});
