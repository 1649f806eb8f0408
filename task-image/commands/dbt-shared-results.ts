import type { NodeResult } from "../dbt/run/node-result.ts";
import type { CommandContext } from "./command.ts";
import { endedWell, ResultWriter, readResults } from "./dbt-attempts.ts";
import type { DbtSessions } from "./dbt-sessions.ts";
import type { UnitSpec } from "./transform.ts";

/** What the Jobs of one project tell each other: how each node has ended, well or not. */
export interface SharedResults extends AsyncDisposable {
  /** All results that were there when this Job began, of any Job of the plan. */
  readonly earlier: ReadonlyMap<string, NodeResult>;
  /** Those that have ended well: a Job does not run them again. */
  readonly ended: ReadonlyMap<string, NodeResult>;
  note(result: NodeResult): void;
  /** Resolves when all that was noted is written. Rejects where it cannot be: other Jobs would take those nodes for lost. */
  written(): Promise<void>;
}

export async function openSharedResults(
  spec: UnitSpec,
  { log }: CommandContext,
  { digest, sessions }: { readonly digest: string; readonly sessions: DbtSessions },
): Promise<SharedResults> {
  const { schema } = spec.work.transform;
  const warehouse = await sessions.warehouse;
  const failure = (error: unknown) => warehouse.failure(error, `keeping results in schema ${schema}`);
  const owner = { runUid: spec.run.uid, node: spec.unit.node, content: digest };
  const table = (await sessions.forResults()).results(schema, owner);
  let lost: unknown;
  const writer = new ResultWriter(table, (error) => {
    lost = error;
    log.warn("results of nodes are not kept", { problem: failure(error).message });
  });
  const earlier = await readResults(table).catch((error: unknown) => {
    throw failure(error);
  });
  return {
    earlier,
    ended: new Map([...earlier].filter(([, result]) => endedWell(result))),
    note: (result) => {
      if (result.isReused !== true) writer.add(result);
    },
    written: async () => {
      await writer.end();
      if (lost !== undefined) throw failure(lost);
    },
    [Symbol.asyncDispose]: () => writer.end(),
  };
}
