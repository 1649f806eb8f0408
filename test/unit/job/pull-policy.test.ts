import { expect, test } from "vitest";
import { jobOf } from "../../../operator/job/job.ts";
import { aPipeline, RUN_UID } from "../../support/manifests/make.ts";

/** The container of a node under an installation whose own image is never pulled. */
function containerOf(container: object) {
  const spec = aPipeline({ a: [] }, {}, { container });
  const run = { namespace: "demo", name: "films-1", uid: RUN_UID };
  const settings = {
    image: "registry.example/kelt/task:1",
    imagePullPolicy: "Never",
    imagePullSecrets: [],
    resources: {},
    jobTtlSeconds: 3600,
  } as const;
  const job = jobOf({ run, pipeline: "films", spec, node: "a", attempt: 1 }, settings);
  return job.spec?.template.spec?.containers[0] ?? expect.fail("no container");
}

test.each(["localhost:1/team/app:latest", "team/app", "team/app:1.2"])(
  "the image %s is pulled by the API server's own rule",
  (image) => {
    expect(containerOf({ image })).not.toHaveProperty("imagePullPolicy");
  },
);

test("an image is pulled as the node says, whosever it is", () => {
  const own = containerOf({ image: "team/app:latest", imagePullPolicy: "IfNotPresent" });
  expect(own.imagePullPolicy).toBe("IfNotPresent");
  expect(containerOf({ command: ["/bin/true"], imagePullPolicy: "Always" }).imagePullPolicy).toBe("Always");
});

test("kelt's own image is pulled as the installation says", () => {
  expect(containerOf({ command: ["/bin/true"] }).imagePullPolicy).toBe("Never");
});
