import { describe, expect, it } from "vitest";
import { Pace, type PacedCall, type PaceSettings } from "../../../operator/kube/pace.ts";
import { FakeClock, settled } from "../../support/machine/fake-clock.ts";

const SETTINGS: PaceSettings = {
  total: { perSecond: 10, burst: 2 },
  namespaceWrites: { perSecond: 10, burst: 10 },
  underWayMax: 100,
  namespaceUnderWayMax: 50,
};

/** A pace and who has left so far, in order; `end` ends the oldest call under way of a namespace. */
function aPace(settings: Partial<PaceSettings> = {}) {
  const clock = new FakeClock();
  const pace = new Pace(clock, { ...SETTINGS, ...settings });
  const left: string[] = [];
  const underWay: { readonly namespace: string; readonly end: () => void }[] = [];
  const enter = (namespace: string, what: PacedCall["what"] = "write", name: string = namespace) =>
    pace.enter({ namespace, what }).then((end) => {
      left.push(name);
      underWay.push({ namespace, end });
    });
  const end = async (namespace: string) => {
    const index = underWay.findIndex((call) => call.namespace === namespace);
    for (const call of underWay.splice(index, 1)) call.end();
    await settled();
  };
  return { clock, pace, left, enter, end };
}

describe("the pace of calls", () => {
  it("lets a burst go and then one call for each token", async () => {
    const { clock, left, enter } = aPace();
    for (const name of ["1", "2", "3", "4"]) void enter("a", "write", name);
    await settled();
    expect(left).toEqual(["1", "2"]);
    await clock.advance(100);
    expect(left).toEqual(["1", "2", "3"]);
    await clock.advance(100);
    expect(left).toEqual(["1", "2", "3", "4"]);
    expect(clock.pending).toBe(0);
  });

  it("lets a call of a quiet namespace go at the next token, however many calls of another wait", async () => {
    const { clock, left, enter } = aPace();
    for (let count = 0; count < 1_000; count++) void enter("crowd");
    await clock.advance(500);
    void enter("quiet");
    await clock.advance(200);
    expect(left.slice(7)).toContain("quiet");
  });

  it("holds the writes of a namespace to its own rate, and neither its reads nor other namespaces", async () => {
    const { clock, left, enter } = aPace({
      total: { perSecond: 1_000, burst: 1_000 },
      namespaceWrites: { perSecond: 1, burst: 1 },
    });
    for (const name of ["a1", "a2", "a3"]) void enter("a", "write", name);
    void enter("a", "read", "read");
    void enter("b", "write", "b1");
    await settled();
    expect(left).toEqual(["a1", "read", "b1"]);
    await clock.advance(1_000);
    expect(left).toEqual(["a1", "read", "b1", "a2"]);
    await clock.advance(1_000);
    expect(left.at(-1)).toBe("a3");
  });

  it("gives a namespace few of the connections while its calls are slow", async () => {
    const { left, enter, end } = aPace({ total: { perSecond: 1_000, burst: 1_000 }, namespaceUnderWayMax: 2 });
    for (const name of ["a1", "a2", "a3"]) void enter("a", "read", name);
    void enter("b", "read");
    await settled();
    expect(left).toEqual(["a1", "a2", "b"]);
    await end("b");
    expect(left).toEqual(["a1", "a2", "b"]);
    await end("a");
    expect(left).toEqual(["a1", "a2", "b", "a3"]);
  });

  it("never has more calls under way than there are connections, and lets the next go when one ends", async () => {
    const { left, enter, end } = aPace({ total: { perSecond: 1_000, burst: 1_000 }, underWayMax: 2 });
    for (const namespace of ["a", "b", "c"]) void enter(namespace, "read");
    await settled();
    expect(left).toEqual(["a", "b"]);
    await end("a");
    expect(left).toEqual(["a", "b", "c"]);
  });

  it("lets Jobs and Events of a namespace take turns", async () => {
    const { clock, left, enter } = aPace({ total: { perSecond: 1, burst: 1 } });
    void enter("a", "write", "first");
    for (let count = 0; count < 100; count++) void enter("a", "event", "event");
    for (let count = 0; count < 3; count++) void enter("a", "write", "job");
    await clock.advance(6_000);
    expect(left).toEqual(["first", "event", "job", "event", "job", "event", "job"]);
  });

  it("takes a call that is given up out of the line", async () => {
    const { clock, pace, left, enter } = aPace({ total: { perSecond: 1, burst: 1 } });
    void enter("a");
    const stop = new AbortController();
    const reason = new Error("not wanted");
    const given = pace.enter({ namespace: "a", what: "write", signal: stop.signal });
    const outcome = expect(given).rejects.toBe(reason);
    void enter("b");
    stop.abort(reason);
    await outcome;
    await clock.advance(1_000);
    expect(left).toEqual(["a", "b"]);
    expect(clock.pending).toBe(0);
  });

  it("counts the end of a call once", async () => {
    const { pace, left, enter } = aPace({ total: { perSecond: 1_000, burst: 1_000 }, underWayMax: 1 });
    const end = await pace.enter({ namespace: "a", what: "read" });
    void enter("b", "read");
    void enter("c", "read");
    end();
    end();
    await settled();
    expect(left).toEqual(["b"]);
  });
});
