import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TaskConnectionOf } from "#api/task.ts";
import { connect } from "../../../task-image/commands/connect.ts";
import { openSnowflakeSession } from "../../../task-image/snowflake/session.ts";
import { type SnowflakeServer, startSnowflake } from "../../support/snowflake/snowflake.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";

const TOKEN = "pat-canary-eyJhbGciOi";
const PASSPHRASE = "passphrase-canary 'quoted'";
const { publicKey, privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: PASSPHRASE },
});

let snowflake: SnowflakeServer;

beforeAll(async () => {
  snowflake = await startSnowflake({ token: TOKEN, publicKey });
});
afterAll(async () => {
  await snowflake?.stop();
});

function tested(connection: TaskConnectionOf<"snowflake">, context = aContext()) {
  const work = { verb: "connect", connect: { connection: "warehouse" } } as const;
  return connect(aTask({ work, connections: { warehouse: connection } }), context);
}

test("a connection is tested by a password, a programmatic access token, and a key pair that a passphrase opens", async () => {
  for (const secret of [
    { user: "loader", password: snowflake.password },
    { user: "loader", token: TOKEN },
    { user: "loader", privateKey, privateKeyPassphrase: PASSPHRASE },
  ]) {
    const outcome = await tested(snowflake.connection({}, secret));
    expect(outcome.message).toMatch(/^Snowflake \S+ answers in \d+ ms$/);
    expect(outcome.server?.version).toMatch(/^Snowflake /);
  }
});

test("a session hands on every value as the server wrote it", async () => {
  const spec = aTask({
    work: { verb: "connect", connect: { connection: "warehouse" } },
    connections: { warehouse: snowflake.connection() },
  });
  await using session = await openSnowflakeSession(spec, "warehouse", aContext());
  const rows = await session.query(
    `SELECT CAST(9007199254740993 AS NUMBER(38,0)) AS "N", CAST(1.10 AS NUMBER(38,2)) AS "D", ? AS "S", TRUE AS "B", NULL AS "X", CAST(NULL AS NUMBER(38,0)) AS "Y", PARSE_JSON('{"a": [1]}') AS "V"`,
    ['it\'s \\ ? "quoted"'],
  );
  expect(rows).toEqual([
    { N: "9007199254740993", D: "1.10", S: 'it\'s \\ ? "quoted"', B: "TRUE", X: null, Y: null, V: '{"a":[1]}' },
  ]);
});

test.each([
  [
    "a wrong password",
    { user: "loader", password: "wr0ng-canary" },
    /^connection warehouse \(account "acme" at .*, user "loader"\): Incorrect username or password was specified.*390100/,
  ],
  ["a wrong token", { user: "loader", token: "wr0ng-canary" }, /394400/],
  [
    "a key without its passphrase",
    { user: "loader", privateKey },
    /privateKey of Secret "snowflake": expected a private key in PEM/,
  ],
  ["no way to log in", { user: "loader" }, /has no key password \(found: user\)/],
  ["nobody to log in", { password: "wr0ng-canary" }, /has no key user/],
] as const)("%s is a mistake of the configuration, and no secret is told", async (_, secret, expected) => {
  const error = await tested(snowflake.connection({}, secret)).then(
    () => expect.fail("it was let in"),
    (failure: Error) => failure,
  );
  expect(error).toMatchObject({ kind: "configuration", message: expect.stringMatching(expected) });
  expect(error.message).not.toContain("canary");
});

test("a server that is not there is asked again in the next attempt", async () => {
  await expect(tested(snowflake.connection({ endpoint: "http://127.0.0.1:9" }))).rejects.toMatchObject({
    kind: "transient",
  });
}, 120_000);
