import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { EXIT } from "#api/task.ts";
import type { WorkOf } from "../../../task-image/commands/command.ts";
import { load } from "../../../task-image/commands/load.ts";
import { until } from "../../support/machine/until.ts";
import {
  POSTGRES_VERSIONS,
  type PostgresServer,
  startPostgres,
  type TestDatabase,
} from "../../support/servers/postgres.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";
import { startTask } from "../../support/tasks/task-process.ts";

const ROWS = 100_000;

/** Waits within the server, which looks every millisecond, for two readers of the database and ends the session of the later one. */
const endLastReader = (database: string) => `DO $$ BEGIN
  FOR i IN 1..20000 LOOP
    PERFORM pg_terminate_backend(pid) FROM (
      SELECT pid FROM pg_stat_progress_copy AS p JOIN pg_stat_activity AS a USING (pid)
      WHERE p.command = 'COPY TO' AND p.datname = '${database}' ORDER BY a.backend_start OFFSET 1 LIMIT 1) AS later;
    IF FOUND THEN RETURN; END IF;
    PERFORM pg_sleep(0.001);
    PERFORM pg_stat_clear_snapshot();
  END LOOP;
  RAISE EXCEPTION 'no two readers came';
END $$`;

describe.each(POSTGRES_VERSIONS)("Postgres %s", (version) => {
  let server: PostgresServer;
  let source: TestDatabase;
  let warehouse: TestDatabase;
  let runs = 0;

  beforeAll(async () => {
    server = await startPostgres({}, undefined, version);
    source = await server.createDatabase();
    // About 50 MB: six ranges, so that three readers take turns.
    await source.query(`CREATE TABLE films (film_id int NOT NULL, title text, price numeric(6, 2));
      INSERT INTO films SELECT i, repeat(md5(i::text), 14), i % 1000 FROM generate_series(1, ${ROWS}) i;
      CREATE TABLE small (a int); INSERT INTO small VALUES (1)`);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    warehouse = await server.createDatabase();
  });

  function aLoad(mode: "replace" | "append" | "merge" = "replace", uid = `run-${++runs}`, attempt = 1) {
    const work: WorkOf<"load"> = {
      verb: "load",
      load: {
        from: { connection: "source", schema: "public", tables: ["films", "small"], parallel: 3 },
        to: { connection: "warehouse", schema: "raw" },
        mode,
      },
    };
    const connections = { source: source.connection(), warehouse: warehouse.connection() };
    return aTask({ work, connections, uid, attempt });
  }
  const parts = () => warehouse.query("SELECT relname FROM pg_class WHERE relname ~ '^_kelt_(part|staging)'");
  const expectWhole = async () => {
    expect(
      await warehouse.query(
        "SELECT count(*), count(DISTINCT film_id) AS ids, sum(hashtext(film_id || title || price)::bigint) AS hash FROM raw.films",
      ),
    ).toEqual(
      await source.query(
        "SELECT count(*), count(DISTINCT film_id) AS ids, sum(hashtext(film_id || title || price)::bigint) AS hash FROM films",
      ),
    );
    expect(await parts()).toEqual([]);
  };

  test("every row comes once, whether the target is made, swapped or refilled", async () => {
    expect(await load(aLoad(), aContext())).toMatchObject({ rows: ROWS + 1 });
    await expectWhole();
    await load(aLoad(), aContext());
    await expectWhole();
    await warehouse.query("CREATE VIEW raw.titles AS SELECT title FROM raw.films");
    await load(aLoad(), aContext());
    await expectWhole();
    expect(
      await warehouse.query(
        "SELECT t->>'published' AS published FROM raw._kelt_loads, jsonb_array_elements(tables) t WHERE t->>'target' = 'raw.films' ORDER BY committed_at",
      ),
    ).toEqual([{ published: "created" }, { published: "swapped" }, { published: "refilled" }]);
  });

  test("all parts are of one snapshot, whatever is written meanwhile", async () => {
    const stop = new AbortController();
    const writing = (async () => {
      while (!stop.signal.aborted) {
        // Each change moves rows to other pages; the sum stays what it is.
        await source.query(
          "BEGIN; UPDATE films SET price = price + 1 WHERE film_id % 97 = 0; UPDATE films SET price = price - 1 WHERE film_id % 97 = 1; COMMIT",
        );
      }
    })();
    try {
      expect(await load(aLoad(), aContext())).toMatchObject({ rows: ROWS + 1 });
    } finally {
      stop.abort();
      await writing;
    }
    const [found] = await warehouse.query("SELECT count(DISTINCT film_id) AS ids FROM raw.films");
    expect(found).toEqual({ ids: String(ROWS) });
    // Of one snapshot, each of the two groups has been changed the same number of times.
    const [changes] =
      await warehouse.query(`SELECT count(DISTINCT price - film_id % 1000) FILTER (WHERE film_id % 97 = 0) AS up,
      count(DISTINCT price - film_id % 1000) FILTER (WHERE film_id % 97 = 1) AS down FROM raw.films`);
    expect(changes).toEqual({ up: "1", down: "1" });
  });

  test("a process that was killed leaves a table that the next attempt takes away", async () => {
    const first = startTask(aLoad("append", "killed"));
    await until("a part has been made", async () => (await parts()).length > 0);
    first.process.kill("SIGKILL");
    await first.ended;
    const second = startTask(aLoad("append", "killed", 2));
    expect((await second.ended).exitCode).toBe(EXIT.done);
    await expectWhole();
  });

  test("a reader that loses its server stops all of them, is the one that the error names, and leaves nothing", async () => {
    const ambush = source.query(endLastReader(source.name));
    const failure = load(aLoad(), aContext()).catch((error: unknown) => error);
    await ambush;
    expect(await failure).toMatchObject({
      kind: "transient",
      // A server that is ended while it waits for its client to read says nothing more: Postgres, ProcessClientWriteInterrupt.
      code: expect.stringMatching(/^(57P01|ConnectionLost)$/) as string,
      message: expect.stringContaining("loading public.films into raw.films"),
    });
    expect(await parts()).toEqual([]);
    await load(aLoad(), aContext());
    await expectWhole();
  });
});
