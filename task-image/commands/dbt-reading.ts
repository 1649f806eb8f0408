import type { PostgresSettings } from "../connections/postgres-settings.ts";
import { isPublic } from "../connections/public-keys.ts";
import type { MacroNode } from "../dbt/manifest/node.ts";
import type { DataMap } from "../dbt/project/data.ts";
import { givenVars } from "../dbt/project/given-vars.ts";
import { readAside } from "../dbt/run/read-aside.ts";
import type { RunInput } from "../dbt/run/run-input.ts";
import { SELECTORS_FILE } from "../dbt/selection/selectors-path.ts";
import { ConfigurationError } from "../errors.ts";
import type { CommandContext, SpecOf } from "./command.ts";
import { firstOf } from "./dbt-conclusion.ts";
import { readEarlier } from "./dbt-earlier.ts";
import { ENVIRONMENT, readDbtFiles } from "./dbt-files.ts";
import { THREADS, warehouseFor } from "./dbt-sessions.ts";
import type { Threads } from "./dbt-threads.ts";

/** A project that has been read, with what of it is selected. */
export interface ReadProject {
  readonly input: RunInput;
  /** The text of a seed's file, by the node's unique id. */
  readonly seeds: ReadonlyMap<string, string>;
  /** Ids of the sources that are selected. */
  readonly sources: readonly string[];
  /** Empty unless the node has artifacts. */
  readonly macros: ReadonlyMap<string, MacroNode>;
  /** The project's files by path. */
  readonly tree: ReadonlyMap<string, string>;
}

/** Reads the project of a node. Throws a ConfigurationError with the first mistakes where it has some. */
export async function readDbtProject(
  spec: SpecOf<"transform">,
  context: CommandContext,
  { reader, dbtMacros }: Pick<Threads, "reader" | "dbtMacros">,
): Promise<ReadProject> {
  const { connection, command, select = [], exclude = [], selector, ...said } = spec.work.transform;
  const warehouse = await warehouseFor(spec);
  const settings = await warehouse.settings(spec, connection, context.redactor);
  const tree = await readDbtFiles(spec, context);
  context.log.info("reading the project", { files: tree.size });
  const request = {
    tree,
    dbtMacros,
    ...{ warehouse: warehouse.adapter, database: settings.database, schema: said.schema },
    targetName: said.target ?? connection,
    login: publicLogin(settings),
    threads: said.threads ?? THREADS,
    vars: givenVars(said.vars ?? {}),
    environment: ENVIRONMENT,
    flags: {
      FULL_REFRESH: said.fullRefresh ?? false,
      STORE_FAILURES: said.storeFailures ?? false,
      WHICH: command,
      EMPTY: false,
    },
    isEmpty: false,
    invocationId: spec.run.uid,
    startedAt: BigInt(context.wallClock()) * 1000n,
  };
  const withMacros = said.artifacts !== undefined;
  const earlier = await readEarlier(spec, request.tree.get(SELECTORS_FILE), context);
  const wanted = { request, command, select, exclude, selector, withMacros, earlier };
  const read = await readAside(reader, wanted, context.signal);
  if ("problems" in read) {
    for (const problem of read.problems) context.log.error("the project cannot run", { problem });
    throw new ConfigurationError("InvalidProject", firstOf(read.problems));
  }
  for (const warning of read.warnings) context.log.warn("the project has a weak spot", { warning });
  context.log.info("project read", { command, selected: read.input.selected.length, schema: said.schema });
  return { ...read, tree: request.tree };
}

/** What templates see of the login, without a user that may hold a secret. */
function publicLogin({ host, port, user }: Pick<PostgresSettings, "host" | "port" | "user">): DataMap {
  return { host, port: BigInt(port), ...(isPublic("user", user) ? { user } : {}) };
}
