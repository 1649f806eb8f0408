import { beforeEach, describe, expect, test } from "vitest";
import type { Job } from "../../../operator/kinds/objects.ts";
import type { NewObject } from "../../../operator/kube/kube.ts";
import {
  api,
  begin,
  controller,
  endPod,
  events,
  flushed,
  jobs,
  KEY,
  NAMED,
  POSTGRES,
  put,
  reached,
  reconcile,
  refreshCaches,
  restart,
  status,
  stores,
} from "./connection-world.ts";

beforeEach(begin);

describe("somebody else's Job", () => {
  /** The Job of the test, as somebody would make it who has read the one of another test: with its seal, and with another program. */
  async function forge(namespace: string): Promise<Job> {
    const { metadata, spec } = jobs()[0] as unknown as { metadata: Job["metadata"]; spec: JobSpec };
    await api.admin.delete("Job", metadata, { propagation: "Background" });
    const [container] = spec.template.spec.containers;
    const podSpec = { ...spec.template.spec, containers: [{ ...container, image: "evil" }] };
    const { name, labels, annotations, ownerReferences } = metadata;
    return await api.admin.create("Job", namespace, {
      metadata: { name, labels, annotations, ownerReferences },
      spec: { ...spec, template: { ...spec.template, spec: podSpec } },
    } as NewObject);
  }
  interface JobSpec {
    readonly template: { readonly spec: { readonly containers: readonly object[] } };
  }

  test("of the test's name does not say that the system was reached, and is named", async () => {
    await put(POSTGRES);
    await reconcile();
    const forged = await forge("demo");
    await endPod(0, reached, forged);
    await reconcile();
    expect(status()).toMatchObject({
      tests: 1,
      conditions: [{ status: "Unknown", reason: "NameConflict", message: expect.stringContaining("Delete it") }],
    });
    await flushed();
    expect(events()).toEqual([expect.stringContaining(`Job ${forged.metadata.name} is not counted`)]);
  });

  test("in another namespace does not either", async () => {
    await put(POSTGRES);
    await reconcile();
    await endPod(0, reached, await forge("elsewhere"));
    await reconcile();
    expect(status()).toMatchObject({ conditions: [{ status: "Unknown", reason: "Testing" }] });
    expect(jobs().map(({ metadata }) => metadata.namespace)).toEqual(["elsewhere", "demo"]);
  });

  test("that takes the place of ours after its uid was stored does not count, even as a true copy", async () => {
    await put(POSTGRES);
    await reconcile();
    await reconcile();
    const [ours] = jobs();
    expect(status()).toMatchObject({ jobUid: ours?.metadata.uid });
    await api.admin.delete("Job", ours?.metadata ?? NAMED, { propagation: "Background" });
    const { name, labels, annotations, ownerReferences } = ours?.metadata ?? (NAMED as never);
    const copy = { metadata: { name, labels, annotations, ownerReferences }, spec: ours?.spec };
    await endPod(0, reached, await api.admin.create("Job", "demo", copy as unknown as NewObject));
    await reconcile();
    expect(status()).toMatchObject({ conditions: [{ status: "Unknown" }] });
  });

  test("is not needed: a pod under our own Job that runs something else says nothing either", async () => {
    await put(POSTGRES);
    await reconcile();
    const job = jobs()[0] as Job;
    const evil = { containers: [{ name: "task", image: "evil" }] };
    await endPod(0, reached, { ...job, spec: { template: { spec: evil } } } as never);
    await reconcile();
    expect(status()).toMatchObject({ conditions: [{ status: "Unknown", reason: "Testing" }] });
    await flushed();
    expect(events()).toEqual([expect.stringMatching(/pod pod-1 is not counted: its image, .* differ/)]);
  });
});

test("a test whose process ended right after it made the Job goes on with that Job", async () => {
  await put(POSTGRES);
  await reconcile();
  restart();
  refreshCaches("Connection");
  for (const { metadata } of stores.jobs.all()) stores.jobs.delete(metadata);
  await controller.reconcile(KEY, 0);
  await endPod(0, reached);
  await reconcile();
  expect(status()).toMatchObject({ tests: 1, conditions: [{ status: "True", reason: "Reachable" }] });
  expect(jobs()).toHaveLength(1);
});
