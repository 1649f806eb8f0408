import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { helmTemplate } from "../support/cluster/chart.ts";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";

/** A second installation's roles under a name of the test's own; nothing runs with them. */
const NAME = `kelt-access-${randomBytes(4).toString("hex")}`;
const NAMESPACE = "default";
const roles = helmTemplate(
  `--namespace=${NAMESPACE}`,
  `--set=fullnameOverride=${NAME}`,
  "--show-only=templates/access.yaml",
  "--show-only=templates/service-account.yaml",
).stdout;

/** `resource` may end in /SUBRESOURCE. */
function canI(verb: string, resource: string, namespace = NAMESPACE): string {
  const [type = "", subresource = ""] = resource.split("/");
  const subject = `--as=system:serviceaccount:${NAMESPACE}:${NAME}`;
  const question = [verb, type, `--subresource=${subresource}`, `--namespace=${namespace}`];
  const { stdout, text } = kubectl(["auth", "can-i", ...question, subject]);
  if (!/^(yes|no)\b/.test(stdout)) throw new Error(text);
  return stdout.startsWith("yes") ? "yes" : "no";
}

beforeAll(() => {
  mustKubectl(["apply", "-f", "-"], roles);
});

afterAll(() => {
  mustKubectl(["delete", "--ignore-not-found", "-f", "-"], roles);
});

test("the operator may do its work in every namespace", () => {
  for (const namespace of [NAMESPACE, "kube-system"]) {
    expect(canI("create", "jobs.batch", namespace)).toBe("yes");
    expect(canI("watch", "pods", namespace)).toBe("yes");
    expect(canI("patch", "pipelineruns.kelt.dev/status", namespace)).toBe("yes");
  }
});

test.each(["get", "list", "watch", "create", "update", "patch", "delete"])("it may not %s Secrets anywhere", (verb) => {
  for (const namespace of [NAMESPACE, "kube-system"]) expect(canI(verb, "secrets", namespace)).toBe("no");
});

test.each([
  ["create", "pods"],
  ["create", "pods/exec"],
  ["get", "configmaps"],
  ["create", "serviceaccounts/token"],
  ["impersonate", "users"],
  ["create", "clusterrolebindings.rbac.authorization.k8s.io"],
  ["update", "pipelines.kelt.dev"],
])("it may not %s %s", (verb, resource) => {
  expect(canI(verb, resource)).toBe("no");
});

test("it leads in its own namespace only", () => {
  expect(canI("patch", "leases.coordination.k8s.io")).toBe("yes");
  expect(canI("patch", "leases.coordination.k8s.io", "kube-system")).toBe("no");
});
