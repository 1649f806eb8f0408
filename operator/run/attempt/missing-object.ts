import type { Trouble } from "../facts.ts";

/*
 * What a pod waits for that does not exist, by the words of the kubelet and of the scheduler. Sources: kubernetes/kubernetes,
 * pkg/kubelet/kubelet_pods.go, pkg/volume/configmap, pkg/volume/secret, pkg/scheduler/framework/plugins/volumebinding.
 *
 * | what is said                                                                | what is missing            |
 * |-----------------------------------------------------------------------------|----------------------------|
 * | configmap "x" not found; the same of secret and persistentvolumeclaim       | the object                 |
 * | couldn't find key k in ConfigMap demo/x; the same of Secret                 | a key that a variable names|
 * | volume "v" : references non-existent config key: k; the same of secret key  | a key that a volume names  |
 */
const KINDS: Readonly<Record<string, string>> = {
  configmap: "ConfigMap",
  secret: "Secret",
  persistentvolumeclaim: "PersistentVolumeClaim",
};

const OBJECT = /\b(configmap|secret|persistentvolumeclaim) "([^"]+)" not found/;
const KEY = /couldn't find key (\S+) in (ConfigMap|Secret) ([^/\s]+\/)?(\S+)/;
const VOLUME_KEY = /volume "([^"]+)".*references non-existent (config|secret) key: (\S+)/;

/** The same trouble with what to do, where it is a ConfigMap, a Secret, a key or a volume claim that is missing. */
export function withAdvice({ reason, message }: Trouble): Trouble {
  const advice = adviceOn(message);
  return { reason, message: advice === undefined ? message : `${message.replace(/\.$/, "")}. ${advice}` };
}

function adviceOn(message: string): string | undefined {
  const [, kind = "", name = ""] = OBJECT.exec(message) ?? [];
  if (name !== "")
    return `Create ${KINDS[kind]} ${name} in the run's namespace, or correct its name in the Pipeline and run it again: ${STARTS}`;
  const [, key = "", holder = "", , object = ""] = KEY.exec(message) ?? [];
  if (key !== "")
    return `Add the key ${key} to ${holder} ${object}, or correct it in the Pipeline and run it again: ${STARTS}`;
  const [, volume = "", , item = ""] = VOLUME_KEY.exec(message) ?? [];
  if (item === "") return undefined;
  return `Add the key ${item} to the object of volume ${volume}, or correct the volume's items in the Pipeline and run it again: ${STARTS}`;
}

const STARTS = "the pod starts by itself once it is there";
