import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Lease } from "../../operator/kinds/objects.ts";
import { type ApiError, isAlreadyExists, isConflict, isNotFound } from "../../operator/kube/api-error.ts";
import type { Kube, MergePatch, NewObject, WatchEvent, WatchOptions } from "../../operator/kube/kube.ts";
import { listPages } from "../../operator/kube/list-pages.ts";
import { PageSize } from "../../operator/kube/page-size.ts";
import { compareResourceVersions } from "../../operator/kube/resource-version.ts";

export interface KubeUnderTest {
  /** With a right to everything. */
  readonly kube: Kube;
  readonly namespace: string;
}

/**
 * What every implementation of the port does, the real API server's before all: a difference that is found elsewhere
 * becomes a case here. Objects carry a label of their test and go at its end.
 */
export function kubeContract(title: string, connect: () => KubeUnderTest | Promise<KubeUnderTest>): void {
  describe(`the port to the cluster: ${title}`, () => {
    let kube: Kube;
    let namespace: string;
    let suite: string;

    const key = (name: string) => ({ namespace, name: `${suite}-${name}` });
    const labelled = (name: string, labels: Record<string, string> = {}) => ({
      name: key(name).name,
      labels: { suite, ...labels },
    });
    const createLease = (name: string, labels: Record<string, string> = {}) =>
      kube.create("Lease", namespace, { metadata: labelled(name, labels), spec: { holderIdentity: "a" } });
    const createJob = (name: string, metadata: object = {}) => kube.create("Job", namespace, aJob(name, metadata));
    const aJob = (name: string, metadata: object): NewObject => ({
      metadata: { ...labelled(name), ...metadata },
      // Suspended: no controller makes pods of it.
      spec: {
        suspend: true,
        template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "none" }] } },
      },
    });

    beforeEach(async () => {
      ({ kube, namespace } = await connect());
      suite = `kelt-${randomUUID().slice(0, 8)}`;
    });

    afterEach(async () => {
      for (const kind of ["Lease", "Job", "Connection"] as const) {
        for (const { metadata } of (await kube.list(kind, { namespace, labelSelector: `suite=${suite}` })).items) {
          if (kind === "Job") await kube.patch(kind, metadata, { metadata: { finalizers: null } });
          await kube.delete(kind, metadata, { propagation: "Background" }).catch(ignoreNotFound);
        }
      }
    });

    describe("create", () => {
      it("answers with the stored object: uid, version, creation time", async () => {
        const { metadata } = await createLease("a");
        expect(metadata).toMatchObject({ ...key("a"), labels: { suite } });
        expect(metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
        expect(metadata.resourceVersion).toMatch(/^\d+$/);
        expect(metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      });

      it("refuses a name that is taken with AlreadyExists and leaves the object as it is", async () => {
        const first = await createLease("a");
        const error = await refused(kube.create("Lease", namespace, { metadata: labelled("a"), spec: {} }));
        expect(isAlreadyExists(error)).toBe(true);
        expect(isConflict(error)).toBe(false);
        expect(error).toMatchObject({ status: 409, verb: "create", resource: "leases" });
        expect((await kube.get("Lease", key("a"))).metadata.resourceVersion).toBe(first.metadata.resourceVersion);
      });

      it("makes up a name from generateName", async () => {
        const lease = await kube.create("Lease", namespace, {
          metadata: { generateName: `${suite}-`, labels: { suite } },
        });
        expect(lease.metadata.name).toMatch(new RegExp(`^${suite}-.+`));
      });
    });

    describe("get", () => {
      it("says NotFound for an object that is not there", async () => {
        const error = await refused(kube.get("Lease", key("none")));
        expect(isNotFound(error)).toBe(true);
        expect(error).toMatchObject({ status: 404, reason: "NotFound", verb: "get" });
      });
    });

    describe("patch", () => {
      it("merges: changes what it names, removes what it sets to null, keeps the rest", async () => {
        await createLease("a", { one: "1", two: "2" });
        await kube.patch("Lease", key("a"), { metadata: { labels: { one: null, three: "3" } } });
        const { metadata, spec } = await kube.get("Lease", key("a"));
        expect(metadata.labels).toEqual({ suite, two: "2", three: "3" });
        expect(spec?.holderIdentity).toBe("a");
      });

      it("moves the version, and does not when nothing changes", async () => {
        const before = await createLease("a");
        const patch: MergePatch = { spec: { holderIdentity: "b" } };
        const after = await kube.patch("Lease", key("a"), patch);
        const again = await kube.patch("Lease", key("a"), patch);
        const versions = [before, after, again].map(({ metadata }) => metadata.resourceVersion) as [
          string,
          string,
          string,
        ];
        expect(compareResourceVersions(versions[1], versions[0])).toBeGreaterThan(0);
        expect(versions[2]).toBe(versions[1]);
      });

      it("refuses with Conflict a version that is not the object's", async () => {
        const { metadata } = await createLease("a");
        const { resourceVersion } = metadata;
        await kube.patch("Lease", key("a"), { spec: { holderIdentity: "b" } }, { resourceVersion });
        const error = await refused(
          kube.patch("Lease", key("a"), { spec: { holderIdentity: "c" } }, { resourceVersion }),
        );
        expect(isConflict(error)).toBe(true);
        expect(isAlreadyExists(error)).toBe(false);
        expect((await kube.get("Lease", key("a"))).spec?.holderIdentity).toBe("b");
      });

      it("of the status refuses with Conflict the version of an earlier object of the same name", async () => {
        const create = () =>
          kube.create("Connection", namespace, { metadata: labelled("a"), spec: { postgres: { secretRef: "s" } } });
        const { metadata } = await create();
        const { resourceVersion } = metadata;
        await kube.delete("Connection", key("a"), { propagation: "Background" });
        await create();
        const patch = { status: { observedGeneration: 7 } };
        const error = await refused(
          kube.patch("Connection", key("a"), patch, { subresource: "status", resourceVersion }),
        );
        expect(isConflict(error)).toBe(true);
        expect((await kube.get("Connection", key("a"))).status).toBeUndefined();
      });

      it("says NotFound for an object that is not there", async () => {
        expect(isNotFound(await refused(kube.patch("Lease", key("none"), { spec: {} })))).toBe(true);
      });

      it("of the status changes the status alone, and of the object everything but the status", async () => {
        const spec = { postgres: { secretRef: "s" } };
        await kube.create("Connection", namespace, { metadata: labelled("a"), spec });
        const changed = { postgres: { secretRef: "t" } };
        const condition = (reason: string) => ({
          conditions: [
            { type: "Suite", status: "True", reason, message: "", lastTransitionTime: "2026-01-01T00:00:00Z" },
          ],
        });
        const both = (reason: string) => ({ spec: changed, status: condition(reason) });
        await kube.patch("Connection", key("a"), both("First"), { subresource: "status" });
        const first = await kube.get("Connection", key("a"));
        expect(first).toMatchObject({ spec, status: condition("First"), metadata: { generation: 1 } });
        await kube.patch("Connection", key("a"), both("Second"));
        const second = await kube.get("Connection", key("a"));
        expect(second).toMatchObject({ spec: changed, status: condition("First"), metadata: { generation: 2 } });
      });
    });

    describe("delete", () => {
      it("removes the object", async () => {
        await createLease("a");
        await kube.delete("Lease", key("a"), { propagation: "Background" });
        expect(isNotFound(await refused(kube.get("Lease", key("a"))))).toBe(true);
        expect(isNotFound(await refused(kube.delete("Lease", key("a"), { propagation: "Background" })))).toBe(true);
      });

      it("refuses with Conflict a uid that is not the object's", async () => {
        const { metadata } = await createLease("a");
        const uid = "00000000-0000-4000-8000-ffffffffffff";
        expect(isConflict(await refused(kube.delete("Lease", key("a"), { propagation: "Background", uid })))).toBe(
          true,
        );
        await kube.delete("Lease", key("a"), { propagation: "Background", uid: metadata.uid });
      });

      it("gives a new uid to the next object of the name", async () => {
        const first = await createLease("a");
        await kube.delete("Lease", key("a"), { propagation: "Background" });
        const second = await createLease("a");
        expect(second.metadata.uid).not.toBe(first.metadata.uid);
      });

      it("only marks an object with finalizers, which goes with the last of them", async () => {
        await createJob("a", { finalizers: ["kelt.dev/suite"] });
        await kube.delete("Job", key("a"), { propagation: "Background" });
        const marked = await kube.get("Job", key("a"));
        expect(marked.metadata.deletionTimestamp).toMatch(/^\d{4}-/);
        await kube.patch("Job", key("a"), { metadata: { finalizers: null } });
        expect(isNotFound(await refused(kube.get("Job", key("a"))))).toBe(true);
      });
    });

    describe("list", () => {
      const names = (items: readonly { readonly metadata: { readonly name: string } }[]) =>
        items.map(({ metadata }) => metadata.name.slice(suite.length + 1)).sort();

      it("selects by label in all of the API's forms", async () => {
        await createLease("a", { tier: "x" });
        await createLease("b", { tier: "y" });
        await createLease("c");
        const select = async (term: string) =>
          names((await kube.list("Lease", { namespace, labelSelector: `suite=${suite},${term}` })).items);
        expect(await select("tier=x")).toEqual(["a"]);
        expect(await select("tier!=x")).toEqual(["b", "c"]);
        expect(await select("tier in (x, y)")).toEqual(["a", "b"]);
        expect(await select("tier notin (x)")).toEqual(["b", "c"]);
        expect(await select("tier")).toEqual(["a", "b"]);
        expect(await select("!tier")).toEqual(["c"]);
      });

      it("reads page by page what was there at the first page", async () => {
        for (const name of ["a", "b", "c", "d", "e"]) await createLease(name);
        const options = { namespace, labelSelector: `suite=${suite}`, limit: 2 };
        let page = await kube.list("Lease", options);
        await createLease("f");
        await kube.delete("Lease", key("e"), { propagation: "Background" });
        const pages = [page];
        while (page.next !== undefined) {
          page = await kube.list("Lease", { ...options, continue: page.next });
          pages.push(page);
        }
        expect(pages.map(({ items }) => items.length)).toEqual([2, 2, 1]);
        expect(names(pages.flatMap(({ items }) => items))).toEqual(["a", "b", "c", "d", "e"]);
        expect(new Set(pages.map(({ resourceVersion }) => resourceVersion)).size).toBe(1);
      });

      const MEGABYTE = 1_000_000;
      const createLargeJob = (name: string, bytes: number) => {
        const container = { name: "c", image: "none", args: ["x".repeat(bytes)] };
        const template = { spec: { restartPolicy: "Never", containers: [container] } };
        return kube.create("Job", namespace, { metadata: labelled(name), spec: { suspend: true, template } });
      };

      it("has everything when its objects are large, whatever size its pages come to", async () => {
        const large = ["a", "b", "c", "d", "e", "f"];
        for (const name of large) await createLargeJob(name, MEGABYTE);
        for (const name of ["g", "h", "i"]) await createJob(name);
        const options = { namespace, labelSelector: `suite=${suite}` };
        const whole = await kube.list("Job", options);
        for (const objects of [9, 4, 1]) {
          const list = await listPages(kube, "Job", options, new PageSize(objects, 2 * MEGABYTE));
          expect(names(list.items)).toEqual([...large, "g", "h", "i"]);
          expect(Number(list.resourceVersion)).toBeGreaterThanOrEqual(Number(whole.resourceVersion));
        }
      });

      it("keeps of each object what the projection leaves", async () => {
        await createLease("a", { tier: "x" });
        const project = ({ metadata }: Lease): Lease => ({ metadata: { ...metadata, labels: { seen: "yes" } } });
        const page = await kube.list("Lease", { namespace, labelSelector: `suite=${suite}`, project });
        expect(page.items).toMatchObject([{ metadata: { ...key("a"), labels: { seen: "yes" } } }]);
        expect(page.items[0]?.spec).toBeUndefined();
      });

      it("passes an object over that the projection cannot take, and has the others", async () => {
        for (const name of ["a", "b", "c"]) await createLease(name);
        const project = (lease: Lease): Lease => {
          if (lease.metadata.name === key("b").name) throw new TypeError("no");
          return lease;
        };
        const options = { namespace, labelSelector: `suite=${suite}`, project };
        const page = await kube.list("Lease", options);
        expect(names(page.items)).toEqual(["a", "c"]);
        expect(page.unread?.map(({ metadata }) => metadata.name)).toEqual([key("b").name]);
        const event = await firstEvent(kube, options, (await kube.get("Lease", key("a"))).metadata.resourceVersion);
        expect(event).toMatchObject({ type: "UNREAD", object: { metadata: key("b") } });
      });

      it("is empty, with a version, where there is nothing", async () => {
        const page = await kube.list("Lease", { namespace, labelSelector: `suite=${suite}` });
        expect(page.items).toEqual([]);
        expect(page.resourceVersion).toMatch(/^\d+$/);
      });
    });

    describe("watch", () => {
      const collect = async (labelSelector: string, since: string, count: number): Promise<string[]> => {
        const stop = new AbortController();
        const events: string[] = [];
        const options = { namespace, labelSelector, resourceVersion: since, timeoutSeconds: 60, signal: stop.signal };
        for await (const event of kube.watch("Lease", options)) {
          if (event.type === "BOOKMARK") continue;
          events.push(`${event.type} ${event.object.metadata.name.slice(suite.length + 1)}`);
          if (events.length === count) break;
        }
        stop.abort();
        return events;
      };

      it("shows what happened since a version, in order", async () => {
        const { resourceVersion } = await kube.list("Lease", { namespace, labelSelector: `suite=${suite}` });
        await createLease("a");
        await createLease("b");
        await kube.patch("Lease", key("a"), { spec: { holderIdentity: "b" } });
        await kube.delete("Lease", key("b"), { propagation: "Background" });
        const events = await collect(`suite=${suite}`, resourceVersion, 4);
        expect(events).toEqual(["ADDED a", "ADDED b", "MODIFIED a", "DELETED b"]);
      });

      it("shows an object that leaves the selector as deleted and one that enters it as added", async () => {
        const selector = `suite=${suite},tier=x`;
        const { resourceVersion } = await kube.list("Lease", { namespace, labelSelector: selector });
        await createLease("a", { tier: "y" });
        await kube.patch("Lease", key("a"), { metadata: { labels: { tier: "x" } } });
        await kube.patch("Lease", key("a"), { metadata: { labels: { tier: "y" } } });
        expect(await collect(selector, resourceVersion, 2)).toEqual(["ADDED a", "DELETED a"]);
      });

      it("gives the deleted object a version newer than all before it", async () => {
        const { metadata } = await createLease("a");
        await kube.delete("Lease", key("a"), { propagation: "Background" });
        const event = await firstEvent(kube, { namespace, labelSelector: `suite=${suite}` }, metadata.resourceVersion);
        expect(event.type).toBe("DELETED");
        const version = event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion;
        expect(compareResourceVersions(version, metadata.resourceVersion)).toBeGreaterThan(0);
      });

      it("ends at once when its signal is aborted", async () => {
        const { resourceVersion } = await kube.list("Lease", { namespace, labelSelector: `suite=${suite}` });
        const stop = new AbortController();
        const stopped = new Error("stopped by the test");
        const watch = kube.watch("Lease", { namespace, resourceVersion, timeoutSeconds: 60, signal: stop.signal });
        const reading = (async () => {
          for await (const _ of watch) stop.abort(stopped);
        })();
        const outcome = expect(reading).rejects.toBe(stopped);
        await createLease("a");
        await outcome;
      });
    });
  });
}

async function firstEvent(
  kube: Kube,
  scope: Pick<WatchOptions<Lease>, "namespace" | "labelSelector" | "project">,
  resourceVersion: string,
): Promise<WatchEvent<Lease>> {
  const stop = new AbortController();
  for await (const event of kube.watch("Lease", {
    ...scope,
    resourceVersion,
    timeoutSeconds: 60,
    signal: stop.signal,
  })) {
    return event;
  }
  throw new Error("the watch ended without an event");
}

/** What the call was refused with; fails when it was not. */
export async function refused(call: Promise<unknown>): Promise<ApiError> {
  const answer = await call.then(
    () => undefined,
    (error: ApiError) => error,
  );
  if (answer === undefined) throw new Error("expected the call to be refused, it succeeded");
  return answer;
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
