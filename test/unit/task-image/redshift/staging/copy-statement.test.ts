import { expect, test } from "vitest";
import { RFC_4180 } from "../../../../../task-image/formats/csv-dialect.ts";
import { type Copy, copyStatement } from "../../../../../task-image/redshift/staging/copy-statement.ts";

const CSV: Copy = {
  table: "t",
  columns: ["id", 'odd "name"'],
  manifest: "s3://lake/_kelt/m.manifest",
  region: "eu-west-1",
  access: { kind: "role", role: "arn:aws:iam::123456789012:role/loader" },
  format: { kind: "csv", dialect: RFC_4180, skipped: 1 },
  compression: "gzip",
  rejectsMax: 0,
};

test("CSV by a role", () => {
  expect(copyStatement(CSV)).toBe(
    `COPY "t" ("id", "odd ""name""") FROM 's3://lake/_kelt/m.manifest' IAM_ROLE 'arn:aws:iam::123456789012:role/loader' REGION 'eu-west-1' MANIFEST FORMAT AS CSV DELIMITER ',' QUOTE '"' IGNOREHEADER 1 NULL AS '' GZIP TIMEFORMAT 'auto' ROUNDEC COMPUPDATE OFF STATUPDATE OFF`,
  );
});

test("JSON by temporary keys, with bad rows", () => {
  const access = { kind: "keys", accessKeyId: "a", secretAccessKey: "it's", sessionToken: "t" } as const;
  const copy: Copy = { ...CSV, access, format: { kind: "json" }, compression: "none", rejectsMax: 5 };
  expect(copyStatement(copy)).toContain("ACCESS_KEY_ID 'a' SECRET_ACCESS_KEY 'it''s' SESSION_TOKEN 't'");
  expect(copyStatement(copy)).toContain("FORMAT AS JSON 'auto ignorecase' TIMEFORMAT");
  expect(copyStatement(copy)).toMatch(/MAXERROR 6$/);
});

test("the limit of errors is COPY's own at most, and the cluster's role has no name", () => {
  const copy: Copy = { ...CSV, rejectsMax: 100_000, access: { kind: "role", role: "default" } };
  expect(copyStatement(copy)).toMatch(/IAM_ROLE default .* MAXERROR 100000$/);
});

test("a backslash is refused: what Redshift reads in it depends on the place", () => {
  const copy: Copy = { ...CSV, format: { kind: "csv", dialect: { ...RFC_4180, delimiter: "\\" }, skipped: 1 } };
  expect(() => copyStatement(copy)).toThrow("expected options of COPY without a backslash");
});
