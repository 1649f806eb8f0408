import fc from "fast-check";
import { expect, it } from "vitest";
import { chooseVersion, type HubVersions } from "../../task-image/dbt/deps/hub-version.ts";
import { PackageProblem } from "../../task-image/dbt/deps/package-listing.ts";
import { MATCHERS, parseVersion } from "../../task-image/dbt/deps/version.ts";

type Numbers = readonly [number, number, number];

const part = fc.integer({ min: 0, max: 3 });
const numbers: fc.Arbitrary<Numbers> = fc.tuple(part, part, part);
const bound = fc.tuple(fc.constantFrom(...MATCHERS), numbers);

const order = (one: Numbers, other: Numbers): number => {
  const place = one.findIndex((each, index) => each !== other[index]);
  return place < 0 ? 0 : (one[place] as number) - (other[place] as number);
};
const MEANS: Readonly<Record<(typeof MATCHERS)[number], (found: number) => boolean>> = {
  ">=": (found) => found >= 0,
  ">": (found) => found > 0,
  "<=": (found) => found <= 0,
  "<": (found) => found < 0,
  "=": (found) => found === 0,
};

const hubOf = (released: readonly Numbers[]): HubVersions =>
  new Map(released.map((each) => [each.join("."), { name: "words", packages: [], requires: [], tarball: "" }]));

it("of all versions of a hub, the one that is chosen fits every bound and is the greatest that does", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(numbers, { minLength: 1, maxLength: 40, selector: String }),
      fc.array(bound, { minLength: 1, maxLength: 5 }),
      (released, bounds) => {
        const versions = bounds.map(([matcher, at]) => parseVersion(`${matcher}${at.join(".")}`) ?? expect.fail());
        const spec = { kind: "hub", package: "acme/words", versions, takesPrereleases: false, by: "x" } as const;
        const choose = () => chooseVersion({ spec, askers: [], revisions: new Set() }, hubOf(released), undefined);
        const fitting = released.filter((each) => bounds.every(([matcher, at]) => MEANS[matcher](order(each, at))));
        const greatest = fitting.toSorted(order).at(-1);
        if (greatest === undefined) expect(choose).toThrow(PackageProblem);
        else expect(choose()).toBe(greatest.join("."));
      },
    ),
    { numRuns: 1000 },
  );
});
