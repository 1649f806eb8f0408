import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { SCRIPTS } from "../../config/tools/help.ts";
import { VERSION } from "../../operator/version.ts";
import { filesIn, readSource, typescriptIn } from "./source-files.ts";

const PROGRAMS = ["operator", "task-image"] as const;
const CODE = typescriptIn(...PROGRAMS, "config", "test");
const ALL = [
  ...filesIn(...PROGRAMS, "config", "crds", "helm", "test"),
  "package.json",
  "tsconfig.json",
  ".ci/run",
  ".gitignore",
];
const THIS = "test/tidy/tidy.test.ts";

/** `path:line: what` for every line of the files that the pattern finds something in. */
function findLines(paths: readonly string[], pattern: RegExp): readonly string[] {
  return paths.flatMap((path) =>
    readSource(path)
      .split("\n")
      .flatMap((line, index) => {
        const found = pattern.exec(line)?.[0];
        return found === undefined ? [] : [`${path}:${index + 1}: ${found}`];
      }),
  );
}

describe("files", () => {
  test.each([
    [300, [...PROGRAMS, "config"]],
    [400, ["test"]],
  ])("have at most %i lines in %j", (max, folders) => {
    const lengths = typescriptIn(...folders).map((path) => ({
      path,
      lines: readSource(path).trimEnd().split("\n").length,
    }));
    expect(lengths.filter(({ lines }) => lines > max)).toEqual([]);
  });

  test("stand in rooms: fewer than forty in one folder", () => {
    const counts = new Map<string, number>();
    const files = [...filesIn(...PROGRAMS, "config"), ...typescriptIn("test")];
    for (const path of files) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count >= 40)).toEqual([]);
    expect(Math.max(...counts.values())).toBeGreaterThan(20);
  });

  test("and folders are called by what they are about", () => {
    const vague = ["util", "utils", "helper", "helpers", "manager", "common", "lib", "misc"];
    const words = (path: string) => path.split("/").flatMap((part) => part.toLowerCase().split(/[-_.]/));
    expect(ALL.filter((path) => words(path).some((word) => vague.includes(word)))).toEqual([]);
  });

  test("of code are called in kebab-case", () => {
    expect(CODE.filter((path) => !/^[a-z0-9/.-]+$/.test(path))).toEqual([]);
  });
});

describe("code", () => {
  const others = CODE.filter((path) => path !== THIS);

  test("leaves nothing for later without saying so elsewhere", () => {
    expect(findLines(others, /\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
  });

  test("skips no test and singles none out", () => {
    expect(
      findLines(
        others,
        /\b(test|it|describe)\.(skip|only|todo|skipIf|runIf|fails)\b|\b(xit|fit|xtest|xdescribe|fdescribe)\(/,
      ),
    ).toEqual([]);
  });

  test("of the programs logs by its logger alone", () => {
    expect(findLines(typescriptIn(...PROGRAMS), /\bconsole\.\w+/)).toEqual([]);
  });

  test("names a rule and a reason where it asks the linter to look away", () => {
    const all = findLines(others, /biome-ignore.*/);
    expect(all.filter((line) => !/biome-ignore(-all|-start|-end)? lint\/\w+\/\w+: \S+ \S+/.test(line))).toEqual([]);
  });

  test("asks the compiler for no exception", () => {
    expect(findLines(others, /@ts-(ignore|expect-error|nocheck)/)).toEqual([]);
  });
});

test("every script of package.json is in `npm run help`", () => {
  const { scripts } = JSON.parse(readSource("package.json")) as { scripts: Record<string, string> };
  expect(Object.keys(SCRIPTS).sort()).toEqual(Object.keys(scripts).sort());
});

test("every package of the lockfile has an integrity, whatever platform it is for", () => {
  const { packages } = JSON.parse(readSource("package-lock.json")) as {
    packages: Record<string, { integrity?: string }>;
  };
  const unchecked = Object.entries(packages).filter(([path, { integrity }]) => path !== "" && integrity === undefined);
  expect(unchecked.map(([path]) => path)).toEqual([]);
});

test("there is one version", () => {
  const { version } = JSON.parse(readSource("package.json")) as { version: string };
  const chart = parse(readSource("helm/Chart.yaml")) as { version: string; appVersion: string };
  expect([VERSION, chart.version, chart.appVersion]).toEqual([version, version, version]);
});

test("the repository speaks of the product alone", () => {
  // Places that only the machine of one of its makers has.
  const places = /(^|[\s"'`(=:])(\/work|\/root|\/home)\/|\b(anchors|prototypes|roadmap)\/|\bshared\/(design|systems)/;
  expect(
    findLines(
      ALL.filter((path) => path !== THIS),
      places,
    ),
  ).toEqual([]);
});
