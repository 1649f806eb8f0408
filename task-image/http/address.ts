import { type LookupAddress, lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { ConfigurationError } from "../errors.ts";

/**
 * Addresses that a pipeline must not reach: link-local ones, and those where clouds answer a machine with its credentials.
 * AWS, Google, OpenStack: 169.254.169.254 and fd00:ec2::254; Alibaba: 100.100.100.200; Azure: 168.63.129.16; Oracle: 192.0.0.192.
 * An IPv4 address inside an IPv6 one (mapped, compatible, NAT64) counts as itself.
 */
const FORBIDDEN = new BlockList();
FORBIDDEN.addSubnet("169.254.0.0", 16, "ipv4");
FORBIDDEN.addSubnet("fe80::", 10, "ipv6");
FORBIDDEN.addSubnet("::a9fe:0", 112, "ipv6");
FORBIDDEN.addSubnet("64:ff9b::a9fe:0", 112, "ipv6");
FORBIDDEN.addAddress("fd00:ec2::254", "ipv6");
for (const address of ["100.100.100.200", "168.63.129.16", "192.0.0.192"]) FORBIDDEN.addAddress(address, "ipv4");

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
