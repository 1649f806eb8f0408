import { bind, plain } from "../jinja/running/parameters.ts";
import { nearest } from "../jinja/suggestion.ts";
import { EvaluationError } from "../jinja/template-error.ts";
import { toText } from "../jinja/values/text-form.ts";
import {
  type CallArguments,
  CallableValue,
  ObjectValue,
  type Stored,
  UndefinedValue,
  type Value,
} from "../jinja/values/value.ts";

/** What templates of a project can ask of the world around them. */
export interface ProjectContext {
  readonly projectName: string;
  /** Attributes of `target`, as dbt's profile would give them. */
  readonly target: ReadonlyMap<string, Value>;
  readonly vars: ReadonlyMap<string, Value>;
  readonly environment: ReadonlyMap<string, string>;
}

/** Names of dbt's context that are not supported yet, with the reason that using them gives. */
const UNSUPPORTED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    run_query: "queries while a model is rendered are not supported yet: write the values down, or join the table",
    statement: "queries while a model is rendered are not supported yet: write the values down, or join the table",
    load_result: "queries while a model is rendered are not supported yet: write the values down, or join the table",
    adapter: "the adapter is not supported yet: write the SQL for Postgres",
    dbt_utils: "packages are not supported yet: copy the macro into macros/",
    dbt: "dbt's cross-database macros are not supported yet: write the SQL for Postgres",
    graph: "the project's graph is not supported yet",
    model: "the node's own description is not supported yet: use 'this'",
    modules: "Python's modules are not supported",
    flags: "command line flags do not exist here",
    api: "the adapter is not supported yet: write the SQL for Postgres",
    invocation_id: "the invocation's id is not supported yet",
    run_started_at: "the start time is not supported yet: use now() in SQL",
  }).map(([name, reason]) => [name, `'${name}' cannot be used: ${reason}`] as const),
);

/** The part of dbt's context that is the same everywhere: in models, macros and values of properties files. */
export function projectGlobals(context: ProjectContext): Map<string, Stored> {
  const target = new ObjectValue({ typeName: "target", attribute: (name) => context.target.get(name) });
  const globals = new Map<string, Stored>([
    ["target", target],
    ["var", variables(context)],
    ["env_var", new CallableValue("env_var", (given) => environmentVariable(context, given))],
    ["project_name", context.projectName],
  ]);
  for (const [name, problem] of UNSUPPORTED) globals.set(name, new UndefinedValue(problem));
  return globals;
}

function variables({ vars }: ProjectContext): ObjectValue {
  const call = new CallableValue("var", (given) => {
    const found = bind("var()", ["name", "default?"], given);
    const name = found.text(0);
    const value = vars.get(name);
    if (value !== undefined) return value;
    if (found.has(1)) return found.value(1);
    throw new EvaluationError(
      `there is no variable '${name}'${nearest(name, vars.keys()) || "."} Set it under vars of the node or of dbt_project.yml, or give a default: var('${name}', ...)`,
    );
  });
  const has = new CallableValue("has_var", (given) => vars.has(bind("has_var()", ["name"], given).text(0)));
  return new ObjectValue({ typeName: "var", call, attribute: (name) => (name === "has_var" ? has : undefined) });
}

/** dbt's rule: any variable of the environment, and nothing that is declared a secret outside of connections. */
function environmentVariable({ environment }: ProjectContext, given: CallArguments): Value {
  const found = bind("env_var()", ["name", "default?"], given);
  const name = found.text(0);
  if (name.startsWith("DBT_ENV_SECRET")) {
    throw new EvaluationError(`'${name}' is a secret by its name, and secrets belong into the Secret of a connection`);
  }
  const value = environment.get(name);
  if (value !== undefined) return value;
  if (found.has(1)) return toText(found.value(1));
  throw new EvaluationError(
    `the environment variable '${name}' is not set: give a default, env_var('${name}', ...), or use var()`,
  );
}

/** `exceptions`, `log` and `print`: what templates say of themselves. */
export function speechGlobals(say: (message: string) => void): Map<string, Stored> {
  const speak = (name: string) =>
    new CallableValue(name, (given) => {
      const found = bind(`${name}()`, ["msg", "info?"], given);
      say(toText(found.value(0)));
      return "";
    });
  const raise = new CallableValue("raise_compiler_error", (given) => {
    const [message = "", ...rest] = given.positional.map(plain);
    throw new EvaluationError([message, ...rest].map(toText).join(" "));
  });
  const warn = speak("warn");
  const attribute = (name: string) => (name === "raise_compiler_error" ? raise : name === "warn" ? warn : undefined);
  return new Map<string, Stored>([
    ["log", speak("log")],
    ["print", speak("print")],
    ["exceptions", new ObjectValue({ typeName: "exceptions", attribute })],
  ]);
}
