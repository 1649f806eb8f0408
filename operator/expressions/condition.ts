import { type ASTNode, Environment, EvaluationError, ParseError, TypeError as TypeFault } from "@marcbachmann/cel-js";
import { nearestName } from "../api/nearest-name.ts";

/** What a condition of `when` may look at. */
export interface ConditionValues {
  readonly params: Readonly<Record<string, unknown>>;
  readonly run: RunFields;
  /** The nodes that come before. */
  readonly nodes: Readonly<Record<string, NodeFields>>;
}

export interface RunFields {
  readonly name: string;
  readonly pipeline: string;
  readonly scheduled: Date;
  /** Missing where the run has no interval. */
  readonly interval?: { readonly start: Date; readonly end: Date };
  /** Nodes before this one that have failed. */
  readonly failedNodes: readonly string[];
  /** Whether the run was stopped before its end, on request or after its timeout. */
  readonly stopped: boolean;
}

/** What a node has come to. Numbers that it has not said are 0, texts are empty. */
export interface NodeFields {
  readonly state: string;
  readonly reason: string;
  readonly rows: number;
  readonly bytes: number;
  readonly attempts: number;
  readonly commit: string;
  readonly tests: {
    readonly passed: number;
    readonly warned: number;
    readonly failed: number;
    readonly errored: number;
  };
}

/** A name after `nodes.` or `params.`, and where it stands. */
export interface NamedEntry {
  readonly of: "nodes" | "params";
  readonly name: string;
  readonly at: number;
}

export interface Condition {
  readonly entries: readonly NamedEntry[];
  /** Whether it looks at what becomes of other nodes. */
  readonly looksAtNodes: boolean;
  /** True or false; throws an Error whose message says why it is neither. */
  readonly holds: (values: ConditionValues) => boolean;
}

export type ReadCondition =
  | { readonly ok: true; readonly condition: Condition }
  | { readonly ok: false; readonly problem: string };

/**
 * What an expression may cost: it walks lists, never one inside of another, and calls nothing whose result grows faster than what it is
 * given, or that may take for ever, as a regular expression can.
 */
const LIMITS = { maxAstNodes: 256, maxDepth: 32, maxListElements: 64, maxMapEntries: 32, maxCallArguments: 4 };
const MACROS = ["all", "exists", "exists_one", "filter", "map"];
const FUNCTIONS = [
  ...["size", "has", "type", "dyn", "int", "uint", "double", "string", "bool", "timestamp", "duration"],
  ...["contains", "startsWith", "endsWith", "lowerAscii", "upperAscii", "trim", "indexOf", "lastIndexOf", "substring"],
  ...["getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"],
  ...["getHours", "getMinutes", "getSeconds", "getMilliseconds"],
  ...MACROS,
];
const VARIABLES = ["params", "run", "nodes"];

class Interval {
  readonly start: Date;
  readonly end: Date;

  constructor({ start, end }: NonNullable<RunFields["interval"]>) {
    this.start = start;
    this.end = end;
  }
}

class Tests {
  constructor(counts: NodeFields["tests"]) {
    Object.assign(this, whole(counts));
  }
}

class Node {
  constructor({ state, reason, commit, tests, ...counts }: NodeFields) {
    Object.assign(this, { state, reason, commit, tests: new Tests(tests), ...whole(counts) });
  }
}

class Run {
  constructor({ interval, ...run }: RunFields) {
    Object.assign(this, run, interval === undefined ? {} : { interval: new Interval(interval) });
  }
}

/** CEL's whole numbers. */
function whole(counts: Readonly<Record<string, number>>): Record<string, bigint> {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, BigInt(Math.trunc(count))]));
}

const TIME = "google.protobuf.Timestamp";
const COUNTS = { passed: "int", warned: "int", failed: "int", errored: "int" };
const NODE_FIELDS = { state: "string", reason: "string", rows: "int", bytes: "int", attempts: "int", commit: "string" };
const RUN_FIELDS = {
  name: "string",
  pipeline: "string",
  scheduled: TIME,
  failedNodes: "list<string>",
  stopped: "bool",
};

const ENVIRONMENT = new Environment({ unlistedVariablesAreDyn: false, limits: LIMITS })
  .registerType("Interval", { ctor: Interval, fields: { start: TIME, end: TIME } })
  .registerType("Tests", { ctor: Tests, fields: COUNTS })
  .registerType("Node", { ctor: Node, fields: { ...NODE_FIELDS, tests: "Tests" } })
  .registerType("Run", { ctor: Run, fields: { ...RUN_FIELDS, interval: "Interval" } })
  .registerVariable("params", "map<string, dyn>")
  .registerVariable("run", "Run")
  .registerVariable("nodes", "map<string, Node>");

/** Reads and checks a condition: its words, its names and its types, as far as they are known. */
export function readCondition(text: string): ReadCondition {
  try {
    const parsed = ENVIRONMENT.parse(text);
    const found = walk(parsed.ast);
    if (found.problem !== undefined) return wrong(text, found.problem.message, found.problem.at);
    const { valid, type, error } = parsed.check();
    if (!valid) return wrong(text, sentence(error), error?.range?.start);
    if (type !== "bool" && type !== "dyn") return wrong(text, `expected true or false, found ${type ?? "nothing"}`, 0);
    const holds = (values: ConditionValues) => evaluate(parsed, values);
    return { ok: true, condition: { entries: found.entries, looksAtNodes: found.looksAtNodes, holds } };
  } catch (error) {
    if (error instanceof ParseError || error instanceof TypeFault)
      return wrong(text, sentence(error), error.range?.start);
    throw error;
  }
}

/** `column 17`, or with its line where there are several. */
export function placeIn(text: string, at: number): string {
  const before = text.slice(0, at).split("\n");
  const column = `column ${(before.at(-1)?.length ?? 0) + 1}`;
  return text.trim().includes("\n") ? `line ${before.length}, ${column}` : column;
}

function wrong(text: string, message: string, at = 0): ReadCondition {
  return { ok: false, problem: `${placeIn(text, at)}: ${message}` };
}

function evaluate(parsed: ReturnType<Environment["parse"]>, { params, run, nodes }: ConditionValues): boolean {
  let value: unknown;
  try {
    value = parsed({
      params: numbered(params),
      run: new Run(run),
      nodes: Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, new Node(node)])),
    });
  } catch (error) {
    if (error instanceof EvaluationError) throw new Error(evaluationWords(error), { cause: error });
    throw error;
  }
  if (typeof value !== "boolean") throw new Error(`expected true or false, found ${kindOf(value)}`);
  return value;
}

/** Whole numbers as CEL's: a parameter of 3 is equal to 3. */
function numbered(params: ConditionValues["params"]): Record<string, unknown> {
  const value = (found: unknown): unknown => {
    if (Array.isArray(found)) return found.map(value);
    return typeof found === "number" && Number.isSafeInteger(found) ? BigInt(found) : found;
  };
  return Object.fromEntries(Object.entries(params).map(([name, found]) => [name, value(found)]));
}

function kindOf(value: unknown): string {
  if (typeof value === "string") return "a text";
  if (typeof value === "bigint" || typeof value === "number") return "a number";
  return Array.isArray(value) ? "a list" : "something else";
}

/** Texts of values stay out of it: what was compared may be a row's. */
function evaluationWords({ code, summary }: EvaluationError): string {
  if (code === "no_such_key") return missingKey(summary);
  return code === "division_by_zero" ? summary : `it cannot be evaluated (${code})`;
}

function missingKey(summary: string): string {
  return summary.replace(/^No such key: (.*)$/s, "there is no $1 here");
}

interface Walked {
  readonly entries: NamedEntry[];
  looksAtNodes: boolean;
  problem?: { readonly message: string; readonly at: number };
}

function walk(root: ASTNode): Walked {
  const walked: Walked = { entries: [], looksAtNodes: false };
  visit(root, walked, false);
  return walked;
}

function visit(node: ASTNode, walked: Walked, inMacro: boolean): void {
  const within = checkCall(node, walked, inMacro);
  if (node.op === "id" && node.args === "nodes") walked.looksAtNodes = true;
  if (node.op === "." && isFailedNodes(node.args)) walked.looksAtNodes = true;
  noteEntry(node, walked);
  for (const child of childrenOf(node.args)) visit(child, walked, within);
}

function isFailedNodes([of, field]: readonly [ASTNode, string]): boolean {
  return of.op === "id" && of.args === "run" && field === "failedNodes";
}

/** `nodes.raw`, or `nodes["raw-files"]`. */
function noteEntry(node: ASTNode, { entries }: Walked): void {
  if (node.op !== "." && node.op !== "[]") return;
  const [of, key] = node.args;
  if (of.op !== "id" || (of.args !== "nodes" && of.args !== "params")) return;
  const name =
    typeof key === "string" ? key : key.op === "value" && typeof key.args === "string" ? key.args : undefined;
  if (name !== undefined) entries.push({ of: of.args, name, at: of.start });
}

/** Whether what stands inside is inside of a macro that walks a list. */
function checkCall(node: ASTNode, walked: Walked, inMacro: boolean): boolean {
  if (node.op !== "call" && node.op !== "rcall") return inMacro;
  const [name] = node.args;
  const refuse = (message: string) => {
    walked.problem ??= { message, at: node.start };
  };
  if (!FUNCTIONS.includes(name)) refuse(unknownFunction(name));
  const isMacro = node.op === "rcall" && MACROS.includes(name);
  if (isMacro && inMacro)
    refuse(`${name} stands inside of another one that walks a list; one inside of another may take too long`);
  return inMacro || isMacro;
}

function unknownFunction(name: string): string {
  if (name === "matches")
    return "there is no matches here, as a regular expression may take for ever; use startsWith, endsWith or contains";
  const near = nearestName(name, FUNCTIONS);
  return `there is no function ${name}${near === undefined ? `; there are ${FUNCTIONS.join(", ")}` : `; did you mean ${near}?`}`;
}

function childrenOf(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return typeof args === "object" && args !== null && "op" in args ? [args as ASTNode] : [];
}

/** The library's words for what is wrong, and kelt's where they say more. */
function sentence(error: ParseError | TypeFault | undefined): string {
  if (error === undefined) return "the expression is not valid";
  const [, name = ""] = /^Unknown variable: (.*)$/.exec(error.summary) ?? [];
  if (name === "") return missingKey(error.summary);
  const near = nearestName(name, VARIABLES);
  return `there is no ${name}${near === undefined ? `; there are ${VARIABLES.join(", ")}` : `; did you mean ${near}?`}`;
}
