import { pipeline, type RefusedManifest, refused } from "./refused-manifest.ts";

const forAll = (pod: string) => pipeline(`pod: ${pod}, nodes: {a: {container: {}}}`);
const forNode = (pod: string) => pipeline(`nodes: {a: {container: {}, pod: ${pod}}}`);
const container = (fields: string) => pipeline(`nodes: {a: {container: ${fields}}}`);
const volume = (source: string) =>
  container(`{volumes: [{name: v, ${source}}], volumeMounts: [{name: v, mountPath: /v}]}`);

const unknown = (title: string, manifest: RefusedManifest["manifest"], path: string) => {
  const field = path.slice(path.lastIndexOf(".") + 1);
  const server = `unknown field "${path.replaceAll("[a]", ".a")}"`;
  return refused(title, manifest, `${path}: unknown field ${field}`, server);
};

/** Settings of pods and containers that no manifest may have, or that no pod could have. */
export const REFUSED_PODS: readonly RefusedManifest[] = [
  unknown("the host's network", forAll("{hostNetwork: true}"), "spec.pod.hostNetwork"),
  unknown("a token", forNode("{automountServiceAccountToken: true}"), "spec.nodes[a].pod.automountServiceAccountToken"),
  unknown("a machine of one's own choice", forAll("{nodeName: control-plane}"), "spec.pod.nodeName"),
  unknown("a kernel parameter", forAll("{securityContext: {sysctls: []}}"), "spec.pod.securityContext.sysctls"),
  unknown("no seccomp", forAll("{securityContext: {seccompProfile: {}}}"), "spec.pod.securityContext.seccompProfile"),
  unknown(
    "a right to be root",
    forAll("{securityContext: {runAsNonRoot: false}}"),
    "spec.pod.securityContext.runAsNonRoot",
  ),
  unknown("privileges", container("{securityContext: {privileged: true}}"), "spec.nodes[a].container.securityContext"),
  refused(
    "root",
    forNode("{securityContext: {runAsUser: 0}}"),
    "spec.nodes[a].pod.securityContext.runAsUser: expected a whole number from 1",
    "spec.nodes.a.pod.securityContext.runAsUser in body should be greater than or equal to 1",
  ),
  refused(
    "a priority of the system's",
    forAll("{priorityClassName: system-node-critical}"),
    "spec.pod: priorityClassName cannot be one of the system's own, which begin with system-",
  ),
  refused(
    "a label's value with a space",
    forAll("{labels: {team: data platform}}"),
    "spec.pod.labels[team]: expected a label's value: at most 63 letters",
    'spec.pod.labels.team: Invalid value: "data platform"',
  ),
  refused(
    "a variable with a value of two sources",
    forAll("{env: [{name: A, value: b, valueFrom: {secretKeyRef: {name: s, key: k}}}]}"),
    "spec.pod.env[0]: exactly one of value, valueFrom must be set; found value and valueFrom",
    'spec.pod.env[0]: Invalid value: "object": exactly one of value, valueFrom must be set',
  ),
  refused(
    "a variable that stands twice",
    forAll("{env: [{name: A, value: b}, {name: A, value: c}]}"),
    "spec.pod.env[1].name: A stands twice; keep one",
    'spec.pod.env[1]: Duplicate value: {"name":"A"}',
  ),
  refused(
    "a variable's name with a dash",
    forAll("{env: [{name: A-B, value: b}]}"),
    "spec.pod.env[0].name: expected a variable's name",
    'spec.pod.env[0].name: Invalid value: "A-B"',
  ),
  refused(
    "an effect that no taint has",
    forNode("{tolerations: [{operator: Exists, effect: Never}]}"),
    "spec.nodes[a].pod.tolerations[0].effect: expected one of NoSchedule, PreferNoSchedule, NoExecute",
    'spec.nodes.a.pod.tolerations[0].effect: Unsupported value: "Never"',
  ),
  unknown(
    "a misspelt affinity",
    forAll("{affinity: {nodeAffinity: {requiredDuringScheduling: {}}}}"),
    "spec.pod.affinity.nodeAffinity.requiredDuringScheduling",
  ),
  unknown(
    "a folder of the host",
    volume("emptyDir: {}, hostPath: {path: /}"),
    "spec.nodes[a].container.volumes[0].hostPath",
  ),
  unknown(
    "a token in a volume",
    volume("emptyDir: {}, projected: {sources: []}"),
    "spec.nodes[a].container.volumes[0].projected",
  ),
  refused(
    "a volume of two kinds",
    volume("secret: {secretName: s}, configMap: {name: c}"),
    "spec.nodes[a].container.volumes[0]: exactly one of configMap, secret, persistentVolumeClaim, emptyDir must be set; found configMap and secret",
    "exactly one of configMap, secret, persistentVolumeClaim, emptyDir must be set",
  ),
  refused(
    "a mount at a relative path",
    container("{volumes: [{name: v, emptyDir: {}}], volumeMounts: [{name: v, mountPath: data}]}"),
    "spec.nodes[a].container.volumeMounts[0].mountPath: expected an absolute path",
    'spec.nodes.a.container.volumeMounts[0].mountPath: Invalid value: "data"',
  ),
  refused(
    "a connection of a container that is not there",
    container("{connections: [source, nowhere]}"),
    "spec.nodes[a].container.connections[1]: no connection is called nowhere; there are source, warehouse",
    'spec.nodes: Invalid value: "object": container.connections must name entries of spec.connections; look at node a',
  ),
  refused(
    "a moment at which no image is pulled",
    container("{image: busybox, imagePullPolicy: Sometimes}"),
    "spec.nodes[a].container.imagePullPolicy: expected one of Always, IfNotPresent, Never",
    'spec.nodes.a.container.imagePullPolicy: Unsupported value: "Sometimes"',
  ),
  refused(
    "less than nothing",
    pipeline('nodes: {a: {container: {}, resources: {requests: {cpu: "-1"}}}}'),
    "spec.nodes[a].resources.requests.cpu: expected a quantity such as 250m, 1 or 512Mi",
    "spec.nodes.a.resources.requests.cpu: Invalid value",
  ),
];
