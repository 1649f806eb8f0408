import { describe, expect, test } from "vitest";
import { fitResources, growMemory, mergeResources } from "#api/resources.ts";

test("a node takes from its pipeline each amount that it does not set itself", () => {
  const pipeline = { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } };
  expect(mergeResources({ requests: { memory: "512Mi" } }, pipeline)).toEqual({
    requests: { cpu: "100m", memory: "512Mi" },
    limits: { memory: "1Gi" },
  });
  expect(mergeResources({ limits: { cpu: 2 } }, {})).toEqual({ limits: { cpu: 2 } });
  expect(mergeResources(undefined, undefined)).toEqual({});
});

test.each([
  [
    "a limit of the installation rises to the request that is above it",
    { requests: { memory: "2Gi" } },
    { requests: { cpu: "50m", memory: "2Gi" }, limits: { memory: "2Gi" } },
  ],
  [
    "a request of the installation falls to the limit that is below it",
    { limits: { memory: "64Mi", cpu: "10m" } },
    { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "64Mi", cpu: "10m" } },
  ],
  [
    "what does not contradict the installation is added to it",
    { limits: { memory: "1Gi" } },
    { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "1Gi" } },
  ],
])("%s", (_, own, expected) => {
  const installation = { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } };
  expect(fitResources(own, installation)).toEqual(expected);
});

describe("memory for an attempt after those that were killed for theirs", () => {
  const memory = { factor: 2, max: "3Gi" } as const;

  test.each([
    [0, "1Gi", "1Gi"],
    [1, "1Gi", "2048Mi"],
    [2, "1Gi", "3Gi"],
    [40, "1Gi", "3Gi"],
    [1, "4Gi", "4Gi"],
    [1, "1000", "2000"],
    [1, 1000, "2000"],
  ])("after %i of them, of %s, is %s", (times, before, after) => {
    const resources = { requests: { cpu: 1, memory: before }, limits: { memory: before } };
    const grown = growMemory(resources, memory, times);
    expect(grown).toEqual({ requests: { cpu: 1, memory: after }, limits: { memory: after } });
  });

  test("stays unlimited where there is no limit", () => {
    expect(growMemory({ requests: { cpu: 1 } }, memory, 3)).toEqual({ requests: { cpu: 1 } });
  });
});
