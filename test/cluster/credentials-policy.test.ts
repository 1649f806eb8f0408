import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { customResourceDefinition } from "#api/crd.ts";
import { CUSTOM_KINDS } from "#api/kinds/custom-kinds.ts";
import { GROUP, VERSION } from "#api/metadata.ts";
import { helmTemplate } from "../support/cluster/chart.ts";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";
import { until } from "../support/machine/until.ts";

/** CRDs and policies of a group of the test's own, so that no operator and no other test in the same cluster meets them. */
const NAME = `t${randomBytes(4).toString("hex")}`;
const TEST_GROUP = `${NAME}.${GROUP}`;
const crds = CUSTOM_KINDS.filter(({ kind }) => ["Pipeline", "Connection"].includes(kind)).map((kind) => {
  const crd = customResourceDefinition(kind);
  return { ...crd, metadata: { name: `${kind.plural}.${TEST_GROUP}` }, spec: { ...crd.spec, group: TEST_GROUP } };
});
const CRDS = crds.map(({ metadata }) => `crd/${metadata.name}`);
const WRITER = "system:serviceaccount:default:platform";
const VALUES = [
  "credentialsPolicy.enabled=true",
  "credentialsPolicy.secretNames=kelt-[a-z-]+",
  `credentialsPolicy.connectionWriters.users={${WRITER}}`,
  "credentialsPolicy.connectionWriters.groups={platform-team}",
  `fullnameOverride=${NAME}`,
];
const rendered = helmTemplate(`--set=${VALUES.join(",")}`, "--show-only=templates/credentials-policy.yaml").stdout;
const installed = rendered.replaceAll("apiGroups: [kelt.dev]", `apiGroups: [${TEST_GROUP}]`);

const create = (kind: string, spec: object, ...as: readonly string[]) =>
  kubectl(["create", "--dry-run=server", "-f", "-", ...as], {
    apiVersion: `${TEST_GROUP}/${VERSION}`,
    kind,
    metadata: { name: "films", namespace: "default" },
    spec,
  });
const NODES = { a: { container: { image: "busybox" } } };
const pipeline = (spec: object) => create("Pipeline", { nodes: NODES, ...spec });
const inline = (secretRef: string) => ({ warehouse: { postgres: { secretRef } } });
const BY_REFERENCE = "Pipelines take connections by ref alone";

beforeAll(async () => {
  mustKubectl(["create", "-f", "-"], { apiVersion: "v1", kind: "List", items: crds });
  mustKubectl(["wait", "--for=condition=Established", "--timeout=30s", ...CRDS]);
  mustKubectl(["apply", "-f", "-"], installed);
  // A policy works a moment after it was made.
  await until("both policies work", () => {
    const [first, second] = [pipeline({ connections: inline("x") }), create("Connection", inline("x").warehouse)];
    return Promise.resolve(first.text.includes(BY_REFERENCE) && second.text.includes("credentialsPolicy"));
  });
});
afterAll(() => {
  mustKubectl(["delete", "--ignore-not-found", "-f", "-"], installed);
  mustKubectl(["delete", "--ignore-not-found", "--wait=false", ...CRDS]);
});

describe("Pipelines", () => {
  test("that take connections by ref are admitted", () => {
    expect(pipeline({ connections: { warehouse: { ref: "warehouse" } } }).text).toContain("created (server dry run)");
    expect(pipeline({}).text).toContain("created (server dry run)");
  });

  test.each([
    ["a database", { postgres: { secretRef: "kelt-warehouse" } }],
    ["a bucket with a role", { s3: { bucket: "lake", serviceAccountName: "loader" } }],
    ["an API without a Secret", { http: { baseUrl: "https://evil.example" } }],
  ])("that write %s themselves are refused", (_what, connection) => {
    const { ok, text } = pipeline({ connections: { good: { ref: "x" }, bad: connection } });
    expect(ok).toBe(false);
    expect(text).toContain(BY_REFERENCE);
  });
});

describe("Connections", () => {
  const write = (spec: object, ...as: readonly string[]) => create("Connection", spec, ...as);
  const asWriter = ["--as", WRITER, "--as-group", "system:masters"];
  const asTeam = ["--as", "ada", "--as-group", "platform-team", "--as-group", "system:masters"];
  const asOther = ["--as", "eve", "--as-group", "system:masters"];
  const good = { postgres: { secretRef: "kelt-warehouse" } };

  test("are written by those that are named, as users or by their groups", () => {
    expect(write(good, ...asWriter).text).toContain("created (server dry run)");
    expect(write(good, ...asTeam).text).toContain("created (server dry run)");
    const { ok, text } = write(good, ...asOther);
    expect(ok).toBe(false);
    expect(text).toContain("Connections are written by those whom credentialsPolicy.connectionWriters names");
  });

  const snowflake = { account: "acme", database: "D", secretRef: "root-password" };
  test.each([
    ["postgres", { postgres: { secretRef: "root-password" } }],
    ["redshift", { redshift: { secretRef: "root-password" } }],
    ["s3", { s3: { bucket: "lake", secretRef: "root-password" } }],
    ["http", { http: { baseUrl: "https://a.example", auth: { bearer: {} }, secretRef: "root-password" } }],
    ["snowflake", { snowflake }],
    ["a name that only begins so", { postgres: { secretRef: "kelt-warehouse.root" } }],
    ["a name that only ends so", { postgres: { secretRef: "not-kelt-warehouse" } }],
  ])("name no other Secrets than those of the pattern: %s", (_kind, spec) => {
    const { ok, text } = write(spec, ...asWriter);
    expect(ok).toBe(false);
    expect(text).toContain("Connections name only Secrets whose names match kelt-[a-z-]+");
  });
});

test("the chart makes the policies when they are asked for, and no empty ones", () => {
  const render = (...values: readonly string[]) =>
    helmTemplate("--set", values.join(","), "--show-only=templates/credentials-policy.yaml").stdout;
  expect(render("replicas=1")).toBe("");
  const none = "credentialsPolicy.enabled=true,credentialsPolicy.pipelinesByReference=false";
  expect(render(none)).not.toContain("kind: ValidatingAdmissionPolicy");
  expect(render("credentialsPolicy.enabled=true").match(/kind: ValidatingAdmissionPolicy\n/g)).toHaveLength(1);
  const named = render(`${none},credentialsPolicy.secretNames=kelt-.*`);
  expect(named.match(/kind: ValidatingAdmissionPolicy\n/g)).toHaveLength(2);
});
