import { charge } from "../../jinja/budget.ts";
import type { BoundArguments } from "../../jinja/running/parameters.ts";
import { plain } from "../../jinja/running/parameters.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { CallableValue, ObjectValue, type Stored, TupleValue, type Value } from "../../jinja/values/value.ts";
import { fail, hostFunction, type Members, MembersValue } from "./host-function.ts";
import { compilePattern, expandReplacement, runPattern } from "./pattern.ts";

/** A pattern with its flags, as `re.compile` gives it. */
class PatternValue extends ObjectValue {
  readonly pattern: string;
  readonly flags: number;

  constructor(pattern: string, flags: number) {
    super({ typeName: "re.Pattern", text: `re.compile('${pattern}')` });
    this.pattern = pattern;
    this.flags = flags;
  }

  override attribute(name: string): Stored | undefined {
    if (name === "pattern") return this.pattern;
    const of = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (of === undefined) return undefined;
    const parameters = of.parameters.filter((parameter) => parameter !== "pattern" && parameter !== "flags?");
    return hostFunction(name, parameters, (found, site) => {
      const rest = parameters.map((_, index) => (found.has(index) ? found.value(index) : undefined));
      return of.run(
        this,
        (index) => rest[index],
        (value) => callOn(value, site),
      );
    });
  }
}

type At = (index: number) => Value | undefined;
/** Calls the function that replaces matches. */
type Replace = (value: Value) => ((match: RegExpExecArray) => string) | undefined;

interface PatternFunction {
  readonly parameters: readonly string[];
  readonly run: (pattern: PatternValue, at: At, replace: Replace) => Value;
}

function textAt(at: At, index: number): string {
  const value = at(index);
  if (typeof value !== "string") return fail("expected string or bytes-like object");
  charge(1 + (value.length >> 4));
  return value;
}

const countAt = (at: At, index: number) => Number(at(index) ?? 0n);

/** The first match of a pattern that is written around the given one. */
function firstMatch(
  { pattern, flags }: PatternValue,
  text: string,
  more = "",
  wrap = (source: string) => source,
): Value {
  const compiled = compilePattern(wrap(pattern), flags, more);
  return matchOf(runPattern(pattern, text, () => compiled.exec(text)));
}

/** A group around the pattern, behind the flags that stand before it. */
const whole = (source: string, end: string) => source.replace(/^(\(\?[aiLmsux]+\))?([\s\S]*)$/, `$1(?:$2)${end}`);

const FUNCTIONS: Readonly<Record<string, PatternFunction>> = {
  match: {
    parameters: ["pattern", "string", "flags?"],
    run: (pattern, at) => firstMatch(pattern, textAt(at, 0), "y"),
  },
  fullmatch: {
    parameters: ["pattern", "string", "flags?"],
    run: (pattern, at) => firstMatch(pattern, textAt(at, 0), "y", (source) => whole(source, "\\Z")),
  },
  search: {
    parameters: ["pattern", "string", "flags?"],
    run: (pattern, at) => firstMatch(pattern, textAt(at, 0)),
  },
  findall: {
    parameters: ["pattern", "string", "flags?"],
    run: (pattern, at) => matchesOf(textAt(at, 0), pattern).map(foundText),
  },
  finditer: {
    parameters: ["pattern", "string", "flags?"],
    run: (pattern, at) => matchesOf(textAt(at, 0), pattern).map(matchOf),
  },
  split: {
    parameters: ["pattern", "string", "maxsplit?", "flags?"],
    run: (pattern, at) => split(textAt(at, 0), pattern, countAt(at, 1)),
  },
  sub: {
    parameters: ["pattern", "repl", "string", "count?", "flags?"],
    run: (pattern, at, replace) => substitute(pattern, at, replace)[0],
  },
  subn: {
    parameters: ["pattern", "repl", "string", "count?", "flags?"],
    run: (pattern, at, replace) => new TupleValue(substitute(pattern, at, replace)),
  },
};

function substitute(pattern: PatternValue, at: At, replace: Replace): [string, bigint] {
  const value = at(0) ?? null;
  const template = typeof value === "string" ? value : "";
  const replacement = replace(value) ?? ((match: RegExpExecArray) => expandReplacement(template, match));
  const [text, limit] = [textAt(at, 1), countAt(at, 2)];
  const parts: string[] = [];
  const matches = matchesOf(text, pattern, limit);
  let end = 0;
  for (const match of matches) {
    parts.push(text.slice(end, match.index), replacement(match));
    end = match.index + match[0].length;
  }
  return [parts.join("") + text.slice(end), BigInt(matches.length)];
}

function split(text: string, pattern: PatternValue, limit: number): Value[] {
  const parts: Value[] = [];
  let end = 0;
  for (const match of matchesOf(text, pattern, limit)) {
    parts.push(text.slice(end, match.index), ...match.slice(1).map((group) => group ?? null));
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}

/** Steps for a match: each is an object with a piece of the text. */
const MATCH_STEPS = 16;

/** All matches, or the first ones where there is a limit above 0. */
function matchesOf(text: string, { pattern, flags }: PatternValue, limit = 0): RegExpExecArray[] {
  const compiled = compilePattern(pattern, flags, "g");
  return runPattern(pattern, text, () => {
    const found: RegExpExecArray[] = [];
    for (const match of text.matchAll(compiled)) {
      charge(MATCH_STEPS + match.length);
      found.push(match);
      if (found.length === limit) break;
    }
    return found;
  });
}

function foundText(match: RegExpExecArray): Value {
  if (match.length === 1) return match[0];
  const groups = match.slice(1).map((group) => group ?? "");
  return groups.length === 1 ? (groups[0] ?? "") : new TupleValue(groups);
}

function matchOf(match: RegExpExecArray | null): Value {
  if (match === null) return null;
  const group = (key: Value) => {
    const found = typeof key === "string" ? match.groups?.[key] : match[Number(key)];
    return found ?? null;
  };
  const members: Members = {
    group: () =>
      new CallableValue("group", ({ positional }) => {
        const groups = positional.map((key) => group(plain(key)));
        return positional.length === 0 ? match[0] : groups.length === 1 ? (groups[0] ?? null) : new TupleValue(groups);
      }),
    groups: () =>
      hostFunction(
        "groups",
        ["default?"],
        (found) => new TupleValue(match.slice(1).map((each) => each ?? found.value(0))),
      ),
    groupdict: () =>
      hostFunction("groupdict", [], () =>
        DictValue.of(Object.entries(match.groups ?? {}).map(([name, value]) => [name, value ?? null] as const)),
      ),
    start: () => hostFunction("start", [], () => BigInt(match.index)),
    end: () => hostFunction("end", [], () => BigInt(match.index + match[0].length)),
    span: () =>
      hostFunction("span", [], () => new TupleValue([BigInt(match.index), BigInt(match.index + match[0].length)])),
    string: () => match.input,
  };
  return new MatchValue(members, group);
}

class MatchValue extends MembersValue {
  readonly #group: (key: Value) => Value;

  constructor(members: Members, group: (key: Value) => Value) {
    super("re.Match", members);
    this.#group = group;
  }

  override item(key: Value): Value {
    return this.#group(key);
  }
}

function callOn(
  value: Value,
  site: Parameters<CallableValue["call"]>[1],
): ((match: RegExpExecArray) => string) | undefined {
  if (!(value instanceof CallableValue)) return undefined;
  return (match) => toText(plain(value.call({ positional: [matchOf(match)], named: new Map() }, site)));
}

function patternOf(found: BoundArguments, flags: number | undefined): PatternValue {
  const value = found.value(0);
  if (value instanceof PatternValue) return value;
  return new PatternValue(found.text(0), flags ?? 0);
}

function moduleFunction(name: string, { parameters, run }: PatternFunction): CallableValue {
  const flagsAt = parameters.indexOf("flags?");
  return hostFunction(name, parameters, (found, site) => {
    const flags = found.has(flagsAt) ? found.integer(flagsAt) : 0;
    const at = (index: number) => (index + 1 !== flagsAt && found.has(index + 1) ? found.value(index + 1) : undefined);
    return run(patternOf(found, flags), at, (value) => callOn(value, site));
  });
}

const FLAG_NAMES = {
  I: 2n,
  IGNORECASE: 2n,
  M: 8n,
  MULTILINE: 8n,
  S: 16n,
  DOTALL: 16n,
  X: 64n,
  VERBOSE: 64n,
  A: 256n,
  ASCII: 256n,
};

/** `modules.re`. */
export const RE = new MembersValue("module", {
  ...Object.fromEntries(Object.entries(FUNCTIONS).map(([name, of]) => [name, () => moduleFunction(name, of)] as const)),
  ...Object.fromEntries(Object.entries(FLAG_NAMES).map(([name, flag]) => [name, () => flag] as const)),
  compile: () =>
    hostFunction("compile", ["pattern", "flags?"], (found) => new PatternValue(found.text(0), found.integer(1, 0))),
  escape: () =>
    hostFunction("escape", ["pattern"], (found) => {
      const text = found.text(0);
      charge(text.length >> 2);
      return text.replace(/[-.*+?^${}()|[\]\\&#~\s]/g, "\\$&");
    }),
});
