import type { TaskFailure } from "../errors.ts";
import type { FormatOptions } from "../formats/file-format.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import type { SourceFile } from "../sources/files/file-source.ts";
import type { ObjectsToStage } from "./object-warehouse.ts";

/** A table and the objects that it is loaded from. */
export interface ObjectsOfTable extends Pick<ObjectsToStage, "extracted"> {
  /** The pattern, or the name of the object, for messages. */
  readonly source: string;
  /** As the manifest writes it. */
  readonly table: string;
  /** Rows that the objects are known to hold. */
  readonly rows?: number;
  /** The objects as they are now. */
  list(): Promise<readonly SourceFile[]>;
  /** The failure that an object means which has been replaced meanwhile. */
  replaced(message: string): TaskFailure;
}

/** Objects in a bucket, by the tables they go to. Disposing of it closes the bucket. */
export interface ObjectSource extends AsyncDisposable {
  readonly store: ObjectStore;
  /** Where the manifest names them. */
  readonly field: string;
  readonly format?: FormatOptions;
  readonly tables: readonly ObjectsOfTable[];
}

/** The objects of these keys as they are now; one that is gone is left out. */
export async function findObjects(store: ObjectStore, keys: readonly string[]): Promise<readonly SourceFile[]> {
  const objects: SourceFile[] = [];
  for (const key of keys) {
    const found = await store.find(key);
    if (found !== undefined) objects.push({ ...found, name: key, uri: store.uri(key) });
  }
  return objects;
}
