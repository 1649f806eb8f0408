import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HttpConnection } from "#api/http/connection.ts";
import { boundHosts } from "../../../../task-image/connections/bound-hosts.ts";
import { readHttpSettings } from "../../../../task-image/connections/http-settings.ts";
import { readPostgresSettings } from "../../../../task-image/connections/postgres-settings.ts";
import { readS3Settings } from "../../../../task-image/connections/s3-settings.ts";
import { createRedactor } from "../../../../task-image/redaction.ts";
import { copyBucket } from "../../../../task-image/redshift/staging/copy-objects.ts";
import { readSnowflakeSettings } from "../../../../task-image/snowflake/settings.ts";
import { createStageStatement } from "../../../../task-image/snowflake/staging/external-stage.ts";
import { temporaryDirectory } from "../../../support/machine/temporary-directory.ts";

type Keys = Readonly<Record<string, string>>;

function secretOf(keys: Keys) {
  const secretDirectory = temporaryDirectory("secret");
  for (const [key, value] of Object.entries(keys)) writeFileSync(join(secretDirectory, key), value);
  return { secretName: "creds", secretDirectory };
}
const redactor = createRedactor();

describe("allowedHosts", () => {
  const isAllowed = (allowedHosts: string, host: string, port?: number) => {
    try {
      boundHosts("api", "creds", new Map([["allowedHosts", allowedHosts]])).check("http.baseUrl", host, port);
      return true;
    } catch {
      return false;
    }
  };

  test.each<[string, string, number | undefined]>([
    ["api.example.com", "API.example.com.", 443],
    ["a.example, api.example.com", "api.example.com", 443],
    ["a.example api.example.com\n", "api.example.com", 8443],
    ["*.example.com", "api.example.com", 443],
    ["*.example.com", "a.b.example.com", 443],
    ["db.example.com:5432", "db.example.com", 5432],
    ["10.0.0.7", "10.0.0.7", 5432],
    ["[fd00::1]:5432", "fd00::1", 5432],
    ["fd00::1", "[fd00::1]", 443],
  ])("%j lets credentials go to %s:%s", (allowed, host, port) => {
    expect(isAllowed(allowed, host, port)).toBe(true);
  });

  test.each<[string, string, number | undefined]>([
    ["api.example.com", "evil.example", 443],
    ["api.example.com", "api.example.com.evil.example", 443],
    ["api.example.com", "xapi.example.com", 443],
    ["*.example.com", "example.com", 443],
    ["*.example.com", "evilexample.com", 443],
    ["*.example.com", "example.com.evil", 443],
    ["db.example.com:5432", "db.example.com", 5433],
    ["db.example.com:5432", "db.example.com", undefined],
    ["10.0.0.7", "10.0.0.70", 443],
    ["", "api.example.com", 443],
  ])("%j does not let them go to %s:%s", (allowed, host, port) => {
    expect(isAllowed(`${allowed},other.example`, host, port)).toBe(false);
  });

  test.each(["*", "*.", "https://api.example.com", "api.*.com", "a:b:c:d.example:1"])(
    "%j is refused as a list",
    (list) => {
      expect(isAllowed(list, "api.example.com", 443)).toBe(false);
    },
  );

  test("a Secret that names none binds nothing", () => {
    expect(() => boundHosts("api", "creds", new Map()).check("x", "anywhere.example")).not.toThrow();
  });
});

const REFUSED = { kind: "configuration", code: "ForbiddenHost" };
const http = (keys: Keys, more: object = {}) => {
  const { secretRef: _, ...parsed } = HttpConnection.parse({
    baseUrl: "https://evil.example/v1",
    auth: { bearer: {} },
    secretRef: "creds",
    ...more,
  });
  return readHttpSettings("api", { kind: "http", ...secretOf({ token: "token-1", ...keys }), ...parsed }, redactor);
};
const postgres = (keys: Keys, more: object = {}) => {
  const login = { dbname: "films", user: "ada", password: "a-password" };
  return readPostgresSettings("db", { kind: "postgres", ...secretOf({ ...login, ...keys }), ...more }, redactor);
};
const KEYS = { accessKeyId: "key-id", secretAccessKey: "secret-key" };
const s3 = (keys: Keys, more: object = {}) =>
  readS3Settings(
    "lake",
    { kind: "s3", bucket: "b", region: "eu-west-1", ...secretOf({ ...KEYS, ...keys }), ...more },
    redactor,
  );
const snowflake = (keys: Keys, more: object = {}) => {
  const options = { kind: "snowflake" as const, account: "evil", database: "d", ...more };
  return readSnowflakeSettings(
    "wh",
    { ...options, ...secretOf({ user: "ada", password: "a-password", ...keys }) },
    redactor,
  );
};

describe("a manifest leads no credentials away from the hosts of their Secret", () => {
  test.each<[string, () => Promise<unknown>, string]>([
    ["an API", () => http({ allowedHosts: "api.example.com" }), "http.baseUrl leads to evil.example:443"],
    ["an API of the Secret's host", () => http({ host: "api.example.com" }), "http.baseUrl leads to evil.example"],
    [
      "a token URL",
      () =>
        http(
          { allowedHosts: "api.example.com", clientId: "id-1", clientSecret: "a-secret" },
          {
            baseUrl: "https://api.example.com",
            auth: { oauth2: { tokenUrl: "https://evil.example/token" } },
          },
        ),
      "http.auth.oauth2.tokenUrl leads to evil.example",
    ],
    [
      "a database",
      () => postgres({ host: "db" }, { host: "evil.example" }),
      "postgres.host leads to evil.example:5432",
    ],
    ["another port", () => postgres({ host: "db", port: "5432" }, { port: 5433 }), "postgres.host leads to db:5433"],
    [
      "a database of a URI",
      () => postgres({ uri: "postgres://ada:pw-1234@db/films" }, { host: "evil.example" }),
      "leads to evil",
    ],
    ["a database of a list", () => postgres({ allowedHosts: "db" }, { host: "evil.example" }), "(key allowedHosts)"],
    [
      "Redshift",
      () =>
        readPostgresSettings(
          "wh",
          { kind: "redshift", ...secretOf({ host: "cluster", dbname: "d", user: "u" }), host: "evil" },
          redactor,
        ),
      "redshift.host leads to evil:5439",
    ],
    [
      "a bucket",
      () => s3({ allowedHosts: "*.amazonaws.com" }, { endpoint: "http://evil.example:9000" }),
      "s3.endpoint leads to evil.example:9000",
    ],
    ["AWS itself", () => s3({ allowedHosts: "minio" }), "s3.region leads to s3.eu-west-1.amazonaws.com"],
    [
      "an account",
      () => snowflake({ allowedHosts: "acme.snowflakecomputing.com" }),
      "snowflake.account leads to evil.snowflakecomputing.com",
    ],
    [
      "an account's endpoint",
      () => snowflake({ allowedHosts: "*.snowflakecomputing.com" }, { endpoint: "https://evil.example" }),
      "snowflake.endpoint leads to evil.example",
    ],
  ])("%s", async (_what, read, message) => {
    await expect(read()).rejects.toMatchObject({ ...REFUSED, message: expect.stringContaining(message) });
  });

  describe("over http, where everybody on the way can read them", () => {
    const open = { baseUrl: "http://api.internal/v1" };

    test.each<[string, Keys, object]>([
      ["a host without a port", { host: "api.internal" }, open],
      ["a list without ports", { allowedHosts: "api.internal, *.internal" }, open],
      ["the port of https", { allowedHosts: "api.internal:443" }, { baseUrl: "http://api.internal:443" }],
      ["another port than is named", { allowedHosts: "api.internal:8080, api.internal" }, open],
      [
        "a token URL",
        { allowedHosts: "api.internal", clientId: "id-1", clientSecret: "a-secret" },
        { baseUrl: "https://api.internal", auth: { oauth2: { tokenUrl: "http://api.internal/token" } } },
      ],
    ])("credentials of a Secret with %s are not sent", async (_what, keys, more) => {
      await expect(http(keys, more)).rejects.toMatchObject({
        ...REFUSED,
        message: expect.stringMatching(/leads there by http, which everybody on the way can read\. Use https, or let/),
      });
    });

    test.each<[string, Keys, object]>([
      ["http before the host", { allowedHosts: "http://api.internal" }, open],
      ["http before names", { allowedHosts: "http://*.internal" }, open],
      ["the port", { allowedHosts: "api.internal:80" }, open],
      ["the port of its host", { host: "api.internal", port: "8080" }, { baseUrl: "http://api.internal:8080" }],
      ["no host at all", {}, open],
    ])("credentials of a Secret with %s are sent", async (_what, keys, more) => {
      await expect(http(keys, more)).resolves.toMatchObject({ auth: { kind: "header" } });
    });

    test("Snowflake is not given its password", async () => {
      const endpoint = "http://snow.internal";
      await expect(snowflake({ allowedHosts: "snow.internal" }, { endpoint })).rejects.toMatchObject(REFUSED);
      await snowflake({ allowedHosts: "http://snow.internal" }, { endpoint });
    });
  });

  test("what the Secret names is reached", async () => {
    await http({ allowedHosts: "*.example, other.example" });
    await postgres({ allowedHosts: "db.example:5432, *.internal" }, { host: "one.internal" });
    await postgres({ host: "db", port: "5432" }, { host: "db", port: 5432 });
    await s3({ allowedHosts: "*.amazonaws.com" });
    await snowflake({ allowedHosts: "evil.snowflakecomputing.com" });
  });

  test("keys of a bucket are not handed to a warehouse elsewhere, which would read them in its COPY", async () => {
    const bucket = await s3({ allowedHosts: "*.amazonaws.com, acme.snowflakecomputing.com" });
    const own = { store: undefined, prefix: "x" } as never;
    const redshift = (host: string) => copyBucket(own, bucket, { host, port: 5439 });
    expect(() => redshift("evil.example")).toThrow("redshift.host leads to evil.example:5439");
    expect(redshift("c.eu-west-1.redshift.amazonaws.com").access.kind).toBe("keys");
    expect(copyBucket(own, bucket, { host: "evil.example", port: 5439, iamRole: "arn" }).access.kind).toBe("role");
    const stage = async (account: string) =>
      createStageStatement({ schema: "S", table: "T" }, bucket, await snowflake({}, { account }));
    await expect(stage("evil")).rejects.toThrow("snowflake.account leads to evil.snowflakecomputing.com");
    expect(await stage("acme")).toContain("CREDENTIALS");
  });
});

test.each(["disable", "prefer", "require", "verify-ca"] as const)(
  "sslMode %s of a manifest does not weaken the Secret's verify-full",
  async (sslMode) => {
    const keys = { host: "db", sslmode: "verify-full" };
    await expect(postgres(keys, { sslMode })).rejects.toMatchObject({ kind: "configuration", code: "WeakerTls" });
    await expect(postgres({ ...keys, sslmode: "disable" }, { sslMode })).resolves.toMatchObject({ sslMode });
  },
);
