import type { NodeResult, NodeStatus } from "../dbt/run/node-result.ts";
import type { RunInput } from "../dbt/run/run-input.ts";
import type { NodeResultsTable } from "../dbt/warehouses/dbt-warehouse.ts";
import { contentHash } from "../projects/content-hash.ts";
import type { CommandContext, SpecOf } from "./command.ts";
import type { DbtSessions } from "./dbt-sessions.ts";

/** Whether what a node did stands, so that it need not be done again. */
export function endedWell({ status }: Pick<NodeResult, "status">): boolean {
  return ENDED_WELL.has(status);
}

const ENDED_WELL: ReadonlySet<NodeStatus> = new Set(["success", "pass", "warn", "no-op"]);

/** What attempts of a node tell each other: which nodes of the project have ended well. */
export interface Attempts extends AsyncDisposable {
  /** Results that earlier attempts of the same run have left, of the same project with the same settings. */
  readonly ended: ReadonlyMap<string, NodeResult>;
  /** A node has ended, and what it did is committed. Its result is written soon, and by the time that this is disposed of. */
  note(result: NodeResult): void;
}

interface Read {
  readonly input: RunInput;
  readonly tree: ReadonlyMap<string, string>;
  readonly sessions: DbtSessions;
}

/**
 * Keeps results by a session of its own, beside those that run nodes. Where results cannot be kept this is said once, and another attempt
 * begins anew. A killed attempt has lost what was not written: those nodes run again.
 */
export async function openAttempts(
  spec: SpecOf<"transform">,
  context: CommandContext,
  { input, tree, sessions }: Read,
): Promise<Attempts> {
  const { schema } = spec.work.transform;
  if (input.does !== "run") return NOTHING;
  const { failure } = await sessions.warehouse;
  const keeping = await sessions.forResults();
  const owner = { runUid: spec.run.uid, node: spec.node, content: contentOf(spec, input, tree) };
  const table = keeping.results(schema, owner);
  const give = (error: unknown) => {
    context.log.warn("results of nodes are not kept: another attempt would begin anew", {
      problem: failure(error, `keeping results in schema ${schema}`).message,
    });
  };
  const writer = new ResultWriter(table, give);
  return {
    ended: spec.attempt === 1 ? new Map() : await readEnded(table, give),
    note: (result) => {
      const isHook = input.manifest.nodes.get(result.id)?.resource_type === "operation";
      if (!isHook && endedWell(result) && result.isReused !== true) writer.add(result);
    },
    [Symbol.asyncDispose]: async () => {
      await writer.end();
    },
  };
}

const NOTHING: Attempts = {
  ended: new Map(),
  note: () => undefined,
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** Writes what has come in since the last write, one write at a time, until one fails. */
export class ResultWriter {
  readonly #table: NodeResultsTable;
  readonly #onFailure: (error: unknown) => void;
  #waiting = new Map<string, string>();
  #work: Promise<void> | undefined;
  #hasFailed = false;

  constructor(table: NodeResultsTable, onFailure: (error: unknown) => void) {
    this.#table = table;
    this.#onFailure = onFailure;
  }

  add(result: NodeResult): void {
    if (this.#hasFailed) return;
    this.#waiting.set(result.id, writeResult(result));
    this.#work ??= this.#write();
  }

  async end(): Promise<void> {
    await this.#work;
  }

  async #write(): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        const taken = this.#waiting;
        this.#waiting = new Map();
        await this.#table.write(taken);
      }
    } catch (error) {
      this.#hasFailed = true;
      this.#onFailure(error);
    } finally {
      this.#work = undefined;
    }
  }
}

/** The SQL stays out: it is long, and nobody needs it again. */
function writeResult(result: NodeResult): string {
  return JSON.stringify({ ...result, steps: [], compiledCode: null });
}

/** What was kept of the owner's nodes. */
export async function readResults(table: NodeResultsTable): Promise<ReadonlyMap<string, NodeResult>> {
  const texts = await table.read();
  return new Map([...texts].map(([id, text]) => [id, JSON.parse(text) as NodeResult] as const));
}

async function readEnded(
  table: NodeResultsTable,
  onFailure: (error: unknown) => void,
): Promise<ReadonlyMap<string, NodeResult>> {
  try {
    return await readResults(table);
  } catch (error) {
    onFailure(error);
    return new Map();
  }
}

/** A hash of the project and of what is done with it. */
function contentOf(
  { work }: SpecOf<"transform">,
  { database, selected }: RunInput,
  tree: ReadonlyMap<string, string>,
): string {
  const files = [...tree].sort(([one], [other]) => (one < other ? -1 : 1));
  return contentHash([database, work.transform, selected, ...files]);
}
