import { BlockList, isIP } from "node:net";

/**
 * What an address is, by the registries of special addresses (RFC 6890 and IANA's lists) and the clouds' documentation.
 *
 * | kind       | addresses                                                                                          |
 * |------------|----------------------------------------------------------------------------------------------------|
 * | metadata   | where clouds answer a machine with its credentials: AWS, Google, Azure, Alibaba, Oracle, Scaleway   |
 * | link-local | of the machine's own cable                                                                         |
 * | loopback   | of the pod itself, where a sidecar may listen                                                      |
 * | unusable   | unspecified, multicast, broadcast, reserved: no server has one                                     |
 * | private    | of the cluster and the networks around it                                                          |
 * | public     | all others                                                                                         |
 */
export type AddressKind = "metadata" | "link-local" | "loopback" | "unusable" | "private" | "public";

/** The first kind whose list has the address. */
const LISTS: readonly (readonly [AddressKind, readonly string[]])[] = [
  [
    "metadata",
    [
      "169.254.169.254/32",
      "169.254.170.2/32",
      "169.254.170.23/32",
      "100.100.100.200/32",
      "168.63.129.16/32",
      "192.0.0.192/32",
      "fd00:ec2::/32",
      "fd20:ce::254/128",
      "fd00:42::42/128",
    ],
  ],
  ["link-local", ["169.254.0.0/16", "fe80::/10"]],
  ["loopback", ["127.0.0.0/8", "::1/128"]],
  ["unusable", ["0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8"]],
  [
    "private",
    [
      "10.0.0.0/8",
      "172.16.0.0/12",
      "192.168.0.0/16",
      "100.64.0.0/10",
      "192.0.0.0/24",
      "198.18.0.0/15",
      "fc00::/7",
      "fec0::/10",
    ],
  ],
];
const KINDS = LISTS.map(([kind, subnets]) => [kind, subnetList(subnets)] as const);

/** A list of subnets such as `10.0.0.0/8`; an address without a length is itself alone. */
export function subnetList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = "", length] = subnet.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (length === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(length), family);
  }
  return list;
}

export function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

export function kindOfAddress(address: string): AddressKind {
  return KINDS.find(([, list]) => isIn(list, address))?.[0] ?? "public";
}

/**
 * The address and the IPv4 addresses inside it, to which a gateway or the system itself would go: mapped and compatible (RFC
 * 4291), translated (RFC 7915), NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380), ISATAP (RFC 5214).
 */
export function meantAddresses(address: string): readonly string[] {
  const text = address.replace(/%.*$/, "");
  if (isIP(text) !== 6) return [text];
  const parts = hextets(text);
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = parts;
  const starts = (...prefix: readonly number[]) => prefix.every((part, index) => parts[index] === part);
  const inside: string[] = [];
  const add = (high: number, low: number) => void inside.push([high >> 8, high & 255, low >> 8, low & 255].join("."));
  const isMapped = starts(0, 0, 0, 0) && ((e === 0 && (f === 0 || f === 0xffff)) || (e === 0xffff && f === 0));
  const isSpecial = starts(0, 0, 0, 0, 0, 0, 0) && h <= 1;
  if ((isMapped && !isSpecial) || starts(0x64, 0xff9b) || ((e & 0xfdff) === 0 && f === 0x5efe)) add(g, h);
  if (starts(0x64, 0xff9b, 1)) add(d, ((e & 0xff) << 8) | (f >> 8));
  if (a === 0x2002) add(b, c);
  if (starts(0x2001, 0)) add(g ^ 0xffff, h ^ 0xffff);
  return [text, ...inside];
}

/** Whether an address, whichever way it is meant, is one of the Internet's. */
export function isPublicAddress(address: string): boolean {
  return meantAddresses(address).every((meant) => kindOfAddress(meant) === "public");
}

/** The eight numbers of an IPv6 address. */
function hextets(address: string): readonly number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const pair = (high = "0", low = "0") => (Number(high) * 256 + Number(low)).toString(16);
  const plain = dotted === null ? address : `${dotted[1]}${pair(dotted[2], dotted[3])}:${pair(dotted[4], dotted[5])}`;
  const [head = "", tail] = plain.split("::");
  const numbers = (text: string) => (text === "" ? [] : text.split(":").map((part) => Number.parseInt(part, 16)));
  const [first, last] = [numbers(head), numbers(tail ?? "")];
  const missing = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array<number>(missing).fill(0), ...last];
}
