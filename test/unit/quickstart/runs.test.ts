import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatEnd } from "../../../config/quickstart/next.ts";
import { FollowedRun } from "../../../config/quickstart/run-table.ts";
import { RunView } from "../../../config/quickstart/run-view.ts";
import { readSample, sampleNames } from "../../../config/quickstart/sample.ts";
import { Screen } from "../../../config/quickstart/screen.ts";

const kubernetes = { kubectl: "/tools/kubectl", helm: "/tools/helm", kubeconfig: "/tools/kubeconfig" };

function aRun(name: string, state = "Succeeded"): FollowedRun {
  const nodes = { quality: { state, attempt: 1 } };
  return FollowedRun.parse({ metadata: { name }, status: { nodes } });
}

async function endOf(sample: string, runs: readonly FollowedRun[]): Promise<string> {
  const result = { runs, rows: 12_345, table: "the rows" };
  return formatEnd({ result, kubernetes, sample: await readSample(sample), context: undefined, took: "1 s" });
}

describe("a sample of several runs", () => {
  it("is told at its end run by run, and goes on with the last one", async () => {
    const end = await endOf("showcase", [aRun("process-csv-files-x"), aRun("dbt-transformation-y")]);
    expect(end.split("\n").map((line) => line.trim())).toEqual(
      expect.arrayContaining(["process-csv-files-x", "dbt-transformation-y", "the rows"]),
    );
    expect(end).toContain("analytics.fct_sales, the first of 12,345 rows");
    expect(end).toContain("describe plr dbt-transformation-y");
    expect(end).toContain("create -f config/samples/showcase/runs/4-dbt-transformation.yaml");
  });

  it("tells of a node although another run has one of the same name", () => {
    const written: string[] = [];
    const output = { isTTY: false, write: (text: string) => written.push(text) };
    const view = new RunView(new Screen(output, () => 0));
    for (const name of ["first", "second"]) {
      view.show(aRun(name));
      view.show(aRun(name));
      view.end();
    }
    expect(written.filter((line) => line.includes("quality"))).toHaveLength(2);
  });
});

it("a sample of one run names it at the end once", async () => {
  const end = await endOf("films", [aRun("films-x")]);
  expect(end.match(/films-x/g)).toHaveLength(1);
  expect(end).toContain("create -f config/samples/films/run.yaml");
});

it("every sample of the quick start can be read, and its runs are files of its folder", async () => {
  const names = await sampleNames();
  expect(names).toEqual(["films", "netflix", "posts", "showcase", "songplays"]);
  const samples = await Promise.all(names.map(readSample));
  for (const { directory, runs } of samples) {
    for (const file of runs) expect(readFileSync(join(directory, file), "utf8")).toContain("kind: PipelineRun");
  }
  expect(samples.map(({ name, runs }) => [name, runs.length])).toEqual([
    ["films", 1],
    ["netflix", 1],
    ["posts", 1],
    ["showcase", 4],
    ["songplays", 1],
  ]);
});
