import { expect, test } from "vitest";
import { Params } from "#api/params/params.ts";
import { resolveParams } from "../../../operator/params/resolve-params.ts";

const TIMES = {
  scheduled: "2026-12-01T05:00:00Z",
  interval: { start: "2026-11-30T23:00:00Z", end: "2026-12-01T23:00:00Z" },
  timeZone: "Europe/Berlin",
};
const declared = Params.parse({
  bucket: { default: "posts" },
  day: { type: "date", default: "$(run.interval.start:%F)" },
  limit: { type: "integer" },
  note: { required: false },
  parts: { type: "list", default: ["a", "$(run.scheduled:%H)"] },
});

test("a run has what it says, the defaults of the others with its times in them, and lacks what may be missing", () => {
  expect(resolveParams(declared, { limit: "5", bucket: "other" }, TIMES)).toEqual({
    ok: true,
    values: { bucket: "other", day: "2026-12-01", limit: 5, parts: ["a", "06"] },
  });
});

test("what a run says is taken as it is written, expressions too", () => {
  const said = { limit: 1, note: "$(run.scheduled) $(params.bucket)" };
  expect(resolveParams(declared, said, TIMES)).toMatchObject({ ok: true, values: { note: said.note } });
});

test("all that is wrong is found at once", () => {
  const resolved = resolveParams(declared, { buckett: "a", day: "yesterday", note: null }, TIMES);
  expect(resolved).toEqual({
    ok: false,
    faults: [
      { path: ["buckett"], why: "no parameter is called buckett; did you mean bucket?" },
      { path: ["day"], why: 'expected a day such as 2026-12-01, found "yesterday"' },
      { path: ["limit"], why: "a value is missing: set one of type integer" },
    ],
  });
});

test("values of a Pipeline without parameters are refused", () => {
  expect(resolveParams({}, { a: 1 }, TIMES)).toEqual({
    ok: false,
    faults: [{ path: ["a"], why: "no parameter is called a; the Pipeline has none" }],
  });
});

test("names of JavaScript's own are names like others", () => {
  const odd = Params.parse({ constructor: { default: "a" }, toString: { required: false } });
  expect(resolveParams(odd, {}, TIMES)).toEqual({ ok: true, values: { constructor: "a" } });
});

test("all values together have a bound, as they stand in the status", () => {
  const many = Params.parse(Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`p${index}`, {}])));
  const said = Object.fromEntries(Object.keys(many).map((name) => [name, "a".repeat(4000)]));
  expect(resolveParams(many, said, TIMES)).toMatchObject({
    ok: false,
    faults: [{ path: [], why: expect.stringContaining("expected at most 16384 bytes of JSON in all parameters") }],
  });
});
