import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isConflict, isNotFound } from "../../operator/kube/api-error.ts";
import type { Kube } from "../../operator/kube/kube.ts";
import { type KubeUnderTest, refused } from "./kube-suite.ts";

/** With characters that Go's JSON escapes where JavaScript's does not, as the SQL of a check has them. */
const DATA = { nodes: { b: { limit: 3 }, a: { list: ["x", "a < b && c > d, \u2028 é 😀 \u007f"], on: true } } };

/** What kelt takes for granted of ControllerRevisions, in which runs keep the copies of their specs. */
export function revisionContract(title: string, connect: () => KubeUnderTest | Promise<KubeUnderTest>): void {
  describe(`copies of specs: ${title}`, () => {
    let kube: Kube;
    let namespace: string;
    let labels: Record<string, string>;
    let name: string;

    const create = () =>
      kube.create("ControllerRevision", namespace, { metadata: { name, labels }, data: DATA, revision: 1 });
    const take = (data?: object) =>
      kube.patch("ControllerRevision", { namespace, name }, { metadata: { annotations: { taken: "by" } }, ...data });
    const selector = () => `suite=${labels.suite}`;

    beforeEach(async () => {
      ({ kube, namespace } = await connect());
      name = `kelt-${randomUUID().slice(0, 8)}`;
      labels = { suite: name };
    });

    afterEach(async () => {
      await kube.delete("ControllerRevision", { namespace, name }, { propagation: "Background" }).catch((error) => {
        if (!isNotFound(error)) throw error;
      });
    });

    it("come back as they were stored", async () => {
      await create();
      expect((await kube.get("ControllerRevision", { namespace, name })).data).toEqual(DATA);
    });

    it("take an annotation and answer with the whole, and nobody changes what they hold", async () => {
      const before = await create();
      const after = await take();
      expect(after.data).toEqual(DATA);
      expect(after.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion);
      expect(await refused(take({ data: { nodes: { b: { limit: 4 } } } }))).toMatchObject({ status: 422 });
    });

    it("are deleted at the version that was seen, and at no other one", async () => {
      const { metadata } = await create();
      const { uid, resourceVersion } = metadata;
      const seen = { propagation: "Background", uid, resourceVersion } as const;
      const { metadata: now } = await take();
      expect(isConflict(await refused(kube.delete("ControllerRevision", { namespace, name }, seen)))).toBe(true);
      await kube.delete("ControllerRevision", { namespace, name }, { ...seen, resourceVersion: now.resourceVersion });
      expect(isNotFound(await refused(kube.get("ControllerRevision", { namespace, name })))).toBe(true);
    });

    it("are listed and watched without what they hold", async () => {
      const scope = { namespace, labelSelector: selector(), metadataOnly: true } as const;
      const { resourceVersion } = await kube.list("ControllerRevision", scope);
      await create();
      const { items } = await kube.list("ControllerRevision", scope);
      expect(items.map(({ metadata, data }) => [metadata.name, metadata.labels, data])).toEqual([
        [name, labels, undefined],
      ]);
      const stop = new AbortController();
      const options = { ...scope, resourceVersion, timeoutSeconds: 60, signal: stop.signal };
      for await (const event of kube.watch("ControllerRevision", options)) {
        expect(event).toMatchObject({ type: "ADDED", object: { metadata: { name, labels } } });
        expect(event).not.toHaveProperty("object.data");
        break;
      }
    });
  });
}
