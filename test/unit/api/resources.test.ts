import { expect, test } from "vitest";
import { fitResources, mergeResources } from "#api/resources.ts";

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
