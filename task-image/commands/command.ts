import type { InstalledPackages } from "#api/project-packages.ts";
import type { TaskSpec, TaskWork } from "#api/task.ts";
import type { Measured } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Redactor } from "../redaction.ts";
import type { ProgressReporter } from "../report/item-progress.ts";

/** One of several pods that do the work of a node together. */
export interface Part {
  /** From 0. */
  readonly index: number;
  readonly of: number;
}

/** What a command works with besides its spec. It reads no clock of its own, and of the environment what is here. */
export interface CommandContext {
  /** Aborted when the pod is told to stop: the command rolls back and rejects. */
  readonly signal: AbortSignal;
  readonly progress: ProgressReporter;
  readonly log: Log;
  /** Learns every secret that is read, so that none of them is ever printed. */
  readonly redactor: Redactor;
  /** The process' environment: a cloud's webhook says there which role the pod may take. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A clock for durations, in milliseconds. */
  readonly monotonic: () => number;
  /** Milliseconds of UTC since 1970. */
  readonly wallClock: () => number;
  /** Where the transform node's project is mounted. */
  readonly projectDirectory: string;
  /** Where the macro packages of dbt's adapters lie. */
  readonly macroDirectory: string;
  /** The page of a dbt project without its data. */
  readonly pageFile: string;
  /** The one writable directory of the pod. */
  readonly workDirectory: string;
  /** Where the Secret of a project's git repository is mounted. */
  readonly gitSecretDirectory: string;
  /** Where Secrets for hosts of packages are mounted. */
  readonly packageSecretsDirectory: string;
  /** Says which commit of its project the node works with, before it does: the run's other nodes and attempts get the same. */
  readonly onCommit: (commit: string) => void;
  /** Says which packages of its project the node has chosen, before it works with them, for the same reason. */
  readonly onPackages: (packages: InstalledPackages) => void;
  /** The part of a fan-out that this pod is; missing where it does all of the work. */
  readonly part?: Part;
}

/** What a command that succeeded says of its work. `message` is one sentence: "3 tables, 1,234 rows". */
export interface Outcome extends Measured {
  readonly message: string;
  /** The units that a project is packed into, from the Job that plans: `packing.ts` of the operator writes it. */
  readonly plan?: string;
}

/** The part of a task's spec that says what to do for one verb. */
export type WorkOf<V extends TaskWork["verb"]> = Extract<TaskWork, { readonly verb: V }>;

/** A spec whose verb is known. */
export type SpecOf<V extends TaskWork["verb"]> = TaskSpec & { readonly work: WorkOf<V> };

/** A verb: it resolves when all of its work is done and committed, and rejects with a {@link TaskFailure} otherwise. */
export type Command<V extends TaskWork["verb"]> = (spec: SpecOf<V>, context: CommandContext) => Promise<Outcome>;
