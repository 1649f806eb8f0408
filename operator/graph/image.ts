/*
 * The grammar of an image reference: https://github.com/distribution/reference/blob/main/reference.go. The API server takes any
 * text for an image; the kubelet says InvalidImageName when the pod has been made.
 */
const HOST =
  /^(?:localhost|(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.[a-zA-Z0-9-]*[a-zA-Z0-9])*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?$/;
const PORT_MAX = 65_535;
/** RFC 1035, 2.3.4. */
const LABEL_MAX = 63;
const HOST_MAX = 253;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST_LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };
const NAME_MAX = 255;

/** What keeps a text from being an image, in words; nothing where it is one. */
export function imageProblem(image: string): string | undefined {
  const found = `found ${JSON.stringify(image.length <= 100 ? image : `${image.slice(0, 100)}…`)}`;
  if (/\s/.test(image)) return `an image has no spaces in it, ${found}`;
  if (image.includes("://")) return `an image begins with a registry or a name and not with a protocol, ${found}`;
  const [reference = "", ...digests] = image.split("@");
  const [digest] = digests;
  if (digests.length > 1) return `an image has one digest at most, ${found}`;
  if (digest !== undefined && !isDigest(digest)) {
    return `expected a digest such as sha256: and 64 hexadecimal digits after the @, ${found}`;
  }
  const [, name = "", tag] = /^(.*?)(?::([^/]*))?$/s.exec(reference) ?? [];
  if (tag !== undefined && !TAG.test(tag)) {
    return `expected a tag of at most 128 letters, digits, dots and dashes after the colon, ${found}`;
  }
  const host = hostOf(name);
  const problem = host === undefined || !HOST.test(host) ? undefined : hostProblem(host);
  if (problem !== undefined) return `${problem}, ${found}`;
  if (/^[0-9a-f]{64}$/.test(name)) return `64 hexadecimal digits are an image's id and no name, ${found}`;
  return isName(name)
    ? undefined
    : `expected a name such as registry.example/team/app:1.2, in lower-case letters but for the tag, ${found}`;
}

function isDigest(digest: string): boolean {
  const [, algorithm = "", hex = ""] = /^([a-z0-9]+):([0-9a-f]+)$/.exec(digest) ?? [];
  return hex.length === DIGEST_LENGTHS[algorithm];
}

function isName(name: string): boolean {
  const host = hostOf(name);
  if (host !== undefined && !HOST.test(host)) return false;
  const components = name.split("/").slice(host === undefined ? 0 : 1);
  return name.length <= NAME_MAX && components.every((component) => COMPONENT.test(component));
}

/** A registry is there where what stands before the first slash could be no part of a name: it has a dot, a port or capitals, or is localhost. */
function hostOf(name: string): string | undefined {
  const [first = "", ...others] = name.split("/");
  return others.length > 0 && (/[.:A-Z]/.test(first) || first === "localhost") ? first : undefined;
}

/** Why no registry can be at a host that the grammar allows. */
function hostProblem(registry: string): string | undefined {
  const [, host = "", port] = /^(.*?)(?::([0-9]+))?$/.exec(registry) ?? [];
  if (port !== undefined && (Number(port) < 1 || Number(port) > PORT_MAX)) {
    return `expected a port from 1 to ${PORT_MAX} at the registry`;
  }
  if (host.startsWith("[")) {
    const isAddress = URL.canParse(`http://${host}/`);
    return isAddress ? undefined : "expected an IPv6 address between the brackets";
  }
  const labels = host.split(".");
  if (host.length > HOST_MAX || labels.some((label) => label.length > LABEL_MAX)) {
    return `a registry's name has ${LABEL_MAX} characters between two dots at most, and ${HOST_MAX} in all`;
  }
  const isAddress = labels.length === 4 && labels.every((label) => /^[0-9]{1,3}$/.test(label));
  return isAddress && labels.some((label) => Number(label) > 255)
    ? "expected an IPv4 address of numbers up to 255"
    : undefined;
}
