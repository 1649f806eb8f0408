import { describe, expect, test } from "vitest";
import type { StagedColumn } from "../../../../../task-image/loading/staged-column.ts";
import type { LoadMode } from "../../../../../task-image/loading/writing.ts";
import { createStagingStatement, planPublication } from "../../../../../task-image/postgres/publishing/publication.ts";
import type { Target, TargetColumn } from "../../../../../task-image/postgres/publishing/target.ts";

const films = { schema: "raw", table: "films" };
const staging = `"raw"."_kelt_staging_8a4b2f8a"`;
const staged: readonly StagedColumn[] = [
  { name: "film_id", type: "integer", notNull: true },
  { name: "title", type: "text", notNull: false },
];

function column(name: string, type: string, parts: Partial<TargetColumn> = {}): TargetColumn {
  const plain = { notNull: false, fillsItself: false, isGenerated: false, isAlwaysIdentity: false, views: [] };
  return { name, type, ...plain, ...parts };
}

function aTarget(parts: Partial<Target> = {}): Target {
  return {
    relation: films,
    kind: "r",
    columns: [column("film_id", "integer"), column("title", "text")],
    attachments: [],
    incomingForeignKeys: [],
    ownedByUser: true,
    canTruncate: true,
    heirs: [],
    insteadRules: [],
    policies: null,
    ...parts,
  };
}

/** The plan with the digest in the staging table's name made short. */
function plan(mode: LoadMode, target: Target | undefined, key: readonly string[] = []) {
  const publication = planPublication({ mode, key }, { target: films, columns: staged }, target);
  const shown = (sql: string) => sql.replace(/_kelt_staging_[0-9a-f]{16}/g, "_kelt_staging_8a4b2f8a");
  return {
    kind: publication.kind,
    sql: [...publication.statements, ...(publication.insert === undefined ? [] : [publication.insert])].map(shown),
  };
}

const rename = `ALTER TABLE ${staging} RENAME TO "films"`;
const fill = `INSERT INTO "raw"."films" ("film_id", "title") OVERRIDING SYSTEM VALUE SELECT "film_id", "title" FROM ${staging}`;

describe("how staged rows become the target's", () => {
  test("without a target the staging table takes its name, in both modes", () => {
    for (const mode of ["replace", "append"] as const)
      expect(plan(mode, undefined)).toEqual({ kind: "created", sql: [rename] });
  });

  test("a target on which nothing hangs is swapped", () => {
    expect(plan("replace", aTarget())).toEqual({ kind: "swapped", sql: [`DROP TABLE "raw"."films"`, rename] });
  });

  test.each([
    ["something hangs on it", { attachments: ["rule _RETURN on view v"] }],
    ["somebody else owns it", { ownedByUser: false }],
  ])("a target is refilled when %s", (_why, parts) => {
    expect(plan("replace", aTarget(parts))).toEqual({ kind: "refilled", sql: [`TRUNCATE ONLY "raw"."films"`, fill] });
  });

  test("a partitioned target is refilled with all of its partitions", () => {
    expect(plan("replace", aTarget({ kind: "p" }))).toEqual({
      kind: "refilled",
      sql: [`TRUNCATE "raw"."films"`, fill],
    });
  });

  test("rows without columns are inserted as rows", () => {
    const target = aTarget({ columns: [], attachments: ["view v"] });
    expect(planPublication({ mode: "append" }, { target: films, columns: [] }, target).insert).toMatch(
      /^INSERT INTO "raw"\."films" OVERRIDING SYSTEM VALUE SELECT {2}FROM "raw"\."_kelt_staging_/,
    );
  });

  test("tables that inherit keep a column that is dropped; one of another type is refused, because they would lose its values", () => {
    const columns = [...aTarget().columns, column("old", "text")];
    expect(plan("replace", aTarget({ attachments: ["kid"], heirs: ["raw.kid"], columns })).sql[1]).toBe(
      `ALTER TABLE ONLY "raw"."films" DROP COLUMN "old"`,
    );
    const changed = aTarget({ attachments: ["kid"], heirs: ["raw.kid"], columns: [column("film_id", "bigint")] });
    expect(() => plan("replace", changed)).toThrow(
      /^column film_id of target raw\.films is bigint here and integer at the source, and tables inherit it: raw\.kid\./,
    );
  });

  test("a target that may not be truncated is emptied by DELETE", () => {
    expect(plan("replace", aTarget({ ownedByUser: false, canTruncate: false })).sql[0]).toBe(
      `DELETE FROM ONLY "raw"."films"`,
    );
  });

  test("keys of other tables that can wait are checked at the end", () => {
    const incomingForeignKeys = [{ name: "k", table: "rentals", canWait: true }];
    expect(plan("replace", aTarget({ attachments: ["k"], incomingForeignKeys })).sql.slice(0, 2)).toEqual([
      "SET CONSTRAINTS ALL DEFERRED",
      `DELETE FROM ONLY "raw"."films"`,
    ]);
  });

  test("a refilled target takes the source's shape, but keeps columns that fill themselves", () => {
    const columns = [
      column("film_id", "bigint"),
      column("old", "text"),
      column("seen_at", "timestamp with time zone", { fillsItself: true }),
      column("doubled", "integer", { isGenerated: true }),
    ];
    expect(plan("replace", aTarget({ attachments: ["index"], columns })).sql).toEqual([
      `TRUNCATE ONLY "raw"."films"`,
      `ALTER TABLE "raw"."films" ALTER COLUMN "film_id" TYPE integer USING NULL`,
      `ALTER TABLE "raw"."films" DROP COLUMN "old"`,
      `ALTER TABLE "raw"."films" ADD COLUMN "title" text`,
      fill,
    ]);
  });

  test("a column that the target computes and no row brings is left to it", () => {
    const columns = [...aTarget().columns, column("doubled", "integer", { isGenerated: true })];
    expect(plan("replace", aTarget({ attachments: ["x"], columns })).sql.at(-1)).toBe(fill);
  });

  test("append adds what is missing, without NOT NULL because older rows have no value", () => {
    expect(plan("append", aTarget({ columns: [column("title", "text")] }))).toEqual({
      kind: "appended",
      sql: [`ALTER TABLE "raw"."films" ADD COLUMN "film_id" integer`, fill],
    });
  });
});

describe("rows that are matched by a key", () => {
  const lock = `LOCK TABLE "raw"."films" IN SHARE ROW EXCLUSIVE MODE`;
  const matched = `t."film_id" = s."film_id"`;

  test("merge updates known keys and inserts the others, in one statement that counts both", () => {
    expect(plan("merge", aTarget(), ["film_id"])).toEqual({
      kind: "merged",
      sql: [
        lock,
        `MERGE INTO ONLY "raw"."films" AS t USING ${staging} AS s ON ${matched}
    WHEN MATCHED THEN UPDATE SET "title" = s."title"
    WHEN NOT MATCHED THEN INSERT ("film_id", "title") OVERRIDING SYSTEM VALUE VALUES (s."film_id", s."title")`,
      ],
    });
  });

  test("a row that is all key is counted when it is known", () => {
    expect(plan("merge", aTarget(), ["film_id", "title"]).sql.at(-1)).toContain(
      `UPDATE SET "film_id" = s."film_id", "title" = s."title"`,
    );
  });

  test("deleteInsert deletes every staged key, then fills", () => {
    expect(plan("deleteInsert", aTarget(), ["film_id"])).toEqual({
      kind: "deleteInserted",
      sql: [
        lock,
        `DELETE FROM ONLY "raw"."films" AS t USING (SELECT DISTINCT "film_id" FROM ${staging}) AS s WHERE ${matched}`,
        fill,
      ],
    });
  });

  test.each([
    ["merge", `ALTER TABLE "raw"."films" ADD PRIMARY KEY ("film_id")`],
    ["deleteInsert", `CREATE INDEX ON "raw"."films" ("film_id")`],
  ] as const)("the first load by %s makes the target with an index of the key", (mode, index) => {
    expect(plan(mode, undefined, ["film_id"])).toEqual({ kind: "created", sql: [rename, index] });
  });

  test("columns that the target lacks are added, and what it computes alone is left to it", () => {
    const columns = [column("film_id", "integer"), column("length", "integer", { isGenerated: true })];
    expect(plan("merge", aTarget({ columns }), ["film_id"]).sql).toContainEqual(
      `ALTER TABLE "raw"."films" ADD COLUMN "title" text`,
    );
  });

  test("an identity that nobody may change is refused where a merge would change it, and is a key like others", () => {
    const identity = (name: string, other: string) =>
      aTarget({ columns: [column(name, "integer", { isAlwaysIdentity: true }), column(other, "text")] });
    expect(() => plan("merge", identity("title", "film_id"), ["film_id"])).toThrow(
      /gives title its values .* Match by the column .* ALTER COLUMN "title" SET GENERATED BY DEFAULT$/,
    );
    expect(plan("merge", identity("film_id", "title"), ["film_id"]).kind).toBe("merged");
    expect(plan("append", identity("film_id", "title")).kind).toBe("appended");
  });

  test("a key that the rows do not have is refused", () => {
    expect(() => plan("merge", undefined, ["id", "title"])).toThrow(
      /the rows have no column id; they have: film_id, title/,
    );
    expect(() => plan("deleteInsert", aTarget())).toThrow(/there is no key/);
  });
});

describe("what is refused, with what to do", () => {
  test.each([
    [
      "a column that the target computes",
      { attachments: ["x"], columns: [column("film_id", "integer"), column("title", "text", { isGenerated: true })] },
      /^target raw\.films computes title itself .* would be lost\. .* load\.rename\.films\. Or make it a plain column/,
    ],
    [
      "rules that send rows elsewhere",
      { insteadRules: ["away", "gone"] },
      /^target raw\.films has rules that put something else in the place of INSERT: away, gone\. The rows would not arrive/,
    ],
    ["a view in the target's place", { kind: "v" }, /^target raw\.films is a view, expected a table or nothing/],
    [
      "a key that cannot wait",
      { attachments: ["k"], incomingForeignKeys: [{ name: "k", table: "rentals", canWait: false }] },
      /k of rentals/,
    ],
    [
      "a removed column that views read",
      { attachments: ["v"], columns: [...aTarget().columns, column("price", "numeric", { views: ["a.v", "a.w"] })] },
      /^column price of target raw\.films is gone from the source, but views read it: a\.v, a\.w\. Drop them/,
    ],
    [
      "a column of another type that views read",
      { attachments: ["v"], columns: [column("film_id", "bigint", { views: ["a.v"] })] },
      /^column film_id of target raw\.films is bigint here and integer at the source, but views read it: a\.v/,
    ],
  ])("%s", (_what, parts, message) => {
    expect(() => plan("replace", aTarget(parts))).toThrow(message);
  });
});

test("the staging table has the source's columns and names of constraints that the target would have given", () => {
  const wide = { name: "c".repeat(60), type: "text[]", notNull: true };
  expect(createStagingStatement(films, [...staged, wide])).toMatch(
    /^CREATE TABLE "raw"\."_kelt_staging_[0-9a-f]{16}" \("film_id" integer CONSTRAINT "films_film_id_not_null" NOT NULL, "title" text, "c{60}" text\[\] NOT NULL\)$/,
  );
});
