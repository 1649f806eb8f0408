import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jobName, labelValue } from "../../operator/job/names.ts";

/** A DNS label as Kubernetes has it, and kelt's narrower one of nodes. */
const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/);
const node = fc.stringMatching(/^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/);
const runName = fc
  .array(label, { minLength: 1, maxLength: 8 })
  .map((labels) => labels.join("."))
  .filter((name) => name.length <= 253);
const attempt = fc.integer({ min: 1, max: 1000 });
const identity = fc.tuple(runName, node, attempt);

describe("the name of an attempt's Job, whatever the run and the node are called", () => {
  it("is a DNS label with room for the six characters of its Pod's", () => {
    fc.assert(
      fc.property(identity, (id) => {
        const name = jobName(...id);
        expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
        expect(name.length).toBeLessThanOrEqual(57);
      }),
    );
  });

  it("never varies", () => {
    fc.assert(
      fc.property(identity, (id) => {
        expect(jobName(...id)).toBe(jobName(...id));
      }),
    );
  });

  it("is another one for each node and attempt of a run", () => {
    fc.assert(
      fc.property(runName, fc.uniqueArray(fc.tuple(node, attempt), { selector: String }), (run, attempts) => {
        const names = attempts.map(([name, number]) => jobName(run, name, number));
        expect(new Set(names).size).toBe(attempts.length);
      }),
    );
  });

  it("is another one for runs whose names differ in a dot alone", () => {
    fc.assert(
      fc.property(fc.tuple(label, label), node, attempt, (parts, name, number) => {
        expect(jobName(parts.join("."), name, number)).not.toBe(jobName(parts.join("-"), name, number));
      }),
    );
  });

  it("says run, node and attempt in clear where there is room", () => {
    expect(jobName("films-1", "raw", 2)).toBe("films-1-raw-a2");
    expect(jobName("f".repeat(60), "raw", 2)).toMatch(/^f{46}-[0-9a-f]{10}$/);
  });
});

describe("a name as a label value", () => {
  it("has at most 63 characters and the shape that Kubernetes asks for", () => {
    fc.assert(
      fc.property(runName, (name) => {
        const value = labelValue(name);
        expect(value.length).toBeLessThanOrEqual(63);
        expect(value).toMatch(/^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/);
        if (name.length <= 63) expect(value).toBe(name);
      }),
    );
  });

  it("tells long names apart", () => {
    fc.assert(
      fc.property(fc.uniqueArray(runName), (names) => {
        expect(new Set(names.map(labelValue)).size).toBe(names.length);
      }),
    );
  });
});
