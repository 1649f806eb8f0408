import { createHash } from "node:crypto";
import { deserialize, serialize } from "node:v8";
import { gunzipSync, gzipSync } from "node:zlib";
import type { MacroNode } from "../manifest/node.ts";
import type { RunInput } from "../run/run-input.ts";
import type { Unit } from "./units.ts";

/** A project that has been read, in a form that the node's other Jobs need not read again. */
export interface KeptProject {
  readonly input: RunInput;
  /** The text of a seed's file, by the node's unique id. */
  readonly seeds: ReadonlyMap<string, string>;
  readonly macros: ReadonlyMap<string, MacroNode>;
  readonly units: readonly Unit[];
}

/** The project as bytes, in the format by which threads of this process exchange it (V8's, which later versions read), in gzip. */
export function packKept({ input, seeds, macros, units }: KeptProject): Buffer {
  const selected = new Set(input.selected);
  const wanted = new Map([...seeds].filter(([id]) => selected.has(id)));
  return gzipSync(serialize({ input, seeds: wanted, macros, units } satisfies KeptProject), { level: 3 });
}

export function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The project of bytes whose digest is known: {@link packKept} has made them. */
export function unpackKept(bytes: Buffer): KeptProject {
  return deserialize(gunzipSync(bytes)) as KeptProject;
}
