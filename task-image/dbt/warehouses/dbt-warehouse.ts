import type { TaskSpec } from "#api/task.ts";
import type { CommandContext } from "../../commands/command.ts";
import type { PostgresSettings } from "../../connections/postgres-settings.ts";
import type { TaskFailure } from "../../errors.ts";
import type { AdapterType } from "../adapter/warehouse.ts";
import type { BridgeSession } from "../bridge/answering.ts";

type Surroundings = Pick<CommandContext, "signal" | "redactor">;
type Clock = Pick<CommandContext, "wallClock">;

/** What a run of a dbt project needs of a warehouse beside dbt's macros: sessions, and what kelt keeps there of its own. */
export interface DbtWarehouse {
  readonly adapter: AdapterType;
  /** Where the connection leads. */
  settings(spec: TaskSpec, connection: string, redactor: Surroundings["redactor"]): Promise<PostgresSettings>;
  /** A session for a thread that renders. Rejects with a TaskFailure that says which connection, host, database and user. */
  openThread(spec: TaskSpec, connection: string, surroundings: Surroundings): Promise<ThreadSession>;
  /** A session for what is kept beside the models. */
  openKeeping(spec: TaskSpec, connection: string, surroundings: Surroundings & Clock): Promise<Keeping>;
  /** Any error of a session as the failure it means for the task. `place` says what was being done and to what. */
  failure(error: unknown, place: string): TaskFailure;
}

export type ThreadSession = BridgeSession & AsyncDisposable;

/** Whose results: a repeat of the same work, of the same content, takes what it finds. */
export interface ResultsOwner {
  readonly runUid: string;
  readonly node: string;
  /** A hash of all that the results follow from. */
  readonly content: string;
}

/** Results of nodes of a dbt project, as texts by unique id, in `_kelt_nodes` of a schema. They outlive the pod. */
export interface NodeResultsTable {
  read(): Promise<ReadonlyMap<string, string>>;
  /** Writes results in one transaction, in place of older ones of the same nodes. */
  write(results: ReadonlyMap<string, string>): Promise<void>;
}

/** Whose project it is, and which: the digest of what is kept. */
export interface ProjectKey {
  readonly runUid: string;
  readonly node: string;
  /** SHA-256 in hexadecimal digits. */
  readonly digest: string;
}

/** A column of a relation, as the catalog has it. */
export interface RelationColumn {
  readonly schema: string;
  readonly relation: string;
  readonly column: string;
}

/** What kelt keeps of its own in the schema of the models. Errors are the server's own. */
export interface Keeping extends AsyncDisposable {
  results(schema: string, owner: ResultsOwner): NodeResultsTable;
  /** Keeps a project that has been read in `_kelt_projects` of a schema, where the other Jobs of its run find it. */
  keepProject(schema: string, key: ProjectKey, bytes: Buffer): Promise<void>;
  /** What was kept under the key; nothing where it is gone. */
  findProject(schema: string, key: ProjectKey): Promise<Buffer | undefined>;
  /** The columns of relations, each a schema and a name. */
  columnsOf(relations: readonly (readonly [schema: string, name: string])[]): Promise<readonly RelationColumn[]>;
}
