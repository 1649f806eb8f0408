import { expect, test } from "vitest";
import { makeNamespaces } from "../../config/tools/bench/bench-cluster.ts";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";

const NAMESPACE = `bench-again-${process.pid}`;
const uidOf = () => mustKubectl(["get", "namespace", NAMESPACE, "-o", "jsonpath={.metadata.uid}"]);

test("a benchmark begins once the namespace of one that was broken off is gone", async () => {
  await makeNamespaces(NAMESPACE);
  const first = uidOf();
  mustKubectl(["create", "configmap", "held", "-n", NAMESPACE]);
  const patch = (finalizers: readonly string[]) =>
    mustKubectl([
      "patch",
      "configmap",
      "held",
      "-n",
      NAMESPACE,
      "--type=merge",
      "-p",
      JSON.stringify({ metadata: { finalizers } }),
    ]);
  patch(["kelt.dev/test"]);
  kubectl(["delete", "namespace", NAMESPACE, "--wait=false"]);
  const made = makeNamespaces(NAMESPACE);
  expect(uidOf()).toBe(first);
  patch([]);
  await made;
  expect(uidOf()).not.toBe(first);
  expect(mustKubectl(["get", "namespace", NAMESPACE, "-o", "jsonpath={.status.phase}"])).toBe("Active");
  kubectl(["delete", "namespace", NAMESPACE, "--wait=false"]);
});
