import { plain } from "../../jinja/running/parameters.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { foundOr, ObjectValue, type Stored, UndefinedValue, type Value } from "../../jinja/values/value.ts";
import { hostFunction } from "./host-function.ts";

/** `context['name']`, `context.get('name')` and `'name' in context`: everything that a template sees. */
export class ContextValue extends ObjectValue {
  readonly #find: (name: string) => Stored | undefined;

  constructor(find: (name: string) => Stored | undefined) {
    super({ typeName: "context" });
    this.#find = find;
  }

  override attribute(name: string): Stored | undefined {
    if (name !== "get") return this.#find(name);
    return hostFunction("get", ["key", "default?"], (found) =>
      foundOr(this.#find(toText(found.value(0))), () => found.value(1)),
    );
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
