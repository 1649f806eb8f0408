import { ConfigurationError, DataError } from "../../errors.ts";
import type { ExistingColumn } from "../../loading/reshaping.ts";
import { readSmallObject } from "../../object-store/object-store.ts";
import type { ObjectsToStage } from "../../objects/object-warehouse.ts";
import { showTable } from "../../sql/identifier.ts";
import { foldName, objectName } from "../identifier.ts";
import type { CopyBucket } from "./copy-objects.ts";

/** The columns that JSON objects fill, in the order of the paths to their values. */
export interface JsonColumns {
  readonly names: readonly string[];
  /** URI of a JSONPaths object; without it keys are columns' names in any case. */
  readonly paths?: string;
}

/**
 * Which values of JSON objects go to which columns. COPY cannot find keys out:
 *
 * | what is said             | columns                                              | values                                     |
 * |--------------------------|------------------------------------------------------|--------------------------------------------|
 * | format.…jsonPaths        | the target's in their order; without a target        | the JSONPaths object's, one path a column  |
 * |                          | the last key of each path                            |                                            |
 * | load.columns             | the declared ones                                    | keys written exactly as they are declared  |
 * | neither, and a target    | the target's                                         | keys of the same name in any case          |
 *
 * Throws a ConfigurationError where nothing says it.
 */
export async function jsonColumns(
  bucket: CopyBucket,
  table: ObjectsToStage,
  existing: readonly ExistingColumn[] | undefined,
): Promise<JsonColumns> {
  const { declared, target, format } = table;
  const place = `loading ${table.source} into ${showTable(target)}`;
  const object = "jsonPaths" in format ? format.jsonPaths : undefined;
  if (object !== undefined) return await columnsOfPaths(bucket, place, object, existing);
  if (declared.size > 0) return await columnsOfKeys(bucket, place, objectName(target), [...declared.keys()]);
  const names = existing?.filter(({ fillsItself }) => !fillsItself).map(({ name }) => name);
  if (names !== undefined) return { names };
  throw new ConfigurationError(
    "UnknownColumns",
    `${place}: Redshift does not find out which keys JSON objects have, and there is no table yet. Declare the columns in load.columns.${target.table}, or create the table`,
  );
}

/** Keys as they are, whatever characters they hold: COPY's own way to names would fold them. */
async function columnsOfKeys(
  bucket: CopyBucket,
  place: string,
  name: string,
  keys: readonly string[],
): Promise<JsonColumns> {
  const odd = keys.find((key) => /['\\]/.test(key));
  if (odd !== undefined) {
    throw new ConfigurationError(
      "UnsupportedKey",
      `${place}: expected keys without quotes and backslashes, which JSONPaths cannot hold, found ${JSON.stringify(odd)}. Name a JSONPaths object in load.from.format`,
    );
  }
  const paths = { jsonpaths: keys.map((key) => `$['${key}']`) };
  const { store, prefix } = bucket;
  const written = await store.write(
    `${prefix}${name}.jsonpaths`,
    Buffer.from(JSON.stringify(paths)),
    "application/json",
  );
  return { names: uniqueNames(place, keys.map(foldName)), paths: store.uri(written.key) };
}

const PATHS_BYTES_MAX = 1024 * 1024;

async function columnsOfPaths(
  { store }: CopyBucket,
  place: string,
  key: string,
  existing: readonly ExistingColumn[] | undefined,
): Promise<JsonColumns> {
  const uri = store.uri(key);
  const paths = pathsOf(await readSmallObject(store, key, PATHS_BYTES_MAX));
  if (paths === undefined) {
    throw new ConfigurationError(
      "BadJsonPaths",
      `${place}: expected ${uri} to be a JSONPaths object such as {"jsonpaths": ["$['id']"]}, found something else or nothing`,
    );
  }
  if (existing === undefined)
    return {
      names: uniqueNames(
        place,
        paths.map((path) => lastKey(place, path)),
      ),
      paths: uri,
    };
  const names = existing.filter(({ fillsItself }) => !fillsItself).map(({ name }) => name);
  if (names.length === paths.length) return { names, paths: uri };
  throw new DataError(
    "SchemaChanged",
    `${place}: ${uri} has ${paths.length} paths, and the table has ${names.length} columns (${names.join(", ")}): each path fills the column of its place. Change the one or the other`,
  );
}

function pathsOf(text: string | undefined): readonly string[] | undefined {
  try {
    const { jsonpaths } = JSON.parse(text ?? "null") as { readonly jsonpaths?: unknown };
    const isList =
      Array.isArray(jsonpaths) && jsonpaths.length > 0 && jsonpaths.every((path) => typeof path === "string");
    return isList ? (jsonpaths as string[]) : undefined;
  } catch {
    return undefined;
  }
}

function lastKey(place: string, path: string): string {
  const [, bracketed, dotted] = /(?:\['([^'\]]+)'\]|\.([^.[\]]+))$/.exec(path) ?? [];
  const key = bracketed ?? dotted;
  if (key !== undefined) return foldName(key);
  throw new ConfigurationError(
    "UnknownColumns",
    `${place}: the path ${path} ends with no key that could name its column, and there is no table yet. Create the table: each path fills the column of its place`,
  );
}

function uniqueNames(place: string, names: readonly string[]): readonly string[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return names;
  throw new ConfigurationError(
    "UnsupportedKey",
    `${place}: two keys are the column "${twice}" for Redshift, which does not tell capital letters apart. Name a JSONPaths object in load.from.format, and create the table`,
  );
}
