import { type Document, isCollection, isNode, LineCounter, parseDocument, visit } from "yaml";
import type { Position } from "../../jinja/position.ts";
import { ProblemError, startOf } from "../../jinja/problem.ts";
import type { Data, DataMap } from "./data.ts";
import { indentContinuations } from "./yaml-continuations.ts";
import { pyYamlTags, type TimestampOf } from "./yaml-scalars.ts";

export type DataPath = readonly (string | number)[];

/** Aliases of one file: each is looked for in the whole file. */
const ALIASES_MAX = 5000;
const CHARACTERS_MAX = 2_097_152;
/** Values of one file, those of aliases as often as they stand there. */
const VALUES_MAX = 1_000_000;

/** A YAML file whose values still know where they were written. */
export interface YamlDocument {
  /** Null where the file is empty. */
  readonly value: Data;
  /** Where the value at a path stands; where its nearest parent stands when there is none. */
  position(path: DataPath): Position;
}

/**
 * Reads a YAML file as PyYAML does: its scalars, the last of equal keys, merges with `<<`.
 *
 * @throws {ProblemError} for the first thing that is not YAML.
 */
export function readYaml(file: string, text: string): YamlDocument {
  checkBounds(file, text);
  const { document, lines, moved } = parseTidied(file, text, (timestamp) => timestamp);
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col - (moved.get(line) ?? 0)) };
  };
  const [error] = document.errors;
  if (error !== undefined) throw new ProblemError(whyNotYaml(error), at(error.pos[0]));
  const template = keyWithoutName(document);
  if (template !== undefined) {
    throw new ProblemError(
      'this is not YAML: a key is a list or a map. Write a template in quotes: "{{ … }}"',
      at(template),
    );
  }
  return {
    value: plainData(toMaps(document, startOf(file)), valueCounter(startOf(file))),
    position(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const node = document.getIn(path.slice(0, length), true);
        if (isNode(node) && node.range) return at(node.range[0]);
      }
      return startOf(file);
    },
  };
}

/**
 * Reads a text as PyYAML does, with all its kinds of values: maps are Maps, whose keys are values of every kind, and dates and times are
 * what `timestampOf` makes of them.
 *
 * @throws {ProblemError} for a text that is not YAML.
 */
export function readYamlValues(name: string, text: string, timestampOf: TimestampOf): unknown {
  checkBounds(name, text);
  const { document } = parseTidied(name, text, timestampOf);
  const [error] = document.errors;
  if (error !== undefined) throw new ProblemError(whyNotYaml(error), startOf(name));
  return toMaps(document, startOf(name));
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

interface Parsed {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly moved: ReadonlyMap<number, number>;
}

/** Lines that the library takes for badly indented are looked at a second time. */
function parseTidied(file: string, text: string, timestampOf: TimestampOf): Parsed {
  const lines = new LineCounter();
  const document = parse(file, text, lines, timestampOf);
  if (!document.errors.some(({ code }) => code === "BAD_INDENT" || code === "MISSING_CHAR")) {
    return { document, lines, moved: new Map() };
  }
  const tidied = indentContinuations(text);
  const newLines = new LineCounter();
  const again = parse(file, tidied.text, newLines, timestampOf);
  return again.errors.length > 0
    ? { document, lines, moved: new Map() }
    : { document: again, lines: newLines, moved: tidied.moved };
}

function parse(file: string, text: string, lineCounter: LineCounter, timestampOf: TimestampOf): Document {
  try {
    return parseDocument(text, {
      version: "1.1",
      merge: true,
      uniqueKeys: false,
      customTags: pyYamlTags(timestampOf),
      lineCounter,
      prettyErrors: false,
      logLevel: "error",
    });
  } catch (error) {
    if (error instanceof RangeError) throw new ProblemError("the values are nested too deeply", startOf(file));
    throw error;
  }
}

/** Where the first key stands that is no text or number, as in `a: {{ b }}`. */
function keyWithoutName(document: Document): number | undefined {
  let found: number | undefined;
  visit(document, {
    Pair: (_, { key }) => {
      if (!isCollection(key)) return undefined;
      found = key.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return found;
}

function toMaps(document: Document, at: Position): unknown {
  try {
    return document.toJS({ mapAsMap: true, maxAliasCount: ALIASES_MAX });
  } catch (error) {
    throw new ProblemError(`this YAML cannot be read: ${(error as Error).message}`, at);
  }
}

/** Counts values, so that a small file with many aliases of a long list does not fill the memory. */
function valueCounter(at: Position): () => void {
  let count = 0;
  return () => {
    count += 1;
    if (count <= VALUES_MAX) return;
    throw new ProblemError(
      `the file has more than ${VALUES_MAX.toLocaleString("en")} values, those of its aliases among them: split it, or use fewer aliases`,
      at,
    );
  };
}

function plainData(value: unknown, counted: () => void): Data {
  counted();
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map((item) => plainData(item, counted));
  if (value instanceof Set) return [...value].map((item) => plainData(item, counted));
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]): [string, Data] => [keyText(key), plainData(item, counted)]);
    return Object.fromEntries(entries) satisfies DataMap;
  }
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return value as boolean | bigint | number | string;
}

/** A key as JSON and Python print it: dbt's keys are text. */
function keyText(key: unknown): string {
  if (key === null) return "None";
  if (typeof key === "boolean") return key ? "True" : "False";
  return String(key);
}
