import type { Problem } from "../../jinja/problem.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { PATH_PARTS, type PathPolicy } from "../adapter/relation-path.ts";
import type { AdapterType } from "../adapter/warehouse.ts";
import { ADAPTERS } from "../adapter/warehouses.ts";
import { DBT_VERSION } from "../context/dbt-version.ts";
import { parseHost } from "../context/parse-host.ts";
import { dbtVersionProblems } from "../deps/required-dbt.ts";
import type { MacroText } from "../macros/known-files.ts";
import { readMacroFile } from "../macros/macro-file.ts";
import type { ManifestInput } from "../manifest/manifest-input.ts";
import type { Manifest } from "../manifest/node.ts";
import { readManifest, settingsScope } from "../manifest/read-manifest.ts";
import type { DataMap } from "../project/data.ts";
import { projectFacts } from "../project/project-facts.ts";
import type { ProjectTree } from "../project/project-package.ts";
import { queryCommentOf } from "../project/query-comment.ts";
import { toValue } from "../project/template-values.ts";
import { variablesOf } from "../project/variables.ts";
import { projectSelectors, type Selectors } from "../selection/selectors-file.ts";
import { SELECTORS_FILE } from "../selection/selectors-path.ts";
import type { RunInput } from "./run-input.ts";
import type { Doing } from "./verbs.ts";

/** What a project is read and run with. */
export interface RunRequest {
  readonly tree: ProjectTree;
  /** The macros of dbt and its adapters, of the packages `dbt`, `dbt_postgres` and so on. */
  readonly dbtMacros: readonly MacroText[];
  readonly warehouse: AdapterType;
  readonly database: string;
  /** `target.schema`: where relations go that no setting sends elsewhere. */
  readonly schema: string;
  /** `target.name`. */
  readonly targetName: string;
  /** `target.host`, `target.port` and `target.user`, as far as templates may see them. */
  readonly login?: DataMap;
  readonly threads: number;
  readonly vars: DataMap;
  readonly environment: ReadonlyMap<string, string>;
  /** `FULL_REFRESH`, `STORE_FAILURES`, `WHICH`, …. */
  readonly flags: DataMap;
  readonly isEmpty: boolean;
  readonly invocationId: string;
  /** Microseconds of UTC since 1970. */
  readonly startedAt: bigint;
}

export interface ReadRun {
  readonly manifest: Manifest;
  /** With problems nothing may run. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly selectors: Selectors;
  /** The text of a seed's file, by the node's unique id. */
  readonly seeds: ReadonlyMap<string, string>;
  /** What the threads of a run of these nodes get. */
  inputFor(selected: readonly string[], does: Doing): RunInput;
}

/** Reads a project, and answers what its run needs. */
export function readRun(request: RunRequest): ReadRun {
  const { tree, dbtMacros, database, schema, environment, vars, flags, startedAt, invocationId } = request;
  const target = targetOf(request);
  const targetValue = toValue(target);
  const host = parseHost({
    warehouse: ADAPTERS[request.warehouse],
    database,
    quoting: QUOTED,
    surroundings: {
      target: targetValue instanceof DictValue ? targetValue : new DictValue(),
      flags: new Map(Object.entries(flags).map(([name, value]) => [name, toValue(value)] as const)),
      invocationId,
      startedAt,
      clock: () => startedAt,
      thread: "MainThread",
      log: () => undefined,
      warn: () => undefined,
    },
  });
  const manifestInput: ManifestInput = {
    tree,
    dbtMacros: dbtMacros.flatMap(({ packageName, path, text }) => readMacroFile(packageName, path, text)),
    host,
    environment,
    vars,
    target: { database, schema, now: Number(startedAt / 1_000_000n) },
  };
  const read = readManifest(manifestInput);
  const problems = [...read.problems, ...dbtVersionProblems(read.packages, DBT_VERSION)];
  const selectors = projectSelectors(tree.get(SELECTORS_FILE), settingsScope(manifestInput), problems);
  const [root] = read.packages;
  const own = read.packages.flatMap((each) => {
    const generic = each.files(["tests"], [".sql"]).filter(({ path }) => path.startsWith("generic/"));
    const files = [...each.files(["macros"], [".sql"]), ...generic];
    return files.map(({ fullPath, text }) => ({ packageName: each.settings.name, path: fullPath, text }));
  });
  return {
    manifest: read.manifest,
    problems,
    warnings: read.warnings,
    selectors,
    seeds: seedTexts(read.manifest, read.packages),
    inputFor: (selected, does) => ({
      // Each thread reads the macros from their files: what the manifest says of them would be copied for nothing.
      manifest: { ...read.manifest, macros: new Map() },
      macroFiles: [...dbtMacros, ...own],
      searchOrders: root?.settings.searchOrders ?? new Map(),
      warehouse: request.warehouse,
      database,
      quoting: quotingOf(root?.settings.quoting ?? {}),
      facts: projectFacts(read.packages, ADAPTERS[request.warehouse].types, vars),
      target,
      queryComment: queryCommentOf(root?.settings.queryComment),
      flags,
      environment,
      variables: new Map(
        root === undefined
          ? []
          : read.packages.map((each) => [each.settings.name, variablesOf(each, root, vars)] as const),
      ),
      isEmpty: request.isEmpty,
      batchesOwnStrategy: root?.settings.flags.require_batched_execution_for_custom_microbatch_strategy === true,
      invocationId,
      startedAt,
      selected,
      does,
      runsHooks: does === "run" || (does === "freshness" && root?.settings.flags[FRESHNESS_HOOKS] !== false),
    }),
  };
}

/** A flag of dbt_project.yml: whether hooks run around the freshness of sources, as they do by default. */
const FRESHNESS_HOOKS = "source_freshness_run_project_hooks";
const QUOTED: PathPolicy = { database: true, schema: true, identifier: true };

function targetOf({ targetName, warehouse, database, schema, threads, login = {} }: RunRequest): DataMap {
  return {
    ...login,
    name: targetName,
    target_name: targetName,
    profile_name: "kelt",
    type: warehouse,
    database,
    dbname: database,
    schema,
    threads: BigInt(threads),
  };
}

function quotingOf(quoting: DataMap): PathPolicy {
  const policy = { ...QUOTED };
  for (const part of PATH_PARTS) if (typeof quoting[part] === "boolean") policy[part] = quoting[part];
  return policy;
}

function seedTexts(
  { nodes }: Manifest,
  packages: ReturnType<typeof readManifest>["packages"],
): ReadonlyMap<string, string> {
  const files = new Map(
    packages.flatMap((each) =>
      each
        .files(["seeds"], [".csv"])
        .map(({ originalPath, text }) => [`${each.settings.name}/${originalPath}`, text] as const),
    ),
  );
  const seeds = [...nodes.values()].filter(({ resource_type }) => resource_type === "seed");
  return new Map(
    seeds.flatMap((node) => {
      const text = files.get(`${node.package_name}/${node.original_file_path}`);
      return text === undefined ? [] : [[node.unique_id, text] as const];
    }),
  );
}
