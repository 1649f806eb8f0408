import { describe, expect, it } from "vitest";
import type { Lease } from "../../../operator/kinds/objects.ts";
import { ApiError } from "../../../operator/kube/api-error.ts";
import type { Kube, ListOptions, Page } from "../../../operator/kube/kube.ts";
import { listPages } from "../../../operator/kube/list-pages.ts";
import { PageSize } from "../../../operator/kube/page-size.ts";

const MAX = 16;
const AIM_BYTES = 1_000;

const lease = (index: number): Lease => ({
  metadata: { namespace: "ns", name: `lease-${index}`, uid: `${index}`, resourceVersion: "1" },
});
const refused = (status: number, reason: string) =>
  new ApiError("no", { status, reason, verb: "list", resource: "leases" });

/** A server of objects of the given sizes; `answer` may refuse a page of so many bytes. */
function aServer(sizes: readonly number[], answer: (bytes: number) => ApiError | undefined = () => undefined) {
  const limits: (number | undefined)[] = [];
  const list = (_: string, { limit, continue: token }: ListOptions): Promise<Page<Lease>> => {
    limits.push(limit);
    const from = Number(token ?? 0);
    const to = Math.min(sizes.length, from + (limit ?? sizes.length));
    const bytes = sizes.slice(from, to).reduce((sum, size) => sum + size, 0);
    const error = answer(bytes);
    if (error !== undefined) return Promise.reject(error);
    const items = Array.from({ length: to - from }, (_, index) => lease(from + index));
    const next = to < sizes.length ? { next: String(to) } : {};
    return Promise.resolve({ items, bytes, resourceVersion: "9", ...next });
  };
  return { kube: { list } as unknown as Kube, limits };
}

const sizes = (count: number, bytes: number) => Array.from({ length: count }, () => bytes);
const read = async (server: { kube: Kube }, size = new PageSize(MAX, AIM_BYTES)) =>
  (await listPages(server.kube, "Lease", {}, size)).items.map(({ metadata }) => metadata.uid);
const all = (count: number) => Array.from({ length: count }, (_, index) => String(index));

describe("a list that is read in pages", () => {
  it("asks for half as much of what was too large, until it comes, and misses nothing", async () => {
    const server = aServer(sizes(20, 100), (bytes) => (bytes > 450 ? refused(413, "AnswerTooLarge") : undefined));
    expect(await read(server)).toEqual(all(20));
    expect(server.limits).toEqual([16, 8, 4, 4, 4, 4, 4]);
  });

  it("asks for less when a page is larger than it should be, and carefully for more when pages are small", async () => {
    const size = new PageSize(MAX, AIM_BYTES);
    const server = aServer([...sizes(40, 200), ...sizes(60, 10)]);
    expect(await read(server, size)).toEqual(all(100));
    expect(server.limits.slice(0, 3)).toEqual([16, 8, 4]);
    expect(server.limits.at(-1)).toBe(MAX);
    const limits = server.limits as number[];
    limits.forEach((limit, index) => {
      expect(limit).toBeLessThanOrEqual(2 * (limits[index - 1] ?? MAX));
    });
  });

  it("remembers for the next list what the last one was like", async () => {
    const size = new PageSize(MAX, AIM_BYTES);
    await read(aServer(sizes(20, 400)), size);
    const next = aServer(sizes(4, 400));
    await read(next, size);
    expect(next.limits[0]).toBeLessThan(MAX);
  });

  it("asks for single objects when it must, and fails when even one is too large for somebody on the way", async () => {
    const server = aServer(sizes(3, 600), (bytes) => (bytes > 700 ? refused(413, "AnswerTooLarge") : undefined));
    expect(await read(server)).toEqual(all(3));
    const proxy = aServer(sizes(3, 600), () => refused(413, "RequestEntityTooLarge"));
    await expect(read(proxy)).rejects.toMatchObject({ status: 413 });
    expect(proxy.limits.at(-1)).toBe(1);
  });

  it("asks for half as much the next time when a page did not come within its time", async () => {
    const size = new PageSize(MAX, AIM_BYTES);
    const slow = aServer(sizes(3, 1), () => refused(0, "DeadlineExceeded"));
    await expect(read(slow, size)).rejects.toMatchObject({ reason: "DeadlineExceeded" });
    expect(slow.limits).toEqual([MAX]);
    expect(size.objects).toBe(MAX / 2);
  });
});
