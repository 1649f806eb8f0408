import { describe, expect, test } from "vitest";
import {
  compareVersions,
  formatVersion,
  parseVersion,
  type Version,
} from "../../../../../task-image/dbt/deps/version.ts";
import { formatRange, greatestIn, reduceVersions } from "../../../../../task-image/dbt/deps/version-range.ts";

const version = (text: string): Version => parseVersion(text) ?? expect.fail(`${text} is no version`);

/** What dbt_common 1.x of dbt 1.11.16 answers to the same questions. */
describe("versions are read as dbt reads them", () => {
  test.each([
    ["1.0.0rc1", "=1.0.0-rc1"],
    ["1.0.0-", "=1.0.0--"],
    ["1.0.0--", "=1.0.0--"],
    ["1.0.0-01", "=1.0.0--01"],
    ["1.0.01", "=1.0.0-1"],
    ["1.0.0+", "=1.0.0"],
    ["1.0.0\n", "=1.0.0"],
    [">=1.10.0-b.2+x.y", ">=1.10.0-b.2+x.y"],
  ])("%j is %s", (text, shown) => {
    expect(formatVersion(version(text))).toBe(shown);
  });

  test.each([
    ...["1.0", "1", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.0-a..b", "==1.0.0", "~=1.0", "1.0.*", "", " 1.0.0", "1.0.0 "],
    ...[">= 1.0.0", `1.0.0-${"a".repeat(300)}`],
  ])("%j is not a version", (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });
});

test("versions and bounds stand to each other as in dbt", () => {
  const texts = [
    ...["1.0.0", "1.0.0-a", "1.0.0-1", "1.0.0-a.1", "1.0.0-a.b", "1.0.0-2", "1.0.0-10"],
    ...[">1.0.0", ">=1.0.0", "<1.0.0", "<=1.0.0", "<1.0.0-a", "1.0.0+x", "1.0.1"],
  ];
  const orders = texts.map((one) => texts.map((other) => compareVersions(version(one), version(other))).join(" "));
  expect(orders).toEqual([
    "0 1 1 1 1 1 1 0 0 0 0 1 0 -1",
    "-1 0 1 -1 -1 1 1 -1 -1 -1 -1 0 -1 -1",
    "-1 -1 0 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1",
    "-1 1 1 0 -1 1 1 -1 -1 -1 -1 1 -1 -1",
    "-1 1 1 1 0 1 1 -1 -1 -1 -1 1 -1 -1",
    "-1 -1 1 -1 -1 0 -1 -1 -1 -1 -1 -1 -1 -1",
    "-1 -1 1 -1 -1 1 0 -1 -1 -1 -1 -1 -1 -1",
    "0 1 1 1 1 1 1 0 1 1 1 1 0 -1",
    "0 1 1 1 1 1 1 -1 0 1 0 1 0 -1",
    "0 -1 -1 -1 -1 -1 -1 -1 -1 0 -1 -1 0 -1",
    "0 1 1 1 1 1 1 -1 0 1 0 1 0 -1",
    "-1 0 1 -1 -1 1 1 -1 -1 -1 -1 0 -1 -1",
    "0 1 1 1 1 1 1 0 0 0 0 1 0 -1",
    "1 1 1 1 1 1 1 1 1 1 1 1 1 0",
  ]);
});

const HAD = [
  ...["0.9.0", "1.0.0-rc1", "1.0.0", "1.0.1", "1.1.0-b1", "1.1.0-b2", "1.1.0", "1.2.0", "1.10.0", "2.0.0-a1", "2.0.0"],
];

/** Bounds, the range that dbt makes of them, and the version of {@link HAD} that it takes. */
const RANGES: readonly (readonly [asked: string, range: string | undefined, chosen: string | undefined])[] = [
  ["1.0.0", "=1.0.0, =1.0.0", "1.0.0"],
  ["=1.0.0", "=1.0.0, =1.0.0", "1.0.0"],
  [">=1.0.0 <2.0.0", ">=1.0.0, <2.0.0", "1.10.0"],
  [">1.0.0 <=1.1.0", ">1.0.0, <=1.1.0", "1.1.0"],
  [">=1.0.0", ">=1.0.0", "2.0.0"],
  ["<1.1.0", "<1.1.0", "1.0.1"],
  ["<=1.1.0", "<=1.1.0", "1.1.0"],
  ["<2.0.0", "<2.0.0", "1.10.0"],
  [">1.2.0 <1.10.0", ">1.2.0, <1.10.0", undefined],
  ["1.1.0-b1", "=1.1.0-b1, =1.1.0-b1", "1.1.0-b1"],
  [">=1.1.0-b1 <1.1.0", ">=1.1.0-b1, <1.1.0", undefined],
  [">=1.1.0-b1", ">=1.1.0-b1", "2.0.0"],
  ["<2.0.0-a1", "<2.0.0-a1", "1.10.0"],
  ["1.0.0 1.0.0", "=1.0.0, =1.0.0", "1.0.0"],
  ["1.0.0 1.0.1", undefined, undefined],
  [">=1.0.0 1.1.0", "=1.1.0, =1.1.0", "1.1.0"],
  ["1.1.0 >=1.0.0 <1.2.0", "=1.1.0, =1.1.0", "1.1.0"],
  [">1.1.0 1.1.0", undefined, undefined],
  [">=1.1.0 1.1.0", "=1.1.0, =1.1.0", "1.1.0"],
  ["<1.1.0 1.1.0", undefined, undefined],
  ["<=1.1.0 1.1.0", "=1.1.0, =1.1.0", "1.1.0"],
  [">=1.0.0 <2.0.0 >=1.1.0 <1.10.0", ">=1.1.0, <1.10.0", "1.2.0"],
  [">=1.0.0 <1.1.0 >=1.1.0 <2.0.0", undefined, undefined],
  [">=1.1.0 <=1.1.0", ">=1.1.0, <=1.1.0", "1.1.0"],
  [">1.1.0 <1.1.0", undefined, undefined],
  [">=1.1.0 <1.1.0", undefined, undefined],
  [">1.0.0 >=1.0.0", ">1.0.0", "2.0.0"],
  ["<1.1.0 <=1.1.0", "<1.1.0", "1.0.1"],
  ["1.0.0rc1", "=1.0.0-rc1, =1.0.0-rc1", "1.0.0-rc1"],
  [">=1.0.0-rc1 <1.0.0", ">=1.0.0-rc1, <1.0.0", undefined],
  ["3.0.0", "=3.0.0, =3.0.0", undefined],
  ["1.10.0+build", "=1.10.0+build, =1.10.0+build", "1.10.0"],
  ["<1.10.0 >=1.2.0 <3.0.0", ">=1.2.0, <1.10.0", "1.2.0"],
];

test.each([...RANGES])("%s leaves the range %s, of which %s is taken", (asked, range, chosen) => {
  const bounds = asked.split(" ").map(version);
  const found = reduceVersions(bounds);
  expect(found === undefined ? undefined : formatRange(found)).toBe(range);
  const takesPrereleases = bounds.some(({ prerelease }) => prerelease !== undefined);
  const had = HAD.map((text) => [version(text), text] as const).filter(
    ([{ prerelease }]) => takesPrereleases || prerelease === undefined,
  );
  if (found !== undefined) expect(greatestIn(found, had)).toBe(chosen);
});
