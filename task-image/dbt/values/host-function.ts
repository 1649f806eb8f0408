import { type BoundArguments, bind, plain } from "../../jinja/running/parameters.ts";
import { EvaluationError } from "../../jinja/template-error.ts";
import {
  type CallArguments,
  CallableValue,
  type CallSite,
  ObjectValue,
  type Stored,
  UndefinedValue,
  type Value,
} from "../../jinja/values/value.ts";

/** A function with named parameters; those with a question mark may be left out. */
export function hostFunction(
  name: string,
  parameters: readonly string[],
  run: (found: BoundArguments, site: CallSite) => Stored,
): CallableValue {
  return new CallableValue(name, (given, site) => run(bind(`${name}()`, parameters, given), site));
}

/** A function of any number of positional arguments. */
export function variadic(name: string, run: (values: readonly Value[]) => Value): CallableValue {
  return new CallableValue(name, ({ positional, named }) => {
    const [unknown] = named.keys();
    if (unknown !== undefined) throw new EvaluationError(`${name}() has no argument '${unknown}'`);
    return run(positional.map(plain));
  });
}

/** Members that are made when a template asks for them. */
export type Members = Readonly<Record<string, () => Stored>>;

/** An object of which only its members can be read, such as a module of Python. */
export class MembersValue extends ObjectValue {
  readonly #members: Members;

  constructor(typeName: string, members: Members, call?: CallableValue) {
    super(call === undefined ? { typeName } : { typeName, call });
    this.#members = members;
  }

  override attribute(name: string): Stored | undefined {
    return Object.hasOwn(this.#members, name) ? this.#members[name]?.() : undefined;
  }

  override has(key: Value): boolean {
    return typeof key === "string" && Object.hasOwn(this.#members, key);
  }
}

/** The argument at an index; undefined where it is missing, None or undefined in the template. */
export function optional(found: BoundArguments, index: number): Value | undefined {
  const value = found.has(index) ? found.value(index) : undefined;
  return value === null || value instanceof UndefinedValue ? undefined : value;
}

/** A named or positional argument of a function that takes some of either. */
export function argument({ positional, named }: CallArguments, index: number, name: string): Value | undefined {
  const stored = named.get(name) ?? positional[index];
  if (stored === undefined) return undefined;
  const value = plain(stored);
  return value instanceof UndefinedValue ? undefined : value;
}

export function fail(message: string): never {
  throw new EvaluationError(message);
}
