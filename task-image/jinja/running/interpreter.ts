import { Budget } from "../budget.ts";
import type {
  CallBlock,
  FilterBlock,
  For,
  If,
  Macro,
  Output,
  SetBlock,
  Statement,
  Target,
  Template,
  With,
} from "../reading/syntax-tree.ts";
import { EvaluationError } from "../template-error.ts";
import { isTrue } from "../values/comparison.ts";
import { iterate } from "../values/sequence.ts";
import { toText } from "../values/text-form.ts";
import { type CallableValue, describeType, NamespaceValue, type Stored, type Value } from "../values/value.ts";
import { evaluate, evaluateArguments, evaluateStored, invoke } from "./evaluator.ts";
import { capture, type Execution, inner, LoopSignal, locate } from "./execution.ts";
import { Loop } from "./loop.ts";
import { makeCaller, makeMacro } from "./macro.ts";
import { nativeValue } from "./native-value.ts";
import { plain } from "./parameters.ts";
import { OutputBuffer, Rendering } from "./rendering.ts";
import { Scope } from "./scope.ts";

export interface RenderOptions {
  /** Names and members that are missing swallow what is asked of them, in this template and not in the macros that it calls. */
  readonly isLenient?: boolean;
}

/**
 * Renders a template.
 *
 * @throws {TemplateError} with the place of the first thing that cannot be rendered, or when the budget is used up.
 */
export function renderTemplate(
  template: Template,
  globals: Scope,
  budget: Budget = new Budget(),
  { isLenient = false }: RenderOptions = {},
): Rendering {
  const output = new OutputBuffer(budget);
  const execution: Execution = { budget, scope: new Scope(globals), frame: undefined, output, isLenient };
  budget.run(() => executeAll(template.body, execution));
  return output.finish();
}

/**
 * The value of a template, as dbt reads templates in YAML: the value of its only expression with its type, the text of anything
 * else. A number or a list that is written in the template is text, too; the filters `as_bool`, `as_number` and `as_native` read it.
 *
 * @throws {TemplateError} as {@link renderTemplate} does.
 */
export function renderNative(
  template: Template,
  globals: Scope,
  budget: Budget = new Budget(),
  { isLenient = false }: RenderOptions = {},
): Value {
  const output = new OutputBuffer(budget);
  const execution: Execution = { budget, scope: new Scope(globals), frame: undefined, output, isLenient };
  return budget.run(() => {
    executeAll(template.body, execution);
    const { only } = output;
    if (only?.expression === undefined || only.expression.type === "literal") return output.finish().text;
    const { expression, value } = only;
    return locate(expression.at, undefined, () => nativeValue(plain(value), expression));
  });
}

/**
 * A macro that sees the given variables and nothing else of the file that it stands in, as dbt calls macros of any file from any
 * other. What it uses up is charged to the budget of its caller.
 */
export function bindMacro({ name, procedure }: Macro, globals: Scope): CallableValue {
  const budget = new Budget();
  return makeMacro(
    name,
    procedure,
    { budget, scope: globals, frame: undefined, output: new OutputBuffer(budget) },
    executeAll,
  );
}

function executeAll(body: readonly Statement[], execution: Execution): void {
  for (const statement of body) {
    locate(statement.at, execution.frame, () => {
      execution.budget.steps(1);
      execute(statement, execution);
    });
  }
}

function execute(statement: Statement, execution: Execution): void {
  switch (statement.type) {
    case "text":
      execution.output.print(statement.value);
      execution.output.write(statement.value, { at: statement.at, literal: true, frame: execution.frame });
      break;
    case "output":
      print(statement, execution);
      break;
    case "if":
      executeAll(chosenBranch(statement, execution), execution);
      break;
    case "for":
      executeFor(statement, execution);
      break;
    case "set":
      assign(statement.target, evaluateStored(statement.value, execution), execution);
      break;
    case "setBlock":
      assign(statement.target, evaluateBlock(statement, execution), execution);
      break;
    case "macro":
      execution.scope.set(statement.name, makeMacro(statement.name, statement.procedure, execution, executeAll));
      break;
    case "callBlock":
      executeCallBlock(statement, execution);
      break;
    case "do":
      evaluateStored(statement.expression, execution);
      break;
    case "filterBlock":
      write(evaluateBlock(statement, execution), statement, execution);
      break;
    case "with":
      executeWith(statement, execution);
      break;
    case "loopControl":
      throw new LoopSignal(statement.leaves);
    default:
      statement satisfies never;
  }
}

function print({ expression }: Output, execution: Execution): void {
  const value = evaluateStored(expression, execution);
  execution.output.print(value, expression);
  write(value, expression, execution);
}

function write(value: Stored, { at }: Pick<Statement, "at">, { output, frame }: Execution): void {
  if (value instanceof Rendering) output.append(value);
  else output.write(toText(value), { at, literal: false, frame });
}

function chosenBranch({ branches, otherwise }: If, execution: Execution): readonly Statement[] {
  return branches.find(({ condition }) => isTrue(evaluate(condition, execution)))?.body ?? otherwise;
}

function executeFor({ target, items, condition, body, otherwise, at }: For, execution: Execution): void {
  const value = evaluate(items, execution);
  const all = locate(items.at, execution.frame, () => iterate(value));
  execution.budget.steps(all.length);
  const passing =
    condition === undefined
      ? [...all]
      : all.filter((item) => {
          const pass = inner(execution);
          assign(target, item, pass);
          return isTrue(evaluate(condition, pass));
        });
  const loop = new Loop(passing);
  let ended = 0;
  for (const [index, item] of passing.entries()) {
    loop.moveTo(index);
    const pass = inner(execution);
    pass.scope.set("loop", loop.value());
    locate(at, execution.frame, () => assign(target, item, pass));
    const signal = runPass(body, pass);
    if (signal?.leaves) break;
    if (signal === undefined) ended += 1;
  }
  // As in Jinja, `else` is rendered when no pass came to its end, also because each of them was left.
  if (ended === 0) executeAll(otherwise, inner(execution));
}

function runPass(body: readonly Statement[], pass: Execution): LoopSignal | undefined {
  try {
    executeAll(body, pass);
    return undefined;
  } catch (signal) {
    if (signal instanceof LoopSignal) return signal;
    throw signal;
  }
}

/** The text of a block, sent through the filters that stand in its tag. */
function evaluateBlock({ body, value }: SetBlock | FilterBlock, execution: Execution): Stored {
  const blockText = capture(inner(execution), (inside) => executeAll(body, inside));
  return evaluateStored(value, { ...execution, blockText });
}

function executeCallBlock({ call, procedure, at }: CallBlock, execution: Execution): void {
  const given = evaluateArguments(call.arguments, execution);
  const named = new Map([...given.named, ["caller", makeCaller(procedure, execution, executeAll)] as const]);
  const callee = evaluate(call.callee, execution);
  write(invoke(callee, { positional: given.positional, named }, call, execution), { at }, execution);
}

function executeWith({ assignments, body }: With, execution: Execution): void {
  const inside = inner(execution);
  const values = assignments.map(({ value }) => evaluateStored(value, execution));
  for (const [index, { target }] of assignments.entries()) assign(target, values[index] ?? null, inside);
  executeAll(body, inside);
}

function assign(target: Target, stored: Stored, execution: Execution): void {
  switch (target.type) {
    case "name":
      execution.scope.set(target.name, stored);
      break;
    case "namespaceAttribute":
      assignAttribute(target, stored, execution);
      break;
    case "tuple":
      unpack(target.items, plain(stored), execution);
      break;
    default:
      target satisfies never;
  }
}

function assignAttribute(
  { namespace, attribute }: Extract<Target, { readonly type: "namespaceAttribute" }>,
  stored: Stored,
  { scope }: Execution,
): void {
  const owner = scope.get(namespace);
  if (!(owner instanceof NamespaceValue)) {
    const found = owner === undefined ? "nothing" : `${describeType(plain(owner))}`;
    throw new EvaluationError(
      `only attributes of a namespace can be set, '${namespace}' is ${found}: begin with {% set ${namespace} = namespace() %}`,
    );
  }
  owner.attributes.set(attribute, stored);
}

function unpack(targets: readonly Target[], value: Value, execution: Execution): void {
  const items = iterate(value);
  if (items.length !== targets.length) {
    throw new EvaluationError(`${targets.length} names are assigned to, and the value has ${items.length} items`);
  }
  for (const [index, target] of targets.entries()) assign(target, items[index] ?? null, execution);
}
