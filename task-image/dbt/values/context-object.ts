import { plain } from "../../jinja/running/parameters.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { foundOr, ObjectValue, type Stored, UndefinedValue, type Value } from "../../jinja/values/value.ts";
import { fail, hostFunction } from "./host-function.ts";

/**
 * `context['name']`, `context.get('name')` and `'name' in context`: everything that a template sees. What `context.update({…})` writes,
 * all that the node renders later sees: packages keep there what their macros tell each other.
 */
export class ContextValue extends ObjectValue {
  readonly #find: (name: string) => Stored | undefined;
  readonly #write: (name: string, value: Value) => void;

  constructor(find: (name: string) => Stored | undefined, write: (name: string, value: Value) => void) {
    super({ typeName: "context" });
    this.#find = find;
    this.#write = write;
  }

  override attribute(name: string): Stored | undefined {
    if (name === "update") return hostFunction(name, ["values"], (found) => this.#update(found.value(0)));
    if (name !== "get") return this.#find(name);
    return hostFunction("get", ["key", "default?"], (found) =>
      foundOr(this.#find(toText(found.value(0))), () => found.value(1)),
    );
  }

  #update(values: Value): Value {
    if (!(values instanceof DictValue)) return fail("context.update() expects a dict");
    for (const [name, value] of values.entries()) this.#write(toText(name), value);
    return null;
  }

  override item(key: Value): Value {
    const name = toText(key);
    const found = this.#find(name);
    return found === undefined ? new UndefinedValue(`'${name}' is undefined`) : plain(found);
  }

  override has(key: Value): boolean {
    return this.#find(toText(key)) !== undefined;
  }
}
