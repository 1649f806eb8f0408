import { isNode, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import type { Position } from "../jinja/position.ts";
import { ProblemError, startOf } from "./problem.ts";

type Path = readonly (string | number)[];

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
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const [error] = document.errors;
  if (error !== undefined) throw new ProblemError(`this is not YAML: ${error.message}`, at(error.pos[0]));
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

function toValue(document: ReturnType<typeof parseDocument>, at: Position): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    throw new ProblemError(`this YAML cannot be read: ${(error as Error).message}`, at);
  }
}
