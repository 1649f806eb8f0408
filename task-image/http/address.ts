import { type LookupAddress, lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { ConfigurationError } from "../errors.ts";

/** Link-local addresses, and those where clouds answer a machine with its credentials: Alibaba, Azure, Oracle. */
const FORBIDDEN_IPV4 = [
  ["169.254.0.0", 16],
  ["100.100.100.200", 32],
  ["168.63.129.16", 32],
  ["192.0.0.192", 32],
] as const;
/** Link-local addresses; AWS (instances, pod identities), Google, Scaleway. */
const FORBIDDEN_IPV6 = [
  ["fe80::", 10],
  ["fd00:ec2::", 32],
  ["fd20:ce::254", 128],
  ["fd00:42::42", 128],
] as const;
/** What an IPv4 address stands behind in an IPv6 one: compatible, translated (RFC 7915), NAT64 (RFC 6052, RFC 8215). */
const WRAPPED_BEHIND = ["::", "::ffff:0:", "64:ff9b::", "64:ff9b:1::"];

/** Addresses that a pipeline must not reach. An IPv4 address inside an IPv6 one counts as itself; mapped ones do so already. */
const FORBIDDEN = new BlockList();
for (const [address, bits] of FORBIDDEN_IPV6) FORBIDDEN.addSubnet(address, bits, "ipv6");
for (const [address, bits] of FORBIDDEN_IPV4) {
  FORBIDDEN.addSubnet(address, bits, "ipv4");
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  const inHexadecimal = [a * 256 + b, c * 256 + d].map((part) => part.toString(16)).join(":");
  for (const before of WRAPPED_BEHIND) FORBIDDEN.addSubnet(`${before}${inHexadecimal}`, 96 + bits, "ipv6");
  // 6to4 (RFC 3056) has it in the middle.
  FORBIDDEN.addSubnet(`2002:${inHexadecimal}::`, 16 + bits, "ipv6");
}

export function isForbiddenAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && FORBIDDEN.check(address, family === 6 ? "ipv6" : "ipv4");
}

/** Throws a ConfigurationError for a URL that is not of http(s), or whose host is a forbidden address. */
export function checkUrl(url: URL, connection: string): void {
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new ConfigurationError(
      "ForbiddenAddress",
      `connection ${connection}: expected an http or https URL, found ${url.protocol}//`,
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (isForbiddenAddress(host)) throw forbidden(connection, host, host);
}

/** Resolves names as the system does and refuses forbidden addresses, so that the address checked is the one connected to. */
export function guardedLookup(connection: string): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      const bad = error === null ? addresses.find(({ address }) => isForbiddenAddress(address)) : undefined;
      if (error !== null) callback(error, "", 0);
      else if (bad !== undefined) callback(forbidden(connection, hostname, bad.address), "", 0);
      else if (options.all === true) callback(null, addresses);
      else callback(null, addresses[0]?.address ?? "", addresses[0]?.family ?? 0);
    });
  };
}

function forbidden(connection: string, host: string, address: string): ConfigurationError {
  const what = host === address ? host : `${host} (${address})`;
  return new ConfigurationError(
    "ForbiddenAddress",
    `connection ${connection}: ${what} is a link-local or metadata address, which no pipeline may read. Use the address of a service`,
  );
}
