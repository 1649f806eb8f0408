/** The target of rel=next in a header Link (RFC 8288) as it is written, or undefined where it has no such one. */
export function linkedTarget(link: string): string | undefined {
  for (const [, target = "", parameters = ""] of link.matchAll(/<([^>]*)>((?:\s*;[^,;"]*(?:"[^"]*")?)*)/g)) {
    const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^;,\s]*))/i.exec(parameters);
    const names = (relation?.[1] ?? relation?.[2] ?? "").toLowerCase().split(/\s+/);
    if (names.includes("next")) return target;
  }
  return undefined;
}
