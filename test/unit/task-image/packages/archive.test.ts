import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readArchive } from "../../../../task-image/packages/archive.ts";
import { packArchive } from "../../../support/dbt/package-hub.ts";
import { temporaryDirectory } from "../../../support/machine/temporary-directory.ts";

const read = (bytes: Buffer, pieceLength = bytes.length) => {
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceLength) }, (_, index) =>
    bytes.subarray(index * pieceLength, (index + 1) * pieceLength),
  );
  return readArchive(Readable.from(pieces), "package x", new AbortController().signal);
};
const filesOf = async (bytes: Buffer, pieceLength?: number) =>
  Object.fromEntries((await read(bytes, pieceLength)).files);

const LONG = `models/${"a".repeat(60)}/${"b".repeat(60)}/${"c".repeat(120)}.sql`;
const FILES = { "dbt_project.yml": "name: x", "macros/a.sql": "a".repeat(1300), [LONG]: "long", "macros/é.sql": "é" };

describe.each(["ustar", "pax", "gnu", "v7"])("an archive in the format %s of tar", (format) => {
  const pack = (files: Readonly<Record<string, string>>) => {
    const root = temporaryDirectory("tar");
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, "x-1", path)), { recursive: true });
      writeFileSync(join(root, "x-1", path), text);
    }
    execFileSync("tar", [`--format=${format}`, "-czf", join(root, "x.tar.gz"), "-C", root, "x-1"]);
    return readFileSync(join(root, "x.tar.gz"));
  };

  test("is read whatever pieces it comes in", async () => {
    const files: Readonly<Record<string, string>> =
      format === "v7" || format === "ustar" ? { "dbt_project.yml": "name: x", "macros/a.sql": "a" } : FILES;
    const archive = pack(files);
    expect(await filesOf(archive)).toEqual(files);
    expect(await filesOf(archive, 7)).toEqual(files);
  });
});

test("the hashes of an archive are those of its bytes", async () => {
  const archive = packArchive({ "dbt_project.yml": "name: x" });
  const hash = (name: string) => createHash(name).update(archive).digest("hex");
  expect(await read(archive)).toMatchObject({ sha1: hash("sha1"), sha256: hash("sha256") });
});

describe("an archive is refused", () => {
  const unpacked = () => gunzipSync(packArchive({ "dbt_project.yml": "name: x", "macros/a.sql": "a" }, "abc"));
  /** The archive with a name changed, and the sum of its header. */
  const renamed = (from: string, to: string) => {
    const bytes = unpacked();
    const at = bytes.indexOf(from);
    const start = at - (at % 512);
    bytes.fill(0, start, start + 100);
    bytes.write(to, start);
    bytes.fill(" ", start + 148, start + 156);
    const sum = bytes.subarray(start, start + 512).reduce((all, byte) => all + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, start + 148);
    return gzipSync(bytes);
  };

  test.each([
    ["../outside.sql", /leads out of it/],
    ["/etc/outside.sql", /leads out of it/],
    ["abc/../../outside.sql", /leads out of it/],
    ["other/macros/a.sql", /expected one folder that holds the package, found abc, other/],
  ])("with the name %s", async (name, message) => {
    await expect(filesOf(renamed("abc/macros/a.sql", name))).rejects.toThrow(message);
  });

  test("with more than a package may hold, before it is held", async () => {
    const bomb = packArchive({ "dbt_project.yml": "name: x", "seeds/a.csv": "a".repeat(17_000_000) });
    expect(bomb.length).toBeLessThan(100_000);
    await expect(filesOf(bomb)).rejects.toMatchObject({ code: "ProjectTooLarge" });
  });

  test("where it is damaged", async () => {
    const bytes = unpacked();
    bytes[20] = 1;
    await expect(filesOf(gzipSync(bytes))).rejects.toMatchObject({ code: "PackageRefused" });
    await expect(filesOf(gzipSync(unpacked().subarray(0, 600)))).rejects.toMatchObject({ code: "PackageRefused" });
  });
});

test("an archive that breaks off is no shorter package", async () => {
  const archive = packArchive({ "dbt_project.yml": "name: x", "macros/a.sql": "a" });
  await expect(filesOf(archive.subarray(0, archive.length - 12))).rejects.toMatchObject({ code: "Z_BUF_ERROR" });
});
