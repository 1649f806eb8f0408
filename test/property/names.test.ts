import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jobName, labelValue, nodeReportName } from "../../operator/job/names.ts";

/** A DNS label as Kubernetes has it, and kelt's narrower one of nodes. */
const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/);
const isNode = /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/;
const node = fc.stringMatching(isNode);
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

  it("is another one for another run and node, wherever a dash of the same text parts them", () => {
    const word = fc.constantFrom("a", "b", "a1", "films", "", "x".repeat(20));
    const parted = fc
      .tuple(fc.array(word, { minLength: 3, maxLength: 6 }), fc.nat(4), fc.nat(4))
      .map(([words, first, second]) =>
        [first, second].map((at) => [words.slice(0, at + 1).join("-"), words.slice(at + 1).join("-")] as const),
      )
      .filter((pairs) => pairs.every(([run, name]) => /^[a-z0-9](.*[a-z0-9])?$/.test(run) && isNode.test(name)));
    fc.assert(
      fc.property(parted, attempt, ([one, other], number) => {
        fc.pre(one !== undefined && other !== undefined && one[0] !== other[0]);
        expect(jobName(...one, number)).not.toBe(jobName(...other, number));
      }),
    );
  });

  it.each([
    ["films", "raw-a", "films-raw", "a"],
    ["a", "b--c", "a-b-", "c"],
    ["a--b", "c", "a", "b-c"],
    ["f".repeat(60), "raw-a", `${"f".repeat(60)}-raw`, "a"],
  ])("of run %s and node %s is not that of run %s and node %s", (run, name, otherRun, otherName) => {
    expect(jobName(run, name, 1)).not.toBe(jobName(otherRun, otherName, 1));
  });

  it("says run, node and attempt in clear where there is room", () => {
    expect(jobName("films-1", "raw", 2)).toBe("films-1-raw-a2");
    expect(jobName("films-1", "raw-films", 2)).toBe("films-1-raw--films-a2");
    expect(jobName("f".repeat(60), "raw", 2)).toMatch(/^f{46}-[0-9a-f]{10}$/);
  });
});

describe("the name of a page of a node's report", () => {
  const page = fc.integer({ min: 1, max: 20 });

  it("is one that the API server takes for an object", () => {
    fc.assert(
      fc.property(runName, node, page, (...id) => {
        const name = nodeReportName(...id);
        expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]+)?$/);
        expect(name.length).toBeLessThanOrEqual(63);
      }),
    );
  });

  it("is another one for each run, node and page, also where a node is called as a page", () => {
    const word = fc.constantFrom("a", "b", "p1", "p2", "p20", "a-p2", "x".repeat(30));
    const runs = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join("-"));
    const ids = fc.uniqueArray(fc.tuple(runs, word, page), { selector: String, minLength: 2 });
    fc.assert(
      fc.property(ids, (all) => {
        const names = all.map((id) => nodeReportName(...id));
        expect(new Set(names).size).toBe(all.length);
      }),
    );
    expect(nodeReportName("a", "b", 2)).not.toBe(nodeReportName("a-b", "p2", 1));
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
