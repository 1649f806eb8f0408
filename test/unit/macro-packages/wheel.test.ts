import { describe, expect, test } from "vitest";
import { filesOfWheel } from "../../../config/macro-packages/wheel.ts";
import { LIMITS } from "../../../config/macro-packages/zip.ts";
import { type ArchivedFile, zipArchive } from "../../support/loads/zip-archive.ts";

const LICENCE = { name: "dbt_lab-1.0.dist-info/licenses/LICENSE", text: "Apache License" };
const PROJECT = { name: "dbt/include/lab/dbt_project.yml", text: "name: dbt_lab" };

const wheel = (...files: readonly ArchivedFile[]) => zipArchive([LICENCE, PROJECT, ...files]);
const textsOf = (bytes: Buffer) =>
  Object.fromEntries([...filesOfWheel(bytes)].map(([path, content]) => [path, content.toString()]));

test("SQL, YAML and licences are taken from a wheel and nothing else is", () => {
  const others = [
    "dbt/adapters/lab/impl.py",
    "dbt/include/lab/__init__.py",
    "dbt/include/lab/macros/notes.md",
    "dbt/include/other.sql",
    "elsewhere/include/lab/macros/a.sql",
    "dbt_lab-1.0.dist-info/RECORD",
    "dbt_lab-1.0.dist-info/METADATA",
  ];
  const bytes = wheel(
    { name: "dbt/include/lab/macros/a.sql", text: "select 1" },
    { name: "dbt/include/lab/macros/stored.sql", text: "select 2", method: 0 },
    { name: "dbt_lab-1.0.dist-info/NOTICE.txt", text: "Thanks" },
    { name: "dbt/include/lab/macros/empty.sql", text: "" },
    { name: "dbt/include/lab/folder.sql/", text: "", mode: 0o040755 },
    ...others.map((name) => ({ name, text: "no" })),
  );
  expect(textsOf(bytes)).toEqual({
    "licenses/LICENSE": "Apache License",
    "licenses/NOTICE.txt": "Thanks",
    "macros/lab/dbt_project.yml": "name: dbt_lab",
    "macros/lab/macros/a.sql": "select 1",
    "macros/lab/macros/stored.sql": "select 2",
    "macros/lab/macros/empty.sql": "",
  });
});

describe("a wheel is refused", () => {
  test.each([
    "dbt/include/lab/../../../../etc/cron.sql",
    "../outside.sql",
    "/etc/passwd.sql",
    "dbt/include/lab//a.sql",
    "dbt/include/lab/./a.sql",
    "dbt\\include\\lab\\a.sql",
    "C:/a.sql",
    "dbt/include/lab/a\0.sql",
  ])("for an entry called %j, wanted or not", (name) => {
    expect(() => textsOf(wheel({ name, text: "x" }))).toThrow("lead elsewhere");
  });

  test.each([0o120777, 0o020644, 0o010644])("for an entry of the type %o", (mode) => {
    const link = { name: "dbt/include/lab/macros/link.sql", text: "/etc/passwd", mode };
    expect(() => textsOf(wheel(link))).toThrow("macros/link.sql is a link or a device");
  });

  test("for a file that claims to be huge", () => {
    const huge = { name: "dbt/include/lab/macros/huge.sql", text: "x", size: LIMITS.file + 1 };
    expect(() => textsOf(wheel(huge))).toThrow(`huge.sql has ${LIMITS.file + 1} bytes`);
  });

  test("for a file that is longer than it claims, before it is unpacked whole", () => {
    const bomb = { name: "dbt/include/lab/macros/bomb.sql", text: "x".repeat(50_000_000), size: 100 };
    expect(() => textsOf(wheel(bomb))).toThrow("bomb.sql is damaged, or longer than the 100 bytes");
  });

  test("for many files that are huge together", () => {
    const text = " ".repeat(LIMITS.file);
    const many = Array.from({ length: 17 }, (_, index) => ({ name: `dbt/include/lab/${index}.sql`, text, method: 0 }));
    expect(() => textsOf(wheel(...many))).toThrow(`more than ${LIMITS.all} bytes`);
  });

  test("for too many entries", () => {
    const many = Array.from({ length: LIMITS.entries }, (_, index) => ({ name: `x/${index}`, text: "", method: 0 }));
    expect(() => textsOf(wheel(...many))).toThrow(`at most ${LIMITS.entries} are read`);
  });

  test.each<readonly [string, Partial<ArchivedFile>]>([
    ["its checksum differs", { checksum: 1 }],
    ["is encrypted", { flags: 1 }],
    ["is packed by method 12", { method: 12 }],
  ])("for a file of which %s", (words, change) => {
    expect(() => textsOf(wheel({ name: "dbt/include/lab/a.sql", text: "select 1", ...change }))).toThrow(words);
  });

  test("for a name that is there twice", () => {
    expect(() => textsOf(wheel(PROJECT))).toThrow("dbt/include/lab/dbt_project.yml is in the archive twice");
  });

  test("where it is cut or is not an archive", () => {
    const bytes = wheel();
    expect(() => textsOf(bytes.subarray(0, bytes.length - 30))).toThrow("it has no directory");
    expect(() => textsOf(bytes.subarray(60))).toThrow("the archive");
    expect(() => textsOf(Buffer.from("<html>"))).toThrow("this is not a ZIP archive");
  });

  test("without a licence, and without macros", () => {
    expect(() => textsOf(zipArchive([PROJECT]))).toThrow("no files for licenses/");
    expect(() => textsOf(zipArchive([LICENCE]))).toThrow("no files for macros/");
  });
});
