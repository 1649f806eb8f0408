import { until } from "../machine/until.ts";
import { kubectl, mustKubectl } from "./cluster.ts";

/** A pod of a node of its own, for which the node's kubelet may make tokens. */
export interface KubeletPod {
  readonly uid: string;
  /** What makes `kubectl create token` the kubelet's request for this pod; the plugin NodeRestriction takes no other from a kubelet. */
  readonly tokenArguments: readonly string[];
  readonly removeNode: () => void;
}

/** Makes a node and a pod on it that never runs, both with the name of the namespace and its account. */
export async function podOfKubelet(name: string): Promise<KubeletPod> {
  mustKubectl(["create", "-f", "-"], { apiVersion: "v1", kind: "Node", metadata: { name } });
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      serviceAccountName: name,
      nodeName: name,
      containers: [{ name: "task", image: "none.invalid/none", resources: {} }],
    },
  };
  // Admission wants the namespace's accounts first.
  await until("the pod is made", () => kubectl(["create", `--namespace=${name}`, "-f", "-"], pod).ok);
  const uid = mustKubectl(["get", "pod", name, `--namespace=${name}`, "-o", "jsonpath={.metadata.uid}"]);
  return {
    uid,
    tokenArguments: [
      ...["--bound-object-kind=Pod", `--bound-object-name=${name}`, `--bound-object-uid=${uid}`],
      ...[`--as=system:node:${name}`, "--as-group=system:nodes", "--as-group=system:masters"],
    ],
    removeNode: () => {
      // Without its kubelet the pod is there until somebody says that it is gone.
      kubectl(["delete", "pod", name, `--namespace=${name}`, "--force", "--grace-period=0", "--ignore-not-found"]);
      kubectl(["delete", "node", name, "--ignore-not-found"]);
    },
  };
}
