import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { PLAN_BYTES_MAX, type Plan, packPlan, unpackPlan } from "#api/packing.ts";
import { unitName } from "../../../task-image/dbt/packing/unit-name.ts";

const project = "0".repeat(64);
const plan = (units: Plan["units"]): Plan => ({ project, hasEnd: true, units });

test("a plan is the same after it was packed", () => {
  const written = plan([
    { name: "a", needs: [] },
    { name: "b", needs: [0], goesOn: true },
  ]);
  expect(unpackPlan(packPlan(written))).toEqual(written);
});

test("units with one name, with a name of another Job, or that need what comes later make no plan", () => {
  const none = [
    plan([
      { name: "a", needs: [] },
      { name: "a", needs: [] },
    ]),
    plan([{ name: "plan", needs: [] }]),
    plan([{ name: "end", needs: [] }]),
    plan([{ name: "a", needs: [0] }]),
    plan([{ name: "A/b", needs: [] }]),
    { ...plan([]), project: "short" },
  ];
  expect(none.map((each) => unpackPlan(packPlan(each)))).toEqual(none.map(() => undefined));
  expect(unpackPlan("")).toBeUndefined();
  expect(unpackPlan(deflateRawSync("x".repeat(64 * 1024 * 1024)).toString("base64url"))).toBeUndefined();
});

test("a plan of five hundred models with long names has room", () => {
  const units = Array.from({ length: 500 }, (_, index) => ({
    name: unitName(`int_customer_orders_enriched_by_region_${index}_daily`, () => false),
    needs: [1, 2, 3].map((back) => index - back * 7).filter((need) => need >= 0),
  }));
  expect(packPlan(plan(units)).length).toBeLessThan(PLAN_BYTES_MAX / 2);
});

test("names of units can be those of labels, and differ where dbt's do", () => {
  const names = ["stg_posts", "Stg.Posts", "x".repeat(200), "y".repeat(200), "_", "ü", "plan", "end"];
  const taken = new Set<string>();
  for (const name of names) taken.add(unitName(name, (each) => taken.has(each)));
  expect(taken.size).toBe(names.length);
  expect([...taken].every((name) => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))).toBe(true);
  expect(taken.has("stg-posts")).toBe(true);
});
