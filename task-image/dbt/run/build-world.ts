import { Budget, DBT_LIMITS } from "../../jinja/budget.ts";
import { startOf } from "../../jinja/problem.ts";
import { plain } from "../../jinja/running/parameters.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import type { Value } from "../../jinja/values/value.ts";
import { Adapter, type CallMacro } from "../adapter/adapter.ts";
import { Connection } from "../adapter/connection.ts";
import { QueryComment } from "../adapter/query-comment.ts";
import { RelationClass } from "../adapter/relation-class.ts";
import { ADAPTERS } from "../adapter/warehouses.ts";
import type { Bridge } from "../bridge/bridge.ts";
import { NodeContext } from "../context/node-context.ts";
import { lookups, type RunWorld } from "../context/run-world.ts";
import { runtimeConfig } from "../context/runtime-config.ts";
import { sharedValues } from "../context/shared-values.ts";
import type { KnownFiles } from "../macros/known-files.ts";
import { macroLibrary } from "../macros/macro-library.ts";
import type { ManifestNode } from "../manifest/node.ts";
import { toValue } from "../project/template-values.ts";
import { fail } from "../values/host-function.ts";
import { commentMacro } from "./comment-macro.ts";
import type { RunInput } from "./run-input.ts";

export interface WorldServices {
  readonly bridge: Bridge;
  /** Microseconds of UTC since 1970. */
  readonly clock: () => bigint;
  /** The name of the thread. */
  readonly thread: string;
  readonly seedText: (node: ManifestNode) => string | undefined;
  readonly files: KnownFiles;
}

/** Puts together what the nodes of a run share: macros, the adapter and the values of every context. */
export function buildWorld(input: RunInput, { bridge, clock, thread, seedText, files }: WorldServices): RunWorld {
  const warehouse = ADAPTERS[input.warehouse];
  const relations = new RelationClass(warehouse, input.quoting);
  const places = {
    rootPackage: input.manifest.projectName,
    adapterTypes: warehouse.types,
    searchOrders: input.searchOrders,
  };
  const library = macroLibrary(
    places,
    input.macroFiles.flatMap((file) => files.macrosOf(file)),
    [],
  );
  const target = toValue(input.target);
  const flags = new Map(Object.entries(input.flags).map(([name, value]) => [name, toValue(value)] as const));
  const shared = sharedValues({
    target: target instanceof DictValue ? target : new DictValue(),
    flags,
    invocationId: input.invocationId,
    startedAt: input.startedAt,
    clock,
    thread,
    relations,
    columns: warehouse.columns,
    log: (message, isInfo) => bridge.log(message, isInfo),
    warn: (message) => bridge.log(message, true),
  });
  const callMacro: CallMacro = (name, named) => {
    const definition = library.findForEngine(name) ?? fail(`there is no macro '${name}'`);
    const macro = new NodeContext(world, definition.packageName).namespace.bound(definition);
    const budget = new Budget(DBT_LIMITS);
    const given = { positional: [], named: new Map<string, Value>(Object.entries(named)) };
    return plain(budget.run(() => macro.call(given, { at: startOf(name), frame: undefined, budget })));
  };
  const comment = new QueryComment(input.queryComment.append);
  const renderComment = commentMacro(
    input.queryComment.template,
    () => new NodeContext(world, input.manifest.projectName),
  );
  const adapter = new Adapter({
    warehouse,
    database: input.database,
    relations,
    connection: new Connection(bridge),
    comment,
    cache: bridge.cache,
    callMacro,
    now: () => new Date(Number(clock() / 1000n)).toISOString().slice(0, -1),
  });
  const world: RunWorld = {
    manifest: input.manifest,
    library,
    adapter,
    shared,
    config: runtimeConfig(input.facts, { target, flags }),
    environment: input.environment,
    variables: (packageName) => input.variables.get(packageName) ?? {},
    isEmpty: input.isEmpty,
    storesFailures: input.flags.STORE_FAILURES === true,
    seedText,
    selected: input.selected,
    nameSession: (name, node) => comment.set(renderComment(name, node)),
    ...lookups(input.manifest),
  };
  return world;
}
