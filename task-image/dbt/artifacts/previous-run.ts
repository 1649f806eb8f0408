import { type Data, type DataMap, isMap, own } from "../project/data.ts";
import { SelectionError } from "../selection/criterion.ts";
import type { PreviousManifest } from "../selection/state.ts";

/** Texts of artifacts that earlier runs have left; undefined where there are none. */
export interface EarlierArtifacts {
  /** manifest.json of the latest success. */
  readonly manifest: string | undefined;
  /** run_results.json of the latest run. */
  readonly results: string | undefined;
}

/**
 * What `state:` compares with. Before the first success everything is new.
 *
 * @throws {SelectionError} for a text that is no manifest.
 */
export function previousManifest({ manifest }: EarlierArtifacts): PreviousManifest {
  if (manifest === undefined) return { items: new Map(), macros: new Map() };
  const read = parsed("manifest.json", manifest);
  const items = ["nodes", "sources", "exposures", "unit_tests"].flatMap((key) => entriesOf(read, key));
  const macros = entriesOf(read, "macros").map(([id, macro]) => [id, String(own(macro, "macro_sql") ?? "")] as const);
  return { items: new Map(items), macros: new Map(macros) };
}

/**
 * How each node of the latest run ended, for `result:`; nothing before the first run.
 *
 * @throws {SelectionError} for a text that has no results.
 */
export function previousResults({ results }: EarlierArtifacts): ReadonlyMap<string, string> {
  const list = results === undefined ? [] : own(parsed("run_results.json", results), "results");
  if (!Array.isArray(list)) throw new SelectionError("run_results.json of the latest run has no list 'results'");
  const maps = list.filter((each: Data): each is DataMap => isMap(each));
  return new Map(maps.map((each) => [String(each.unique_id), String(each.status)] as const));
}

function entriesOf(read: DataMap, key: string): (readonly [string, DataMap])[] {
  const found = own(read, key);
  if (!isMap(found)) throw new SelectionError(`manifest.json of the latest success has no map '${key}'`);
  return Object.entries(found).flatMap(([id, value]) => (isMap(value) ? [[id, value] as const] : []));
}

function parsed(name: string, text: string): DataMap {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    read = undefined;
  }
  if (!isMap(read)) throw new SelectionError(`${name}, which the selection is compared with, is not a JSON object`);
  return read;
}
