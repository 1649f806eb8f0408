import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPostgresSettings } from "../../../../task-image/connections/postgres-settings.ts";
import { createRedactor } from "../../../../task-image/redaction.ts";
import { readSnowflakeSettings } from "../../../../task-image/snowflake/settings.ts";
import { temporaryDirectory } from "../../../support/machine/temporary-directory.ts";

const GOOD = { host: "db", dbname: "films", user: "ada", password: "other-word" };

async function refusal(keys: Readonly<Record<string, string>>, options: { readonly host?: string } = {}) {
  const secretDirectory = join(temporaryDirectory("secret"), "secret");
  mkdirSync(secretDirectory);
  for (const [key, value] of Object.entries(keys)) writeFileSync(join(secretDirectory, key), value);
  const redactor = createRedactor();
  const options_ = { kind: "postgres" as const, secretName: "films", secretDirectory, ...options };
  const error: unknown = await readPostgresSettings("warehouse", options_, redactor).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  return { message: error instanceof Error ? error.message : undefined, redactor };
}

const DSNS = [
  "postgres://ada:hunter22@db.example:5432/films",
  "ada:hunter22@db.example",
  "host=db.example password=hunter22 user=ada",
  "jdbc:postgresql://db.example/films?user=ada&password=hunter22",
  "postgres://ada:hunter22",
] as const;

test.each(DSNS)("a connection string in the key host is refused without a part of it: %s", async (dsn) => {
  const { message, redactor } = await refusal({ ...GOOD, host: dsn });
  expect(message).toContain(
    'connection warehouse: key host of Secret "films" holds what looks like a connection string',
  );
  expect(message).toContain("Put a whole postgres:// URI under the key uri of the Secret");
  for (const part of ["hunter22", "db.example"]) expect(message).not.toContain(part);
  expect(redactor.redact(`at ${dsn} with hunter22`)).not.toContain("hunter22");
});

test.each(["dbname", "user", "port", "sslmode", "sslrootcert"])("nor is one quoted from the key %s", async (key) => {
  const value = key === "sslrootcert" ? "-----BEGIN PRIVATE KEY-----\nhunter22\n" : DSNS[0];
  const { message, redactor } = await refusal({ ...GOOD, [key]: value });
  expect(message).toContain(`key ${key} of Secret "films"`);
  expect(message).not.toContain("hunter22");
  expect(redactor.redact("x hunter22 y")).toBe("x [redacted] y");
});

test.each([
  ["port", "99999"],
  ["sslmode", "letmein"],
])("a password in the key %s is not quoted", async (key, value) => {
  const { message } = await refusal({ ...GOOD, [key]: value });
  expect(message).toMatch(/must be/);
  expect(message).not.toContain(value);
});

test.each([
  ["user", "ada:hunter22"],
  ["username", "ada/hunter22"],
  ["dbname", "films;hunter22"],
  ["uri", "postgres://ada%3Ahunter22@db/films"],
])("a password beside the name in the key %s is used as it is and not quoted", async (key, value) => {
  const { message, redactor } = await refusal({ ...(key === "uri" ? {} : GOOD), [key]: value });
  expect(message).toBeUndefined();
  const said = `user "${decodeURIComponent(value.replace(/^postgres:..|@.*$/g, ""))}" of db`;
  expect(redactor.redact(said)).toBe('user "[redacted]" of db');
});

test.each([
  "postgres://ada:hun@ter22@db/films",
  "postgres://ada:12/hunter22@db/films",
  "postgres://ada:1?hunter22@db/films",
  "postgres://ada:hunter22@db:x/films",
])("no part of a URI that cannot be read is quoted: %s", async (uri) => {
  const { message } = await refusal({ uri });
  expect(message).toContain('key uri of Secret "films" is not a URI of one Postgres database');
  expect(message).not.toMatch(/ter22|hun/);
});

test("a connection string in the manifest's host is not quoted either", async () => {
  const { message } = await refusal(GOOD, { host: DSNS[0] });
  expect(message).toContain("connection warehouse: postgres.host holds what looks like a connection string");
  expect(message).not.toContain("hunter22");
});

test("a Secret for Snowflake is looked at in the same way", async () => {
  const secretDirectory = temporaryDirectory("secret");
  writeFileSync(join(secretDirectory, "user"), "https://ada:hunter22@acme.snowflakecomputing.com");
  const options = { kind: "snowflake" as const, secretName: "s", secretDirectory, account: "acme", database: "d" };
  await expect(readSnowflakeSettings("wh", options, createRedactor())).rejects.toThrow(
    /^connection wh: key user of Secret "s" holds what looks like a connection string[^2]*$/,
  );
});
