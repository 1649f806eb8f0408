import { describe, expect, test } from "vitest";
import { connectionJobOf } from "../../../operator/job/connection-job.ts";
import { jobOf } from "../../../operator/job/job.ts";
import { helmTemplate, type Manifest, only, renderChart } from "../../support/cluster/chart.ts";
import { aPipeline, RUN_UID } from "../../support/manifests/make.ts";

const isPolicy = ({ kind, metadata }: Manifest) => kind === "NetworkPolicy" && metadata.name === "kelt-tasks";
const SETTINGS = {
  image: "kelt/task:1",
  imagePullPolicy: "Never" as const,
  imagePullSecrets: [],
  resources: {},
  jobTtlSeconds: 60,
};

/** The one port of the operator's pods. */
const TO_OPERATOR = {
  to: [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kelt-system" } },
      podSelector: { matchLabels: only(renderChart(), "Deployment").spec.selector.matchLabels },
    },
  ],
  ports: [{ protocol: "TCP", port: 8443 }],
};

describe("the NetworkPolicy of task pods", () => {
  const on = "--set=tasks.networkPolicy.enabled=true,tasks.networkPolicy.namespaces={films,posts}";

  test("is there when it is asked for, in each namespace that is named", () => {
    expect(renderChart().filter(isPolicy)).toEqual([]);
    expect(
      renderChart(on)
        .filter(isPolicy)
        .map(({ metadata }) => metadata.namespace),
    ).toEqual(["films", "posts"]);
    const watched = renderChart("--set=tasks.networkPolicy.enabled=true,watchNamespaces={etl}");
    expect(only(watched, "NetworkPolicy", "kelt-tasks").metadata.namespace).toBe("etl");
  });

  test("is not left out in silence where no namespace is named", () => {
    const { status, stderr } = helmTemplate("--set=tasks.networkPolicy.enabled=true");
    expect(status).not.toBe(0);
    expect(stderr).toContain("set tasks.networkPolicy.namespaces, or watchNamespaces");
  });

  test("lets nothing in, and out to DNS, the namespace and what is no metadata service", () => {
    const policy = renderChart(on).find(isPolicy);
    expect(policy?.spec).toMatchObject({ policyTypes: ["Ingress", "Egress"], ingress: [] });
    expect(policy?.spec.egress).toEqual([
      {
        ports: [
          { protocol: "UDP", port: 53 },
          { protocol: "TCP", port: 53 },
        ],
      },
      TO_OPERATOR,
      { to: [{ podSelector: {} }] },
      {
        to: [
          { ipBlock: { cidr: "0.0.0.0/0", except: expect.arrayContaining(["169.254.0.0/16", "100.100.100.200/32"]) } },
          { ipBlock: { cidr: "::/0", except: expect.arrayContaining(["fe80::/10", "fd00:ec2::/32"]) } },
          { ipBlock: { cidr: "169.254.170.23/32", except: [] } },
        ],
      },
    ]);
  });

  test("does not let out to the operator where it does not listen", () => {
    const policy = renderChart(on, "--set=reportChannel.enabled=false").find(isPolicy);
    expect(policy?.spec.egress).not.toContainEqual(TO_OPERATOR);
    expect(policy?.spec.egress).toHaveLength(3);
  });

  test("goes where the values say alone", () => {
    const narrow = `${on},tasks.networkPolicy.sameNamespace=false,tasks.networkPolicy.egress[0].cidr=10.0.0.0/8,tasks.networkPolicy.egress[0].except={10.96.0.0/12}`;
    const policy = renderChart(narrow).find(isPolicy);
    expect(policy?.spec.egress.slice(1)).toEqual([
      TO_OPERATOR,
      { to: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.96.0.0/12"] } }] },
    ]);
  });

  test("selects every pod of the operator's Jobs, and not the operator's own", () => {
    const { matchLabels } = renderChart(on).find(isPolicy)?.spec.podSelector ?? {};
    const run = { namespace: "films", name: "run", uid: RUN_UID };
    const attempt = { run, pipeline: "films", spec: aPipeline({ a: [] }), node: "a", attempt: 1 };
    const test_ = { meta: run, spec: { s3: { bucket: "b", region: "x" } }, number: 1 };
    for (const job of [jobOf(attempt, SETTINGS), connectionJobOf(test_, SETTINGS)]) {
      expect(job.spec?.template.metadata?.labels).toMatchObject(matchLabels);
    }
    expect(only(renderChart(on), "Deployment").spec.template.metadata.labels).not.toMatchObject(matchLabels);
  });
});
