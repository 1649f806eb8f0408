import { describe, expect, it } from "vitest";
import { Backoff } from "../../../operator/kube/backoff.ts";
import { microTime } from "../../../operator/kube/micro-time.ts";
import { boundedRetryAfter } from "../../../operator/kube/retry-after.ts";
import { TokenBucket } from "../../../operator/kube/token-bucket.ts";

describe("a token bucket", () => {
  it("lets a burst through and then keeps the rate", () => {
    const bucket = new TokenBucket({ perSecond: 50, burst: 3 });
    expect([0, 0, 0, 0, 0].map((now) => bucket.reserve(now))).toEqual([0, 0, 0, 20, 40]);
    expect(bucket.reserve(60)).toBe(0);
    expect(bucket.reserve(60)).toBe(20);
  });

  it("never holds more than its burst", () => {
    const bucket = new TokenBucket({ perSecond: 50, burst: 2 });
    bucket.reserve(0);
    expect([1e9, 1e9, 1e9].map((now) => bucket.reserve(now))).toEqual([0, 0, 20]);
  });
});

describe("a back-off", () => {
  it("doubles within its limits, whatever chance adds", () => {
    for (const chance of [0, 0.5, 0.999_999]) {
      const backoff = new Backoff({ initialMs: 800, maxMs: 30_000 }, () => chance);
      const waits = Array.from({ length: 100 }, () => backoff.next());
      expect(waits[0]).toBeCloseTo(800 * (1 + chance));
      expect(waits[1]).toBeCloseTo(1_600 * (1 + chance));
      for (const wait of waits) {
        expect(wait).toBeGreaterThanOrEqual(800);
        expect(wait).toBeLessThanOrEqual(30_000);
      }
      backoff.reset();
      expect(backoff.next()).toBe(waits[0]);
    }
  });
});

describe("Retry-After", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  it.each([
    [undefined, undefined],
    ["7", 7_000],
    [" 0 ", 0],
    ["Thu, 01 Jan 2026 00:00:10 GMT", 10_000],
    ["Thu, 01 Jan 2025 00:00:00 GMT", 0],
    ["soon", undefined],
    ["99999999", 120_000],
  ])("%s is %s ms", (header, expected) => {
    expect(boundedRetryAfter(header, now)).toBe(expected);
  });
});

describe("MicroTime", () => {
  it("has six digits of a second", () => {
    expect(microTime(Date.parse("2026-01-02T03:04:05.006Z"))).toBe("2026-01-02T03:04:05.006000Z");
  });
});
