import { availableParallelism } from "node:os";
import { describe, expect, test } from "vitest";
import { EXIT, type TaskConnection } from "#api/task.ts";
import type { SpecOf } from "../../../task-image/commands/command.ts";
import { load as runLoad } from "../../../task-image/commands/load.ts";
import { type CutRules, startLossyProxy } from "../servers/lossy-proxy.ts";
import type { TestDatabase } from "../servers/postgres.ts";
import { aContext } from "../tasks/task.ts";
import { startTask } from "../tasks/task-process.ts";
import { countTraffic, type KillPoint, killAt, killPoint, type Traffic } from "./kill-point.ts";

/**
 * Points of each load, and half as many after each kind of loss: 51 of a load in all. The seed of the first one is another set of points.
 */
export const POINTS = Number(process.env.KELT_KILLS ?? 25);
export const FIRST_SEED = Number(process.env.KELT_KILL_SEED ?? 1);
/** Most of a cycle is waiting for a process to start. However many processors there are, one server takes the connections of all. */
export const CYCLES_AT_ONCE = Math.min(availableParallelism() + 1, 4);

/** A load into a schema of its own that is going to be killed, and what must be there whatever happens to it. */
export interface KilledLoad {
  readonly name: string;
  readonly warehouse: () => TestDatabase;
  /** Makes the schema, and what is in it before the load. */
  prepare(schema: string): Promise<void>;
  task(schema: string, attempt: number, warehouse: TaskConnection): SpecOf<"load">;
  /** Rows of the outcome. */
  readonly rows: number;
  /** Every table that is loaded. */
  readonly tables: Readonly<Record<string, RightRows>>;
  /** What kelt's own tables must hold in the end: SELECTs of one value in the schema, and the value as text. */
  records(schema: string): Readonly<Record<string, string>>;
}

/** SELECTs of exactly the rows that a table must have. */
interface RightRows {
  /** None for a table that the load makes. */
  readonly before?: string;
  readonly after: string;
}

/** Longer than any run of fifty cycles, on a machine that does something else too. */
export const TIMEOUT_MS = 1_200_000;

/** When the attempt before the one that is killed loses its connection to the destination. */
const LOSSES = ["before the server sees COMMIT", "after the server has committed"] as const;
type Loss = (typeof LOSSES)[number];

/** One way to die, told in its messages. */
interface Death {
  readonly schema: string;
  readonly point: KillPoint;
  readonly attempt: number;
  readonly story: string;
}

/**
 * Loads, kills and retries, at as many points as there are seeds. Whoever looks between sees all of the old rows or all of the new
 * ones; in the end each row is there once, in the right table, and nothing that a load uses on its way is.
 */
async function surviveKills(load: KilledLoad, loss?: Loss): Promise<void> {
  let made = 0;
  const newSchema = async () => {
    made += 1;
    const schema = `${load.name.toLowerCase().replaceAll(/\W+/g, "_")}_${loss?.split(" ", 1)[0] ?? ""}_${made}`;
    await load.prepare(schema);
    if (loss !== undefined) await loseCommit(load, schema, loss);
    return schema;
  };
  const attempt = loss === undefined ? 1 : 2;
  const traffic = await measureTraffic(load, await newSchema(), attempt);
  // Of two losses each gets half of the points.
  const count = loss === undefined ? POINTS : Math.ceil(POINTS / 2);
  const seeds = Array.from({ length: count }, (_, index) => FIRST_SEED + index);
  let killed = 0;
  const cycle = async () => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const point = killPoint(seed, traffic);
      const story = `${load.name}, seed ${seed}: ${loss === undefined ? "" : `lost ${loss}, then `}killed ${tellPoint(point)}`;
      const death = { schema: await newSchema(), point, attempt, story };
      const wasKilled = await killOnce(load, death);
      if (wasKilled) killed += 1;
      await expectOldOrNew(load, death);
      await retry(load, death);
      await expectRight(load, death);
    }
  };
  await Promise.all(Array.from({ length: CYCLES_AT_ONCE }, cycle));
  expect(killed, "points that were reached before the process had ended").toBeGreaterThan(count / 2);
}

function tellPoint({ at, moment }: KillPoint): string {
  return `at ${"byte" in at ? `byte ${at.byte}` : `exchange ${at.exchange}`}, ${moment}`;
}

/** Runs `use` with a connection to the warehouse that goes through a proxy of these rules; answers how often it was cut. */
async function withProxy(
  { warehouse }: KilledLoad,
  rules: CutRules,
  use: (connection: TaskConnection) => Promise<unknown>,
): Promise<number> {
  await using proxy = await startLossyProxy(warehouse().server, rules);
  await use(warehouse().connection({ host: proxy.host, port: String(proxy.port) }));
  return proxy.cuts();
}

async function measureTraffic(load: KilledLoad, schema: string, attempt: number): Promise<Traffic> {
  const traffic = { exchanges: 0, bytes: 0 };
  await withProxy(load, countTraffic(traffic), async (connection) => {
    const { exitCode, output } = await startTask(load.task(schema, attempt, connection)).ended;
    expect(exitCode, `${load.name}, undisturbed\n${output}`).toBe(EXIT.done);
  });
  return traffic;
}

async function loseCommit(load: KilledLoad, schema: string, loss: Loss): Promise<void> {
  const recorded = (bytes: Buffer, sent: string) =>
    bytes.includes("COMMIT\0") && sent.includes(`INSERT INTO "${schema}"."_kelt_loads"`);
  const never = () => false;
  const isEarly = loss === "before the server sees COMMIT";
  const rules = isEarly ? { sent: recorded, received: never } : { sent: never, received: recorded };
  const cuts = await withProxy(load, rules, async (connection) => {
    const lost = runLoad(load.task(schema, 1, connection), aContext());
    await expect(lost).rejects.toMatchObject({ kind: "transient", code: "CommitUnknown" });
  });
  expect(cuts, `${load.name}: lost ${loss}`).toBe(1);
}

/** Starts an attempt and kills it; answers false when it had ended before. */
async function killOnce(load: KilledLoad, { schema, point, attempt, story }: Death): Promise<boolean> {
  let kill = () => {};
  let isKilled = false;
  const rules = killAt(point, () => kill());
  await withProxy(load, rules, async (connection) => {
    const task = startTask(load.task(schema, attempt, connection));
    kill = () => void task.process.kill("SIGKILL");
    const { signal, exitCode, output } = await task.ended;
    isKilled = signal === "SIGKILL";
    expect(isKilled || exitCode === EXIT.done, `${story}\n${output}`).toBe(true);
  });
  return isKilled;
}

/** The last attempt. Nobody kills it: it runs in the test's process, which has it done while another process would still start. */
async function retry(load: KilledLoad, { schema, story }: Death): Promise<void> {
  const spec = load.task(schema, 3, load.warehouse().connection());
  const outcome = await runLoad(spec, aContext()).catch((error: unknown) => expect.fail(`${story}: ${error}`));
  expect(outcome.rows, story).toBe(load.rows);
}

/** Looks at all tables that were there before, in one snapshot. */
async function expectOldOrNew({ tables, warehouse }: KilledLoad, { schema, story }: Death): Promise<void> {
  const old = Object.entries(tables).filter(([, { before }]) => before !== undefined);
  if (old.length === 0) return;
  const sums = (selects: readonly string[]) => `ARRAY[${selects.map(checksum).join(", ")}]`;
  const [row] = await warehouse().query(`SELECT found, found IN (before, after) AS is_whole FROM (SELECT
    ${sums(old.map(([table]) => `SELECT * FROM ${schema}.${table}`))} AS found,
    ${sums(old.map(([, { before = "" }]) => before))} AS before, ${sums(old.map(([, { after }]) => after))} AS after) AS s`);
  expect(row?.is_whole, `${story}: neither the old nor the new rows: ${row?.found}`).toBe("t");
}

async function expectRight({ tables, records, warehouse }: KilledLoad, { schema, story }: Death): Promise<void> {
  const leftovers = `SELECT count(*) FROM pg_class WHERE relnamespace = '${schema}'::regnamespace AND relname ~ '^_kelt_(staging|landing|part_)'`;
  const values: Readonly<Record<string, string>> = { ...records(schema), [leftovers]: "0" };
  const wanted = [
    ...Object.entries(values).map(([select, value]) => ({
      select: `(${select})::text`,
      right: `'${value}'`,
      of: select,
    })),
    ...Object.entries(tables).map(([table, { after }]) => ({
      select: checksum(`SELECT * FROM ${schema}.${table}`),
      right: checksum(after),
      of: table,
    })),
  ];
  const compared = wanted.map(
    ({ select, right }, index) => `SELECT ${index} AS index, ${select} AS found, ${right} AS right`,
  );
  const rows = await warehouse().query(compared.join(" UNION ALL "));
  const wrong = rows.filter(({ found, right }) => found !== right);
  expect(
    wrong.map((row) => ({ ...row, of: wanted[Number(row.index)]?.of })),
    story,
  ).toEqual([]);
}

/** SQL of the count and a checksum of all values of all rows, whatever their order. */
function checksum(select: string): string {
  return `(SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) FROM (${select}) AS t)`;
}

/** The tests of one load: killed at any point, alone and after its connection was lost at COMMIT. */
export function testKills(load: KilledLoad): void {
  describe(load.name, () => {
    test("a process killed at any point, then retried: every row once", { timeout: TIMEOUT_MS }, () =>
      surviveKills(load),
    );

    test.each(LOSSES)(
      "a connection lost %s, the next process killed at any point, then retried: every row once",
      { timeout: TIMEOUT_MS },
      (loss) => surviveKills(load, loss),
    );
  });
}
