import type { ObjectStore } from "../../object-store/object-store.ts";
import { OWN_PREFIX } from "../../object-store/own-objects.ts";
import type { FilePattern } from "./file-pattern.ts";
import type { FileSource, SourceFile } from "./file-source.ts";
import { takingTurns } from "./turns.ts";

/** The objects of a bucket as files, but for kelt's own. Keys that end with a slash are folders that some tools make; they hold nothing. */
export function objectFiles(store: ObjectStore): FileSource {
  const list = async (pattern: FilePattern) => {
    const files: SourceFile[] = [];
    const turn = takingTurns();
    for await (const { key, bytes, etag } of store.list(pattern.prefix)) {
      await turn();
      if (pattern.matches(key) && !key.startsWith(OWN_PREFIX))
        files.push({ name: key, uri: store.uri(key), bytes, etag });
    }
    return files;
  };
  return {
    list,
    read: ({ name, bytes, etag }) => store.read({ key: name, bytes, etag }),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
