import { beforeEach, describe, expect, test } from "vitest";
import { Extract } from "#api/extract.ts";
import { Load } from "#api/load.ts";
import type { WorkOf } from "../../../task-image/commands/command.ts";
import { extract } from "../../../task-image/commands/extract.ts";
import { load as loadTask } from "../../../task-image/commands/load.ts";
import { test as runChecks } from "../../../task-image/commands/test.ts";
import { useLoadDatabases } from "../../support/loads/load-databases.ts";
import { POSTGRES_VERSIONS } from "../../support/servers/postgres.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";

describe.each(POSTGRES_VERSIONS)("row level security, in Postgres %s,", (version) => {
  const databases = useLoadDatabases(version);
  const reader = `reader_${version}`;
  beforeEach(() =>
    databases.source.query(`DO $$ BEGIN CREATE ROLE ${reader} LOGIN PASSWORD 'x'; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      CREATE TABLE acct (id int, tenant text); INSERT INTO acct VALUES (1, 'a'), (2, 'b'), (3, 'a'); GRANT SELECT ON acct TO ${reader}`),
  );
  const asReader = () => databases.source.connection({ user: reader, password: "x" });
  const hide = () => databases.source.query("ALTER TABLE acct ENABLE ROW LEVEL SECURITY");
  const refused = (table: string) => ({
    kind: "configuration",
    code: "HiddenRows",
    message: expect.stringMatching(
      new RegExp(
        `row-level security policy for table "${table}", so that rows may be hidden.*Read as a role with BYPASSRLS`,
      ),
    ),
  });
  const load = (from: object, more: object = {}) =>
    databases.load(
      Load.parse({
        from: { connection: "source", ...from },
        to: { connection: "warehouse", schema: "raw" },
        ...more,
      }),
      { source: asReader() },
    );
  const loaded = () => databases.warehouse.query("SELECT id FROM raw.acct ORDER BY id");

  test("of a source refuses the load, and the warehouse keeps its rows", async () => {
    await load({ tables: ["acct"] });
    await hide();
    await expect(load({ tables: ["acct"] })).rejects.toMatchObject(refused("acct"));
    await databases.source.query("CREATE POLICY own_tenant ON acct USING (tenant = 'a')");
    await expect(load({ tables: ["acct"] })).rejects.toMatchObject(refused("acct"));
    expect(await loaded()).toEqual([{ id: "1" }, { id: "2" }, { id: "3" }]);
  });

  test.each([
    ["a query", { query: "SELECT count(*) FROM acct" }, { to: { connection: "warehouse", schema: "raw", table: "n" } }],
    ["an increment", { tables: ["acct"], cursor: { column: "id" } }, { mode: "append" }],
    ["a range", { tables: ["acct"] }, { mode: "deleteInsert", range: { column: "id", from: "1" } }],
  ])("of a source refuses %s", async (_what, from, more) => {
    await hide();
    await expect(load(from, more)).rejects.toMatchObject(refused("acct"));
  });

  test("of a partitioned table refuses it, also where its partitions have none", async () => {
    await databases.source.query(`CREATE TABLE parted (id int) PARTITION BY LIST (id); CREATE TABLE part PARTITION OF parted DEFAULT;
      INSERT INTO parted VALUES (1); ALTER TABLE parted ENABLE ROW LEVEL SECURITY; GRANT SELECT ON parted, part TO ${reader}`);
    await expect(load({ tables: ["parted"] })).rejects.toMatchObject(refused("parted"));
  });

  test("counts for whom a view reads as: its owner, or whoever asks", async () => {
    await hide();
    await databases.source.query(`CREATE VIEW of_owner WITH (security_barrier) AS SELECT * FROM acct; GRANT SELECT ON of_owner TO ${reader};
      CREATE VIEW of_reader WITH (security_invoker) AS SELECT * FROM acct; GRANT SELECT ON of_reader TO ${reader}`);
    await expect(load({ tables: ["of_owner"] })).resolves.toMatchObject({ rows: 3 });
    await expect(load({ tables: ["of_reader"] })).rejects.toMatchObject(refused("acct"));
  });

  test("is no matter for a role that sees all rows", async () => {
    await hide();
    await databases.source.query(`ALTER ROLE ${reader} BYPASSRLS`);
    await expect(load({ tables: ["acct"] })).resolves.toMatchObject({ rows: 3 });
    await databases.source.query(`ALTER ROLE ${reader} NOBYPASSRLS`);
  });

  test("of a source refuses an extract", async () => {
    await hide();
    const work = {
      verb: "extract" as const,
      extract: Extract.parse({ from: { connection: "source", tables: ["acct"] }, to: { directory: "out" } }),
    };
    await expect(extract(aTask({ work, connections: { source: asReader() } }), aContext())).rejects.toMatchObject(
      refused("acct"),
    );
  });

  test("of a table that is tested makes the check an error: hidden rows cannot fail it", async () => {
    await hide();
    const work = {
      verb: "test",
      test: { connection: "source", checks: [{ table: "public.acct", notNull: ["tenant"], severity: "error" }] },
    } as WorkOf<"test">;
    await expect(runChecks(aTask({ work, connections: { source: asReader() } }), aContext())).rejects.toMatchObject({
      code: "CheckErrored",
      message: expect.stringContaining("rows may be hidden from this role"),
    });
  });

  test("of a table of kelt's own refuses the load, which would not see what has been loaded", async () => {
    const loader = `loader_${version}`;
    await databases.warehouse.query(
      `CREATE ROLE ${loader} LOGIN PASSWORD 'x'; GRANT CREATE ON DATABASE ${databases.warehouse.name} TO ${loader}`,
    );
    const warehouse = databases.warehouse.connection({ user: loader, password: "x" });
    const run = (uid: string) => {
      const { work, connections } = databases.task(
        Load.parse({
          from: { connection: "source", tables: ["acct"] },
          to: { connection: "warehouse", schema: "raw" },
          mode: "append",
        }),
      );
      return loadTask(aTask({ work, uid, connections: { ...connections, warehouse } }), aContext());
    };
    await run("first");
    await databases.warehouse.query("ALTER TABLE raw._kelt_loads ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY");
    await expect(run("first")).rejects.toMatchObject({
      kind: "configuration",
      code: "HiddenRows",
      message: expect.stringContaining("raw._kelt_loads is a table of kelt's own and has row level security"),
    });
    expect(await loaded()).toHaveLength(3);
    await databases.warehouse.query(`DROP OWNED BY ${loader}; DROP ROLE ${loader}`);
  });
});
