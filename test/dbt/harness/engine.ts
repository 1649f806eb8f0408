/** What runs dbt projects: real dbt, or kelt. */
export interface Engine {
  readonly name: string;
  /** Runs one command on a project. A failing node is a result; only a project that cannot be run at all has a `problem`. */
  run(invocation: Invocation): Promise<Outcome>;
}

export const COMMANDS = ["build", "run", "test", "seed", "snapshot", "compile", "freshness", "docs"] as const;
export type Command = (typeof COMMANDS)[number];

export interface Invocation {
  /** The folder of `dbt_project.yml`. The engine may write into its `target`, `logs` and `dbt_packages` alone. */
  readonly project: string;
  readonly target: Target;
  readonly command: Command;
  readonly options: Options;
}

/** The options of dbt's command line, by the names that kelt has for them. */
export interface Options {
  readonly fullRefresh?: boolean | undefined;
  readonly failFast?: boolean | undefined;
  readonly storeFailures?: boolean | undefined;
  readonly empty?: boolean | undefined;
  readonly vars?: Readonly<Record<string, unknown>> | undefined;
  readonly select?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly selector?: string | undefined;
  /** A folder with the artifacts of an earlier run, for `state:` and `result:`. */
  readonly state?: string | undefined;
}

/** A connection to Postgres, and what of a profile a project sees. */
export interface Target {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly schema: string;
  readonly threads: number;
}

/** What a command did. */
export interface Outcome {
  /** In the order in which they were sent. */
  readonly statements: readonly SentStatement[];
  readonly results: readonly NodeResult[];
  /** Why nothing could be run. */
  readonly problem?: string | undefined;
}

/** A statement as the server got it, with dbt's comment if there is one. BEGIN and COMMIT are statements, ROLLBACK is not. */
export interface SentStatement {
  /** The node's unique_id, or a name of the engine's own for statements that belong to no node. */
  readonly node: string;
  readonly sql: string;
}

/** The end of one node: https://docs.getdbt.com/reference/artifacts/run-results-json */
export interface NodeResult {
  readonly node: string;
  /** dbt's word: success, error, skipped, pass, fail, warn, no-op, partial success, runtime error, and `compiled` for `compile`. */
  readonly status: string;
  /** Rows that failed a test. */
  readonly failures: number | null;
  /** Rows that the last statement of the node changed, as the server counted them. */
  readonly rowsAffected: number | null;
  /** For people; it is not compared. */
  readonly message: string;
  /** The SQL of the node, where the command compiled it alone. */
  readonly compiled?: string | undefined;
}
