import { isMap, isNode, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { z } from "zod";
import type { Position } from "../jinja/position.ts";
import { ProblemError, startOf } from "../jinja/problem.ts";

type Path = readonly (string | number)[];

/** Aliases of one file: each is looked for in the whole file. */
const ALIASES_MAX = 5000;
const CHARACTERS_MAX = 2_097_152;

/** A YAML file whose values still know where they were written. */
export interface YamlDocument<T> {
  readonly value: T;
  /** Where the value at a path stands; where its nearest parent stands when there is none. */
  position(path: Path): Position;
}

/**
 * Reads a YAML file of a known shape.
 *
 * @throws {ProblemError} for the first thing that is not YAML or not of the shape.
 */
export function readYaml<S extends z.ZodType>(file: string, text: string, shape: S): YamlDocument<z.infer<S>> {
  const lines = new LineCounter();
  checkBounds(file, text);
  // The library compares each key with every other one: a map of a hundred thousand keys would take minutes.
  const document = parse(file, text, lines);
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const [error] = document.errors;
  if (error !== undefined) throw new ProblemError(whyNotYaml(error), at(error.pos[0]));
  const repeated = repeatedKey(document);
  if (repeated !== undefined) throw new ProblemError(`this is not YAML: ${repeated.words}`, at(repeated.offset));
  const position = (path: Path): Position => {
    for (let length = path.length; length > 0; length -= 1) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return at(node.range[0]);
    }
    return startOf(file);
  };
  const parsed = shape.safeParse(toValue(document, startOf(file)));
  if (parsed.success) return { value: parsed.data, position };
  const [issue] = parsed.error.issues;
  const path = (issue?.path ?? []) as Path;
  throw new ProblemError(
    `${path.join(".") || "the file"}: ${issue?.message ?? "not of the expected shape"}`,
    position(path),
  );
}

/** The library tells of a stack that is at its end as of a mistake in the text. */
function whyNotYaml({ message }: Error): string {
  return /call stack/.test(message) ? "the values are nested too deeply" : `this is not YAML: ${message}`;
}

/** @throws {ProblemError} where the file would take the parser more than it can be worth. */
function checkBounds(file: string, text: string): void {
  if (text.length > CHARACTERS_MAX) {
    throw new ProblemError(
      `the file has ${text.length.toLocaleString("en")} characters: ${CHARACTERS_MAX.toLocaleString("en")} are allowed, split it`,
      startOf(file),
    );
  }
  const aliases = text.match(/(?<=^|[\s[{,])\*[^\s,[\]{}]/g)?.length ?? 0;
  if (aliases > ALIASES_MAX) {
    throw new ProblemError(`the file has ${aliases} aliases: ${ALIASES_MAX} are allowed`, startOf(file));
  }
}

function parse(file: string, text: string, lineCounter: LineCounter): ReturnType<typeof parseDocument> {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false });
  } catch (error) {
    if (error instanceof RangeError) throw new ProblemError("the values are nested too deeply", startOf(file));
    throw error;
  }
}

/** The first key that its map has already. */
function repeatedKey(
  document: ReturnType<typeof parseDocument>,
): { readonly words: string; readonly offset: number } | undefined {
  let found: { words: string; offset: number } | undefined;
  visit(document, {
    Map: (_, map) => {
      if (!isMap(map)) return undefined;
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value) && key.value !== "<<") {
          found = { words: `the key ${String(key.value)} stands in its map twice`, offset: key.range?.[0] ?? 0 };
          return visit.BREAK;
        }
        seen.add(key.value);
      }
      return undefined;
    },
  });
  return found;
}

function toValue(document: ReturnType<typeof parseDocument>, at: Position): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    throw new ProblemError(`this YAML cannot be read: ${(error as Error).message}`, at);
  }
}
