import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { mustKubectl } from "../support/cluster/cluster.ts";
import { SYSTEM } from "../support/cluster/kind.ts";

/** The image that the installed operator gives to tasks. */
function taskImage(): string {
  const path = `{.spec.template.spec.containers[0].env[?(@.name=="KELT_TASK_IMAGE")].value}`;
  return mustKubectl(["get", "deployment", "kelt", "-n", SYSTEM, "-o", `jsonpath=${path}`]);
}

/** Runs JavaScript in an image, on a file system that is read-only as in a task's pod, and reads what it prints as JSON. */
function inImage<T>(image: string, script: string): T {
  const { status, stdout, stderr } = spawnSync("docker", ["run", "--rm", "--read-only", image, "-e", script], {
    encoding: "utf8",
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(`docker run ${image}: ${stderr}${stdout}`);
  return JSON.parse(stdout) as T;
}

test("the task image holds its compiled code where a task's process looks for it", () => {
  const count = inImage<number>(
    taskImage(),
    `const { getCompileCacheDir } = require("node:module");
     console.log(require("node:fs").readdirSync(getCompileCacheDir()).length)`,
  );
  expect(count).toBeGreaterThan(10);
});

test("the task image holds the licences and the bill of materials of what it is made of", () => {
  const { licences, bill, copyrights } = inImage<{ licences: string; bill: string; copyrights: string[] }>(
    taskImage(),
    `const { readFileSync, readdirSync } = require("node:fs");
     const licences = readFileSync("/app/papers/LICENSES.txt", "utf8");
     const bill = readFileSync("/app/papers/bom.cdx.json", "utf8");
     console.log(JSON.stringify({ licences, bill, copyrights: readdirSync("/usr/share/doc") }))`,
  );
  for (const name of ["pg", "@aws-sdk/client-s3", "undici"]) {
    expect(licences).toMatch(new RegExp(`^${name} [0-9]`, "m"));
    expect(bill).toContain(`"name": "${name}"`);
  }
  expect(copyrights).toEqual(expect.arrayContaining(["node", "libc6"]));
  const { components } = JSON.parse(bill) as { components: { name: string; purl: string }[] };
  const debian = components.filter(({ purl }) => purl.startsWith("pkg:deb/debian/")).map(({ name }) => name);
  expect(debian).toEqual(expect.arrayContaining(copyrights.filter((name) => name !== "node")));
});
