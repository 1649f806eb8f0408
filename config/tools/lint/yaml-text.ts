import { type Document, isAlias, isMap, isSeq, LineCounter, type Node, parseAllDocuments, type ScalarTag } from "yaml";
import { GROUP } from "#api/metadata.ts";
import { formatPath, type Problem } from "../../../operator/graph/problem.ts";
import type { Finding } from "./finding.ts";
import { isManifest, manifestProblems, manifestWarnings, type PipelineParams, pipelineParams } from "./manifest.ts";

/** What a text holds: how many manifests of kelt's, and what is wrong with them. */
export interface Linted {
  readonly manifests: number;
  readonly findings: readonly Finding[];
}

type Path = readonly (string | number)[];

/** kubectl reads these words as true and false, as YAML 1.1 has it; a reader that did not would find text where kubectl finds none. */
const KUBECTL_BOOLEAN: ScalarTag = {
  tag: "tag:yaml.org,2002:bool",
  default: true,
  test: /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/,
  resolve: (text) => /^(?:y|on)/i.test(text),
};

/** What runs are held to: the parameters of the Pipelines in a text, by their names. */
export function pipelinesIn(text: string): readonly (readonly [string, PipelineParams])[] {
  const documents = parseAllDocuments(text, { merge: true, customTags: [KUBECTL_BOOLEAN] });
  return [...documents].flatMap((document) => {
    if (document.errors.length > 0) return [];
    try {
      return objectsIn(document.toJS()).flatMap(({ object }) => pipelineParams(object));
    } catch {
      // What is wrong with it is a finding of its own.
      return [];
    }
  });
}

interface Context {
  /** The file was named by itself. */
  readonly named: boolean;
  /** The Pipelines of all files. */
  readonly pipelines?: ReadonlyMap<string, PipelineParams>;
}

/**
 * Checks every manifest of kelt's in a YAML text, in whatever company it is found. A text that is no YAML is a finding where
 * it was named by itself (`named`) or speaks of kelt; a folder may hold templates of all sorts.
 */
export function lintYaml(file: string, text: string, { named, pipelines = new Map() }: Context): Linted {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, merge: true, customTags: [KUBECTL_BOOLEAN] });
  const found = [...documents].map((document) => lintDocument(document, { file, lines, pipelines }));
  const findings = found.flatMap((linted) => linted.findings).sort((a, b) => a.line - b.line || a.column - b.column);
  const relevant = named || text.includes(`${GROUP}/`);
  return {
    manifests: found.reduce((sum, linted) => sum + linted.manifests, 0),
    findings: relevant ? findings : [],
  };
}

interface Place {
  readonly file: string;
  readonly lines: LineCounter;
  readonly pipelines: ReadonlyMap<string, PipelineParams>;
}

function lintDocument(document: Document, place: Place): Linted {
  const errors = document.errors.map(({ message, pos: [offset] }) => invalidYaml(place, offset, message));
  if (errors.length > 0) return { manifests: 0, findings: errors };
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    return { manifests: 0, findings: [invalidYaml(place, document.range?.[0] ?? 0, (error as Error).message)] };
  }
  const manifests = objectsIn(value).filter(({ object }) => isManifest(object));
  const findings = manifests.flatMap(({ root, object }) => {
    const manifest = object as Readonly<Record<string, unknown>>;
    const find = (problem: Problem) => findingOf(problem, { document, root, place });
    const warnings = manifestWarnings(manifest).map((problem) => ({ ...find(problem), warns: true as const }));
    return [...manifestProblems(manifest, place.pipelines).map(find), ...warnings];
  });
  return { manifests: manifests.length, findings };
}

/** The objects of a document: itself, or the items of a List. */
function objectsIn(value: unknown): readonly { readonly root: Path; readonly object: unknown }[] {
  const { kind, items } = (value ?? {}) as { readonly kind?: unknown; readonly items?: unknown };
  if (kind !== "List" || !Array.isArray(items)) return [{ root: [], object: value }];
  return items.map((object: unknown, index) => ({ root: ["items", index], object }));
}

function invalidYaml({ file, lines }: Place, offset: number, message: string): Finding {
  const { line, col } = lines.linePos(offset);
  const [summary = message] = message.split("\n");
  const text = summary.replace(/ at line \d+, column \d+:?$/, "");
  return { file, line, column: col, rule: "InvalidYaml", path: "", message: text };
}

function findingOf(
  { path, reason, message }: Problem,
  { document, root, place }: { readonly document: Document; readonly root: Path; readonly place: Place },
): Finding {
  const { line, col } = place.lines.linePos(offsetOf(document, [...root, ...path]));
  return { file: place.file, line, column: col, rule: reason, path: formatPath(path), message };
}

/** Where a field stands: its key, or the item of a list; for a field that is missing, what it is missing from. */
function offsetOf(document: Document, path: Path): number {
  let place: Child = { offset: document.contents?.range?.[0] ?? 0, node: document.contents };
  for (const key of path) {
    const child = childOf(document, place.node, key);
    if (child === undefined) break;
    place = { offset: child.offset ?? place.offset, node: child.node };
  }
  return place.offset ?? 0;
}

interface Child {
  readonly offset: number | undefined;
  readonly node: Node | null;
}

function childOf(document: Document, parent: Node | null, key: string | number): Child | undefined {
  const node: unknown = isAlias(parent) ? parent.resolve(document) : parent;
  if (isMap<Node, Node | null>(node)) {
    const pair = node.items.find((item) => String(item.key) === String(key));
    return pair === undefined ? undefined : { offset: pair.key.range?.[0], node: pair.value };
  }
  if (isSeq<Node>(node)) {
    const item = node.items[Number(key)];
    return item === undefined ? undefined : { offset: item.range?.[0], node: item };
  }
  return undefined;
}
