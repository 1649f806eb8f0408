import { describe, expect, test } from "vitest";
import { withAdvice } from "../../../operator/run/attempt/missing-object.ts";

const adviceOn = (message: string) => withAdvice({ reason: "Waits", message }).message;

describe("what a pod waits for that does not exist", () => {
  test.each([
    ['configmap "rates" not found', /not found\. Create ConfigMap rates in the run's namespace/],
    [
      'MountVolume.SetUp failed for volume "rates" : configmap "fx-rates" not found',
      /not found\. Create ConfigMap fx-rates /,
    ],
    ['secret "scoring" not found', /Create Secret scoring /],
    [
      '0/3 nodes are available: persistentvolumeclaim "models" not found. preemption: 0/3 nodes are available.',
      /available\. Create PersistentVolumeClaim models /,
    ],
    ["couldn't find key apiKey in Secret demo/scoring", /Add the key apiKey to Secret scoring,/],
    ["part 3: couldn't find key day in ConfigMap demo/rates", /Add the key day to ConfigMap rates,/],
    [
      'MountVolume.SetUp failed for volume "rates" : references non-existent config key: a.csv',
      /Add the key a\.csv to the object of volume rates,/,
    ],
    [
      'MountVolume.SetUp failed for volume "keys" : references non-existent secret key: pem',
      /Add the key pem to the object of volume keys,/,
    ],
  ])("%s: the message says what to do", (message, advice) => {
    const found = adviceOn(message);
    expect(found.startsWith(message.replace(/\.$/, ""))).toBe(true);
    expect(found).toMatch(advice);
    expect(found).toMatch(/the pod starts by itself once it is there$/);
  });

  test.each(["Back-off pulling image", "0/1 nodes are available: 1 Insufficient cpu.", 'pod "x" not found'])(
    "%s stays as it is",
    (message) => expect(adviceOn(message)).toBe(message),
  );
});
