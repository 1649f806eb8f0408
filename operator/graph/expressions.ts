import type { ConnectionEntry } from "../api/connection.ts";
import { isRangeBound } from "../api/load/range.ts";
import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import {
  expressionProblems,
  isWhole,
  namesIn,
  piecesOf,
  type RunValues,
  resolveText,
  type Scope,
} from "../expressions/expression.ts";
import {
  PLACES_TEXT,
  type Place,
  pieceProblem,
  placeOfConnection,
  placeOfNode,
  textsIn,
} from "../expressions/places.ts";
import { sqlProblem } from "../expressions/sql-text.ts";
import { readName } from "../expressions/values.ts";
import { problem, SOME_RUN } from "./params.ts";
import type { Problem } from "./problem.ts";

/** Expressions that stand for nothing, or where none is resolved. */
export function findExpressionProblems(spec: PipelineSpec): Problem[] {
  const { params = {} } = spec;
  const names = Object.keys(spec.nodes);
  const nodes = Object.entries(spec.nodes).flatMap(([name, node]) => {
    const others = names.filter((other) => other !== name);
    const scopeOf = ({ results }: Place): Scope => ({ params, ...(results === true ? { nodes: others } : {}) });
    return [...textProblems(["spec", "nodes", name], node, placeOfNode, scopeOf), ...commandProblems(name, node)];
  });
  const connections = Object.entries(spec.connections ?? {}).flatMap(([name, entry]) => {
    const path = ["spec", "connections", name];
    return [...textProblems(path, entry, placeOfConnection, () => ({ params })), ...hostProblems(path, entry, spec)];
  });
  return [...connections, ...nodes];
}

function textProblems(
  at: readonly string[],
  part: unknown,
  placeOf: (path: Problem["path"]) => Place | undefined,
  scopeOf: (place: Place) => Scope,
): Problem[] {
  return textsIn(part).flatMap(({ path, text }): Problem[] => {
    const [ours] = namesIn(text).filter((name) => readName(name) !== undefined);
    const here = [...at, ...path];
    const place = placeOf(path);
    if (place === undefined) return ours === undefined ? [] : [problem(here, misplaced(ours))];
    // Beside the words of a program or of SQL `$(a.b)` may be one of these.
    if ((place.alone === true || place.piece === "sql") && ours === undefined) return [];
    const messages = valueProblems(text, place, scopeOf(place));
    if (messages.length > 0) return messages.map((message) => problem(here, message));
    return path[0] === "load" && path[1] === "range" ? rangeProblems(here, text) : [];
  });
}

/** What is wrong with a text of a place that takes expressions, each in a sentence. */
function valueProblems(text: string, place: Place, scope: Scope): readonly string[] {
  const [first] = namesIn(text);
  if (place.alone === true && first !== undefined && !isWhole(text))
    return [`$(${first}) is an argument of its own: write nothing beside it`];
  const inSql = place.piece === "sql" ? sqlProblem(text) : undefined;
  return inSql === undefined ? expressionProblems(text, scope) : [inSql];
}

function misplaced(name: string): string {
  return `$(${name}) has no value here, because it would be pasted into a program or a name; expressions stand in ${PLACES_TEXT}`;
}

/** A bound that is made of times alone can be seen without a run. */
function rangeProblems(path: Problem["path"], text: string): Problem[] {
  const value = resolveText(text, SOME_RUN);
  if (namesIn(value).length > 0 || isRangeBound(value)) return [];
  return [
    problem(
      path,
      `expected a number, a date or a time of ISO 8601 for a range, and ${text} makes one such as ${value}`,
    ),
  ];
}

/** An argument behind `-c` is a program's text, as in `sh -c`. */
function commandProblems(name: string, { container }: PipelineNode): Problem[] {
  const { command = [], args = [] } = container ?? {};
  return args.flatMap((text, index): Problem[] => {
    const before = args[index - 1] ?? (index === 0 ? command.at(-1) : undefined);
    const [ours] = namesIn(text).filter((each) => readName(each) !== undefined);
    if (ours === undefined || before === undefined || !/^-[A-Za-z]*c$/.test(before)) return [];
    const message = `$(${ours}) would be the text of a program, as it stands behind ${before}; give it to the program by container.env, or as an argument behind the text`;
    return [problem(["spec", "nodes", name, "container", "args", index], message)];
  });
}

/** Whoever starts a run must not choose where the Secret of a connection is sent: only the Pipeline's author lists hosts. */
function hostProblems(at: readonly string[], { http }: ConnectionEntry, { params = {} }: PipelineSpec): Problem[] {
  // Behind the host a value is a part of the path.
  if (http?.secretRef === undefined || /^https?:\/\/[^/?#@\s$]+\//.test(http.baseUrl)) return [];
  const open = namesIn(http.baseUrl).filter((name) => {
    const read = readName(name);
    return read?.of === "params" && Object.hasOwn(params, read.param) && params[read.param]?.enum === undefined;
  });
  return open.map((name) =>
    problem(
      [...at, "http", "baseUrl"],
      `$(${name}) says where the credentials of secretRef go, so that whoever starts a run could have them sent to a host of theirs; give the parameter an enum of the URLs that there are`,
    ),
  );
}

/** Values that may not become a part of what they stand in, by the parameters and times of a run. */
export function findPieceProblems(spec: PipelineSpec, run: RunValues): Problem[] {
  const parts = [
    ...Object.entries(spec.nodes).map(([name, node]) => ({
      at: ["spec", "nodes", name],
      part: node,
      placeOf: placeOfNode,
    })),
    ...Object.entries(spec.connections ?? {}).map(([name, entry]) => ({
      at: ["spec", "connections", name],
      part: entry,
      placeOf: placeOfConnection,
    })),
  ];
  return parts.flatMap(({ at, part, placeOf }) =>
    textsIn(part).flatMap(({ path, text }) => {
      const place = text.includes("$(") ? placeOf(path) : undefined;
      if (place === undefined) return [];
      return piecesOf(text, run).flatMap(({ expression, piece }) => {
        const why = pieceProblem(place.piece, piece);
        return why === undefined
          ? []
          : [problem([...at, ...path], `${expression} is ${JSON.stringify(piece)} here, and ${why}`)];
      });
    }),
  );
}
