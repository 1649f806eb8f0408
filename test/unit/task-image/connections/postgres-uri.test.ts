import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePostgresUri } from "../../../../task-image/connections/postgres-uri.ts";

test.each([
  [
    "postgres://ada:secret@db.example:5433/films",
    { user: "ada", password: "secret", host: "db.example", port: "5433", dbname: "films" },
  ],
  ["postgresql://db.example", { host: "db.example" }],
  ["postgresql:///films?host=%2Fvar%2Frun%2Fpostgresql", { host: "/var/run/postgresql", dbname: "films" }],
  [
    "postgres://ada@[::1]:5432/f?sslmode=verify-full&application_name=x",
    { user: "ada", host: "::1", port: "5432", dbname: "f", sslmode: "verify-full" },
  ],
  ["postgres://ada:a%40b%3Ac%2Fd%25@h/f", { user: "ada", password: "a@b:c/d%", host: "h", dbname: "f" }],
  ["postgres://h/f?user=bob&password=%26%3D", { user: "bob", password: "&=", host: "h", dbname: "f" }],
])("%s", (uri, parts) => {
  expect(parsePostgresUri(uri)).toEqual(parts);
});

test.each([
  "",
  "mysql://h/f",
  "postgres:/h/f",
  "postgres://one,two/f",
  "postgres://h/%zz",
  "host=h dbname=f",
  "postgres://h:x/f",
])("%j is not a URI of one database", (uri) => {
  expect(parsePostgresUri(uri)).toBeUndefined();
});

test("any password comes back as it was", () => {
  const text = fc.string({ minLength: 1, unit: "grapheme" });
  fc.assert(
    fc.property(text, text, (user, password) => {
      const uri = `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@host/films`;
      expect(parsePostgresUri(uri)).toEqual({ user, password, host: "host", dbname: "films" });
    }),
  );
});
