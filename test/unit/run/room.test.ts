import { describe, expect, test } from "vitest";
import { exceedsQuota, lacksRoom } from "../../../operator/run/attempt/room.ts";

const unschedulable = (message: string) => lacksRoom({ reason: "Unschedulable", message });

describe("what the scheduler says", () => {
  test.each([
    "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found.",
    "0/5 nodes are available: 2 Insufficient memory, 3 node(s) didn't match Pod's node affinity/selector.",
    "0/1 nodes are available: 1 Too many pods.",
    "0/1 nodes are available: 1 node(s) were unschedulable.",
    "0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }.",
    "no nodes available to schedule pods",
  ])("is a lack of room: %s", (message) => {
    expect(unschedulable(message)).toBe(true);
  });

  test.each([
    "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
    "0/3 nodes are available: 3 node(s) had untolerated taint {gpu: true}.",
    'persistentvolumeclaim "lake" not found',
    "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
  ])("is a fault: %s", (message) => {
    expect(unschedulable(message)).toBe(false);
  });

  test("of a gate is somebody's queue; of an image that cannot be pulled it is a fault", () => {
    expect(lacksRoom({ reason: "SchedulingGated", message: "" })).toBe(true);
    expect(lacksRoom({ reason: "ImagePullBackOff", message: "Insufficient scope" })).toBe(false);
  });
});

describe("what a quota says", () => {
  test.each([
    ["used up", "exceeded quota: two, requested: pods=1, used: pods=2, limited: pods=2", true],
    [
      "used up by much",
      "exceeded quota: cpu, requested: limits.cpu=500m, used: limits.cpu=2, limited: limits.cpu=2",
      true,
    ],
    [
      "too small for it for ever",
      "exceeded quota: m, requested: requests.memory=4Gi, used: requests.memory=0, limited: requests.memory=1Gi",
      false,
    ],
    [
      "used up, its limit as a power of ten",
      "exceeded quota: n, requested: limits.cpu=2, used: limits.cpu=1e3, limited: limits.cpu=1e3",
      true,
    ],
    [
      "used up, in large units",
      "exceeded quota: s, requested: requests.storage=2Pi, used: requests.storage=1Ei, limited: requests.storage=1Ei",
      true,
    ],
    [
      "too small for it for ever, in other units",
      "exceeded quota: s, requested: limits.cpu=1500m,limits.memory=1Gi, used: limits.cpu=0, limited: limits.cpu=1,limits.memory=2E",
      false,
    ],
    [
      "used up, in words that nobody knows",
      "exceeded quota: s, requested: pods=many, used: pods=2, limited: pods=2",
      true,
    ],
    ["not satisfied by what is written", "failed quota: cpu: must specify limits.cpu for: task", false],
  ])("is read: %s", (_, words, isRoom) => {
    expect(exceedsQuota(`pods "x" is forbidden: ${words}`)).toBe(isRoom);
  });

  test("of a limit range is a fault", () => {
    expect(exceedsQuota('pods "x" is forbidden: maximum memory usage per Container is 256Mi, but limit is 512Mi')).toBe(
      false,
    );
  });
});
