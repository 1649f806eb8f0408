import { expect, test } from "vitest";
import { extractedFileName } from "../../../../task-image/files/extracted-file.ts";

test("a file's name follows from the table alone and leads to no other directory", () => {
  expect(extractedFileName({ schema: "public", table: "film_actors" })).toBe("public.film_actors.csv");
  expect(extractedFileName({ schema: "..", table: "../etc/passwd" })).toBe("%2e%2e.%2e%2e%2Fetc%2Fpasswd.csv");
});

test("two tables never share a file, and long names fit a file system", () => {
  const long = "ü".repeat(31);
  const names = [
    { schema: "a.b", table: "c" },
    { schema: "a", table: "b.c" },
    { schema: long, table: `${long}1` },
    { schema: long, table: `${long}2` },
  ].map(extractedFileName);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name.length).toBeLessThanOrEqual(230);
});
