import fc from "fast-check";
import { expect, test } from "vitest";
import { Budget, LIMITS } from "../../task-image/jinja/budget.ts";
import { parseTemplate } from "../../task-image/jinja/reading/template-parser.ts";
import { renderTemplate } from "../../task-image/jinja/running/interpreter.ts";
import type { Rendering } from "../../task-image/jinja/running/rendering.ts";
import { TemplateError } from "../../task-image/jinja/template-error.ts";
import { toSource } from "../../task-image/jinja/values/text-form.ts";
import type { Value } from "../../task-image/jinja/values/value.ts";
import { globalScope } from "../unit/jinja/global-scope.ts";

const SMALL = { ...LIMITS, steps: 5_000, text: 10_000, allText: 100_000 };

function render(source: string, values: Readonly<Record<string, Value>> = {}): Rendering {
  return renderTemplate(parseTemplate("t.sql", source), globalScope(Object.entries(values)), new Budget(SMALL));
}

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const plainText = text.map((each) => each.replaceAll("{", "").replaceAll("\r", ""));

test("text without tags renders as it is, less one newline at its end, and maps to itself", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(plainText, fc.constant("\n"))), (parts) => {
      const source = parts.join("");
      const rendering = render(source);
      expect(rendering.text).toBe(source.replace(/\n$/, ""));
      for (let offset = 0; offset < rendering.text.length; offset += 1) {
        const before = source.slice(0, offset).split("\n");
        const at = { file: "t.sql", line: before.length, column: (before.at(-1) ?? "").length + 1 };
        expect(rendering.origin(offset)?.at).toEqual(at);
      }
    }),
  );
});

const PIECES = [
  ..."{{|}}|{%|%}|{%-|-%}|{#|#}|{{-|-}}|(|)|[|]|{|}|,|:|.|~|+|-|*|/|//|%|**|==|!=|<|<=|not|in|is|and|or|if|else|elif".split(
    "|",
  ),
  ..."endif for endfor set endset macro endmacro call endcall filter endfilter do with endwith raw endraw".split(" "),
  ..."x y loop caller varargs kwargs range( namespace( return( dict( none true 'a' \"b\" 1 2.5 0 -1 99999999999 upper".split(
    " ",
  ),
  ..." =|\n| | | |defined|join|map('upper')|sort|length|.append(|.items()|.format(|.split(|[::-1]|x.y|'%s'|{'a': 1}".split(
    "|",
  ),
  "|",
];

test("no template ends in anything but a rendering or an error with a place inside of it", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...PIECES), plainText), { maxLength: 60 }), (pieces) => {
      const source = pieces.join(" ");
      try {
        render(source, { x: [1n, "a", null], y: "b" });
      } catch (error) {
        expect(error, source).toBeInstanceOf(TemplateError);
        const { line, column } = (error as TemplateError).at;
        const written = source.split("\n")[line - 1];
        expect(written, source).toBeDefined();
        expect(column).toBeLessThanOrEqual((written ?? "").length + 1);
      }
    }),
    { numRuns: 2_000 },
  );
});

const leaf: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom(null, true, false),
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  text,
);

test("what a value prints inside of a list is an expression that gives the value again", () => {
  fc.assert(
    fc.property(fc.array(leaf, { maxLength: 8 }), (items) => {
      const source = toSource(items);
      expect(render(`{{ ${source} }}`).text).toBe(source);
    }),
  );
});

test("division of whole numbers goes down, and the remainder has the sign of the divisor", () => {
  const divisor = fc.bigInt({ min: -1000n, max: 1000n }).filter((b) => b !== 0n);
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), divisor, (a, b) => {
      expect(render("{{ a // b * b + a % b == a }}", { a, b }).text).toBe("True");
      const remainder = BigInt(render("{{ a % b }}", { a, b }).text);
      expect(remainder === 0n || remainder < 0n === b < 0n).toBe(true);
    }),
  );
});

test("slices cut a text and a list without losing or doubling an item", () => {
  fc.assert(
    fc.property(text, fc.integer({ min: -60, max: 60 }), fc.integer({ min: 1, max: 5 }), (s, cut, step) => {
      const values = { s, i: BigInt(cut), n: BigInt(step) };
      expect(render("{{ s[:i] ~ s[i:] == s }}", values).text).toBe("True");
      expect(render("{{ s[::-1][::-1] == s }}", values).text).toBe("True");
      expect(render("{{ (s | list)[::n] | join == s[::n] }}", values).text).toBe("True");
      expect(render("{{ s[::-n] == (s[::-1])[::n] }}", values).text).toBe("True");
    }),
  );
});

test("sort orders, keeps every item, and reversing it is its own inverse", () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: -9n, max: 9n })), (items) => {
      const sorted = [...items].sort((a, b) => Number(a - b));
      expect(render("{{ items | sort | join(',') }}", { items: [...items] }).text).toBe(sorted.join(","));
      expect(render("{{ items | reverse | reverse | join(',') }}", { items: [...items] }).text).toBe(items.join(","));
    }),
  );
});
