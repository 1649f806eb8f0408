import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { VERBS } from "../../operator/kinds/kind.ts";
import { KINDS, type Kind } from "../../operator/kinds/kinds.ts";
import type { Job, Lease } from "../../operator/kinds/objects.ts";
import type { Grant } from "../../operator/kube/access.ts";
import { isAlreadyExists, isNotFound } from "../../operator/kube/api-error.ts";
import { KubeClient } from "../../operator/kube/client.ts";
import { systemClock } from "../../operator/kube/clock.ts";
import { kubeConfigCredentials } from "../../operator/kube/credentials.ts";
import { LeaderElector } from "../../operator/kube/lease.ts";
import { Reflector } from "../../operator/kube/reflector.ts";
import { SocketPools } from "../../operator/kube/socket-pools.ts";
import { Store } from "../../operator/kube/store.ts";
import { TRANSPORT_SETTINGS, Transport } from "../../operator/kube/transport.ts";
import { kubeContract } from "../contract/kube-suite.ts";
import { revisionContract } from "../contract/revision-suite.ts";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";

const NAMESPACE = "default";
const FAST = { perSecond: 500, burst: 500 };
const EVERYTHING: readonly Grant[] = (Object.keys(KINDS) as Kind[]).flatMap((kind) => [
  { kind, verbs: VERBS },
  { kind, subresource: "status", verbs: VERBS },
]);

function kubeconfig(): string {
  const path = process.env.KELT_TEST_KUBECONFIG ?? ".kelt/kubeconfig";
  if (existsSync(path)) return path;
  throw new Error(
    `expected a kubeconfig at ${path}, found none: run \`npm start\` once, or set KELT_TEST_KUBECONFIG to that of a test cluster`,
  );
}

const SETTINGS = { ...TRANSPORT_SETTINGS, pace: { ...TRANSPORT_SETTINGS.pace, total: FAST, namespaceWrites: FAST } };
const transportParts = {
  connections: new SocketPools(kubeConfigCredentials({ path: kubeconfig() }), systemClock),
  clock: systemClock,
  random: Math.random,
};
const transport = new Transport({ ...transportParts, settings: SETTINGS });
const kube = new KubeClient(transport, EVERYTHING);

/** An operator that lives in the cluster would answer to the suite's SocketPools: it rests meanwhile. */
const OPERATOR = ["deployment/kelt", "-n", "kelt-system"];
const replicas = kubectl(["get", ...OPERATOR, "-o", "jsonpath={.spec.replicas}"]);

function scaleOperator(count: string): void {
  if (!replicas.ok) return;
  mustKubectl(["scale", ...OPERATOR, `--replicas=${count}`]);
  mustKubectl(["rollout", "status", ...OPERATOR, "--timeout=60s"]);
}

beforeAll(async () => {
  scaleOperator("0");
  if (replicas.ok) {
    const pods = ["pod", "-n", "kelt-system", "-l", "app.kubernetes.io/component=operator"];
    mustKubectl(["wait", "--for=delete", ...pods, "--timeout=55s"]);
  }
  try {
    await kube.list("Connection", { namespace: NAMESPACE });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await installDefinition("crds/connections.yaml");
  }
});

afterAll(() => {
  scaleOperator(replicas.stdout);
  return transport.close();
});

revisionContract("a real API server", () => ({ kube, namespace: NAMESPACE }));
kubeContract("a real API server", () => ({ kube, namespace: NAMESPACE }));

describe("against a real API server", () => {
  it("a reflector follows what happens to objects of its label alone", async () => {
    const suite = uniqueName();
    const store = new Store<Lease>({});
    const labelSelector = `suite=${suite}`;
    const parts = { kube, kind: "Lease", namespace: NAMESPACE, labelSelector, store, clock: systemClock } as const;
    const reflector = new Reflector({ ...parts, random: Math.random });
    await createLease(`${suite}-a`, { suite });
    reflector.start();
    await reflector.whenSynced();
    expect(names(store)).toEqual([`${suite}-a`]);
    await createLease(`${suite}-b`, { suite });
    await createLease(`${suite}-c`, {});
    await until(() => names(store).length === 2);
    await kube.delete("Lease", { namespace: NAMESPACE, name: `${suite}-a` }, { propagation: "Background" });
    await until(() => names(store).length === 1);
    expect(names(store)).toEqual([`${suite}-b`]);
    await reflector.stop();
    for (const letter of ["b", "c"]) {
      await kube.delete("Lease", { namespace: NAMESPACE, name: `${suite}-${letter}` }, { propagation: "Background" });
    }
  });

  it("a reflector passes an object over that is too large, and follows all the others", async () => {
    const suite = uniqueName();
    const store = new Store<Job>({});
    const small = new Transport({ ...transportParts, settings: { ...SETTINGS, objectBytesMax: 100_000 } });
    const parts = { kube: new KubeClient(small, EVERYTHING), kind: "Job", namespace: NAMESPACE } as const;
    const random = Math.random;
    const reflector = new Reflector({ ...parts, labelSelector: `suite=${suite}`, store, clock: systemClock, random });
    const create = (letter: string, bytes: number) => {
      const container = { name: "c", image: "none", args: ["x".repeat(bytes)] };
      const template = { spec: { restartPolicy: "Never", containers: [container] } };
      const metadata = { name: `${suite}-${letter}`, labels: { suite } };
      return kube.create("Job", NAMESPACE, { metadata, spec: { suspend: true, template } });
    };
    const unread = () => reflector.unread.map(({ metadata }) => metadata.name).sort();
    await create("a", 1);
    await create("b", 1_000_000);
    reflector.start();
    await reflector.whenSynced();
    expect([names(store), unread()]).toEqual([[`${suite}-a`], [`${suite}-b`]]);
    await create("c", 1_000_000);
    await create("d", 1);
    await until(() => names(store).length === 2);
    expect([names(store), unread()]).toEqual([
      [`${suite}-a`, `${suite}-d`],
      [`${suite}-b`, `${suite}-c`],
    ]);
    await kube.delete("Job", { namespace: NAMESPACE, name: `${suite}-b` }, { propagation: "Background" });
    await until(() => unread().length === 1);
    await reflector.stop();
    for (const letter of ["a", "c", "d"])
      await kube.delete("Job", { namespace: NAMESPACE, name: `${suite}-${letter}` }, { propagation: "Background" });
  });

  it("one of two electors leads, and the other one when it gives the lease back", async () => {
    const lease = { namespace: NAMESPACE, name: uniqueName() };
    const errors: unknown[] = [];
    const elect = (identity: string) =>
      new LeaderElector({
        ...{ kube, lease, identity, clock: systemClock, random: Math.random },
        settings: { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 100 },
        onLeading: () => undefined,
        onLost: (reason) => errors.push(reason),
        onError: (error) => errors.push(error),
      });
    const [first, second] = [elect("first"), elect("second")];
    first.start();
    await until(() => first.canWrite());
    second.start();
    const renewals = () => kube.get("Lease", lease).then(({ spec }) => spec?.renewTime);
    const before = await renewals();
    await until(async () => (await renewals()) !== before);
    expect([first.canWrite(), second.canWrite()]).toEqual([true, false]);
    await first.stop();
    await until(() => second.canWrite());
    expect(first.canWrite()).toBe(false);
    expect(errors).toEqual([]);
    await second.stop();
    await kube.delete("Lease", lease, { propagation: "Background" });
  });
});

function uniqueName(): string {
  return `kelt-${crypto.randomUUID().slice(0, 8)}`;
}

function names(store: { all(): readonly { metadata: { name: string } }[] }): string[] {
  return store
    .all()
    .map(({ metadata }) => metadata.name)
    .sort();
}

function createLease(name: string, labels: Record<string, string>): Promise<unknown> {
  return kube.create("Lease", NAMESPACE, { metadata: { name, labels }, spec: {} });
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`expected ${condition} within 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function installDefinition(path: string): Promise<void> {
  const resource = "customresourcedefinitions";
  try {
    await transport.send({
      ...{ verb: "create", resource, method: "POST", pool: "call", idempotent: false },
      path: `/apis/apiextensions.k8s.io/v1/${resource}`,
      contentType: "application/json",
      body: JSON.stringify(parse(readFileSync(path, "utf8"))),
    });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  await until(() => kube.list("Connection", { namespace: NAMESPACE }).then(Boolean, () => false));
}
