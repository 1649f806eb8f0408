import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type Grant, VERBS } from "../../operator/kube/access.ts";
import { isAlreadyExists, isNotFound } from "../../operator/kube/api-error.ts";
import { KubeClient } from "../../operator/kube/client.ts";
import { systemClock } from "../../operator/kube/clock.ts";
import { Connections } from "../../operator/kube/connections.ts";
import { kubeConfigCredentials } from "../../operator/kube/credentials.ts";
import { type Kind, type Lease, RESOURCES } from "../../operator/kube/kinds.ts";
import { LeaderElector } from "../../operator/kube/lease.ts";
import { Reflector } from "../../operator/kube/reflector.ts";
import { Store } from "../../operator/kube/store.ts";
import { TRANSPORT_SETTINGS, Transport } from "../../operator/kube/transport.ts";
import { kubeContract } from "../contract/kube-suite.ts";
import { kubectl, mustKubectl } from "../support/cluster.ts";

const NAMESPACE = "default";
const EVERYTHING: readonly Grant[] = (Object.keys(RESOURCES) as Kind[]).flatMap((kind) => [
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

const transport = new Transport({
  connections: new Connections(kubeConfigCredentials({ path: kubeconfig() }), systemClock),
  clock: systemClock,
  random: Math.random,
  settings: { ...TRANSPORT_SETTINGS, rate: { perSecond: 500, burst: 500 } },
});
const kube = new KubeClient(transport, EVERYTHING);

/** An operator that lives in the cluster would answer to the suite's Connections: it rests meanwhile. */
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
