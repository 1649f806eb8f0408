import { adapterFor } from "../dbt/adapter/warehouses.ts";
import type { BridgeSession } from "../dbt/bridge/answering.ts";
import type { DbtWarehouse, Keeping, ThreadSession } from "../dbt/warehouses/dbt-warehouse.ts";
import { WAREHOUSES } from "../warehouses.ts";
import type { CommandContext, SpecOf } from "./command.ts";

/** Nodes that run at once where the node of the run does not say. */
export const THREADS = 4;

/** Sessions of a run, opened all at once while its project is read. Disposing of it closes them, and gives up those that are not open yet. */
export interface DbtSessions extends AsyncDisposable {
  readonly warehouse: Promise<DbtWarehouse>;
  /** Some of the sessions that run nodes. Rejects with the failure of the first that cannot be opened. */
  forThreads(count: number): Promise<readonly BridgeSession[]>;
  /** The session that results are kept by, beside those that run nodes. */
  forResults(): Promise<Keeping>;
}

export function openSessions(spec: SpecOf<"transform">, context: CommandContext, threads: number): DbtSessions {
  const { connection } = spec.work.transform;
  const end = new AbortController();
  const { redactor, wallClock } = context;
  const surroundings = { redactor, wallClock, signal: AbortSignal.any([context.signal, end.signal]) };
  const warehouse = warehouseFor(spec);
  const ofThreads: readonly Promise<ThreadSession>[] = Array.from({ length: threads }, async () =>
    (await warehouse).openThread(spec, connection, surroundings),
  );
  const ofResults = warehouse.then((found) => found.openKeeping(spec, connection, surroundings));
  const all: readonly Promise<AsyncDisposable>[] = [...ofThreads, ofResults];
  const open: AsyncDisposable[] = [];
  // Whoever asks for one hears of its failure.
  for (const each of all) each.then((session) => open.push(session)).catch(() => undefined);
  return {
    warehouse,
    forThreads: (count) => Promise.all(ofThreads.slice(0, count)),
    forResults: () => ofResults,
    [Symbol.asyncDispose]: async () => {
      await Promise.allSettled(open.map((session) => session[Symbol.asyncDispose]()));
      // One that opens from now on is cut.
      end.abort();
      await Promise.allSettled(all);
    },
  };
}

/** The warehouse that a node's models are built in. */
export async function warehouseFor({ connections, work }: SpecOf<"transform">): Promise<DbtWarehouse> {
  const { dbt } = await WAREHOUSES[adapterFor(connections[work.transform.connection]?.kind)]();
  if (dbt === undefined) throw new Error("an adapter of dbt has no warehouse");
  return await dbt();
}
