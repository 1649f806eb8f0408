import { beforeEach, describe, expect, test } from "vitest";
import { Report, type ReportOrder } from "#api/report.ts";
import type { TaskResult } from "#api/task.ts";
import type { Reply } from "../../../../task-image/report/answer.ts";
import { ReportClient } from "../../../../task-image/report/client.ts";
import { ItemStore } from "../../../../task-image/report/item-store.ts";
import type { Post } from "../../../../task-image/report/post.ts";
import { FakeClock, settled } from "../../../support/machine/fake-clock.ts";

/** What the operator of the test does with a message: answers, is not there, or says nothing until the client gives up. */
type Does = Partial<Reply> | "nobody" | "silence";

const LEADER = "https://10.0.0.1:8443";
const SERVICE = "https://kelt-report.kelt-system:8443";
const RESULT: TaskResult = { version: 1, run: "r", node: "n", attempt: 1, outcome: "succeeded", message: "1 table" };

let clock: FakeClock;
let store: ItemStore;
let client: ReportClient;
let seen: { readonly origin: string; readonly report: Report; readonly at: number }[];
let warnings: string[];
let operator: (number: number, origin: string, report: Report) => Does;

const ok = (order: ReportOrder = "go", everyMs = 250): Does => ({
  status: 200,
  body: JSON.stringify({ order, everyMs }),
});

const post: Post = (url, body, { timeoutMs, signal }) => {
  const report = Report.parse(JSON.parse(body));
  seen.push({ origin: url.origin, report, at: clock.monotonic() });
  const does = operator(seen.length, url.origin, report);
  if (does === "nobody") return Promise.reject(new Error("connect ECONNREFUSED"));
  if (does !== "silence") return Promise.resolve({ status: 200, body: "", retryAfter: undefined, ...does });
  return new Promise((_resolve, reject) => {
    clock.after(timeoutMs, () => reject(new Error("it does not answer in time")));
    signal.addEventListener("abort", () => reject(new Error("aborted")));
  });
};

beforeEach(() => {
  clock = new FakeClock();
  seen = [];
  warnings = [];
  operator = () => ok();
  store = new ItemStore({ now: () => clock.monotonic(), shown: (text) => text, onChange: () => client.changed() });
  client = new ReportClient({
    urls: [LEADER, SERVICE],
    post,
    clock,
    wallClock: () => clock.now(),
    random: () => 0.5,
    store,
    speaker: { run: "r", node: "n", attempt: 1 },
    epoch: "e1",
    log: { warn: (message) => void warnings.push(message) },
  });
});

const begin = async (orders: ReportOrder[] = []) => {
  client.begin((order) => void orders.push(order));
  await clock.advance(0);
};
const kinds = () => seen.map(({ report }) => report.kind);
const states = (index: number) => seen[index]?.report.items?.map(({ name, state }) => `${name} ${state}`);

describe("while it works", () => {
  test("the commit of its project is in every message once it is known", async () => {
    await begin();
    store.worksWith({ commit: "1".repeat(40) });
    await clock.advance(1_000);
    await client.end(RESULT);
    expect(seen.map(({ report }) => report.commit)).toEqual([undefined, "1".repeat(40), "1".repeat(40)]);
  });

  test("the first message is a snapshot, and what changes follows as deltas, no more often than the operator says", async () => {
    const [a, b] = store.items("table", ["a", "b"]);
    a?.running();
    await begin();
    for (let step = 0; step < 20; step += 1) {
      a?.running({ rows: step });
      await clock.advance(10);
    }
    b?.running();
    await clock.advance(500);
    expect(kinds()).toEqual(["snapshot", "delta"]);
    expect(states(0)).toEqual(["a Running", "b Pending"]);
    expect(seen[1]?.report.items).toMatchObject([{ name: "a", rows: 19 }, { name: "b" }]);
    expect(seen.map(({ at }) => at)).toEqual([0, 250]);
    expect(seen.map(({ report }) => report.seq)).toEqual([1, 2]);
    expect(seen[1]?.report.progress).toEqual({ item: "b", rows: 19, done: 0, total: 2 });
  });

  test("the operator can slow it down", async () => {
    operator = () => ok("go", 3000);
    const [a] = store.items("table", ["a"]);
    await begin();
    a?.running();
    await clock.advance(2999);
    expect(seen).toHaveLength(1);
    await clock.advance(1);
    expect(seen).toHaveLength(2);
  });

  test("one request is under way at a time, and what changes meanwhile goes with the next", async () => {
    operator = (number) => (number === 1 ? "silence" : ok());
    const [a] = store.items("table", ["a"]);
    await begin();
    a?.running();
    a?.ended("Succeeded");
    await clock.advance(4999);
    expect(seen).toHaveLength(1);
    await clock.advance(100);
    expect(seen).toHaveLength(2);
    expect(states(1)).toEqual(["a Succeeded"]);
  });

  test("a task without news is heard of every ten seconds", async () => {
    await begin();
    await clock.advance(30_000);
    expect(seen.map(({ at }) => at)).toEqual([0, 10_000, 20_000, 30_000]);
  });

  test.each<[string, Does, number]>([
    ["409 is followed by all that is known, at once", { status: 409 }, 0],
    ["425 by the same after 50 ms", { status: 425 }, 50],
    ["429 by the same after the time that it names", { status: 429, retryAfter: "7" }, 7000],
    ["503 too", { status: 503, retryAfter: "2" }, 2000],
    ["and that is never more than a minute", { status: 503, retryAfter: "86400" }, 60_000],
    ["a body that is none is asked of another address", { status: 200, body: "<html>" }, 0],
    ["a field that is not of the contract too", { status: 200, body: `{"order":"dance","everyMs":1}` }, 0],
    ["a message that it does not understand too", { status: 400 }, 0],
    ["a status that is not of the contract too", { status: 500 }, 0],
    ["nobody there too", "nobody", 0],
  ])("%s", async (_what, does, waitMs) => {
    operator = (number) => (number === 2 ? does : ok());
    const [a] = store.items("table", ["a", "b"]);
    await begin();
    a?.running();
    await clock.advance(250);
    expect(kinds()).toEqual(waitMs === 0 ? ["snapshot", "delta", "snapshot"] : ["snapshot", "delta"]);
    await clock.advance(waitMs);
    expect(kinds()).toEqual(["snapshot", "delta", "snapshot"]);
    expect(states(2)).toEqual(["a Running", "b Pending"]);
    expect(warnings).toEqual([]);
  });

  test("413 is followed by counts and failed items alone, from then on", async () => {
    operator = (_number, _origin, { items = [] }) => (items.length > 1 ? { status: 413 } : ok());
    const items = store.items("model", ["a", "b", "c"]);
    items[1]?.ended("Failed", { message: "no" });
    await begin();
    expect(states(1)).toEqual(["b Failed"]);
    expect(seen[1]?.report).toMatchObject({ itemsLeftOut: 2, progress: { done: 1, total: 3 } });
    items[0]?.ended("Succeeded");
    items[2]?.ended("Failed");
    await clock.advance(250);
    expect(states(2)).toEqual(["c Failed"]);
  });

  test.each([401, 403])("%i is said once, and nothing is asked any more", async (status) => {
    operator = () => ({ status });
    const [a] = store.items("table", ["a"]);
    await begin();
    a?.running();
    await clock.advance(60_000);
    expect(seen).toHaveLength(1);
    expect(warnings).toEqual([expect.stringContaining(`it answers ${status}`)]);
    expect(await client.end(RESULT)).toBe(false);
  });

  test("an operator that nobody finds is said once, and is asked later and later", async () => {
    operator = () => "nobody";
    await begin();
    await clock.advance(60_000);
    expect(warnings).toEqual([expect.stringContaining("connect ECONNREFUSED. The work goes on")]);
    expect(new Set(seen.map(({ origin }) => origin))).toEqual(new Set([LEADER, SERVICE]));
    expect(seen.length).toBeLessThan(50);
    operator = () => ok();
    await clock.advance(6000);
    expect(seen.at(-1)?.report.kind).toBe("snapshot");
  });

  test.each<[string, Does]>([
    ["that it knows nothing", { status: 409 }],
    ["that another one leads", { status: 421, body: JSON.stringify({ leader: SERVICE }) }],
    ["that nobody leads", { status: 421, body: "{}" }],
    ["that the pod is not known", { status: 425 }],
    ["that a message is too large", { status: 413 }],
    ["nothing that makes sense", { status: 200, body: "x".repeat(60_000) }],
  ])("who says for ever %s is not asked without end", async (_what, does) => {
    operator = () => does;
    await begin();
    await clock.advance(60_000);
    expect(seen.length).toBeLessThan(150);
    expect(warnings).toHaveLength(1);
  });

  test("cancel and done are obeyed, hold is not, and nothing is obeyed of an answer that is no 200", async () => {
    const orders: ReportOrder[] = [];
    operator = (number) =>
      [ok("hold"), { status: 409, body: `{"order":"cancel","everyMs":0}` }, ok("cancel")][number - 1] ?? ok("done");
    const [a] = store.items("table", ["a"]);
    await begin(orders);
    for (let step = 0; step < 2; step += 1) {
      a?.running();
      await clock.advance(250);
    }
    expect(orders).toEqual(["hold", "cancel", "done"]);
  });
});

describe("the leader", () => {
  test("that is named is asked at once, and from then on", async () => {
    operator = (_number, origin) =>
      origin === "https://10.0.0.7:8443" ? ok() : { status: 421, body: `{"leader":"https://10.0.0.7:8443"}` };
    const [a] = store.items("table", ["a"]);
    await begin();
    a?.running();
    await clock.advance(250);
    expect(seen.map(({ origin }) => origin)).toEqual([LEADER, "https://10.0.0.7:8443", "https://10.0.0.7:8443"]);
  });

  test.each([
    "http://10.0.0.7:8443",
    "https://169.254.169.254",
    "https://[fe80::1]:8443",
    "https://user:word@10.0.0.7:8443",
    "https://10.0.0.7:8443/elsewhere?x",
    "file:///etc/passwd",
    LEADER,
  ])("is not asked at %s, which no leader has: the next address is", async (leader) => {
    operator = (_number, origin) => (origin === LEADER ? { status: 421, body: JSON.stringify({ leader }) } : ok());
    await begin();
    expect(seen.map(({ origin }) => origin)).toEqual([LEADER, SERVICE]);
  });

  test("that does not answer is forgotten", async () => {
    operator = (_number, origin) =>
      origin === LEADER ? { status: 421, body: `{"leader":"https://10.0.0.7:8443"}` } : "nobody";
    await begin();
    expect(seen.slice(0, 3).map(({ origin }) => origin)).toEqual([LEADER, "https://10.0.0.7:8443", LEADER]);
  });
});

describe("the end", () => {
  test("says the result at once, however short the last message is ago, with all that has changed", async () => {
    const [a] = store.items("table", ["a"]);
    await begin();
    a?.running();
    store.conclude();
    expect(await client.end(RESULT)).toBe(true);
    expect(seen[1]).toMatchObject({ at: 0, report: { kind: "delta", phase: "done", result: RESULT } });
    expect(states(1)).toEqual(["a Succeeded"]);
    expect(warnings).toEqual([]);
  });

  const ended = async () => {
    const begun = clock.monotonic();
    let answer: boolean | undefined;
    const end = client.end(RESULT).then((heard) => {
      answer = heard;
    });
    while (answer === undefined) await clock.advance(1);
    await end;
    return { answer, ms: clock.monotonic() - begun };
  };

  test.each<[string, Does]>([
    ["nobody is there", "nobody"],
    ["nobody answers", "silence"],
    ["the answer makes no sense", { status: 200, body: "[]" }],
    ["the pod is never known", { status: 425 }],
  ])("waits 100 ms where no message was ever acknowledged: %s", async (_what, does) => {
    operator = () => does;
    const { answer, ms } = await ended();
    expect(answer).toBe(false);
    expect(ms).toBeLessThanOrEqual(101);
    expect(warnings).toHaveLength(1);
  });

  test.each<[string, Does]>([
    ["nobody is there any more", "nobody"],
    ["nobody answers any more", "silence"],
    ["the operator forgets all", { status: 409 }],
  ])("waits two seconds where one was: %s", async (_what, does) => {
    await begin();
    operator = () => does;
    const { answer, ms } = await ended();
    expect(answer).toBe(false);
    expect(ms).toBeGreaterThanOrEqual(1990);
    expect(ms).toBeLessThanOrEqual(2001);
  });

  test("does not wait for an operator that asks to be left alone for longer", async () => {
    await begin();
    operator = () => ({ status: 503, retryAfter: "30" });
    expect(await ended()).toEqual({ answer: false, ms: expect.any(Number) });
    expect(seen).toHaveLength(2);
    expect(clock.monotonic()).toBeLessThan(300);
  });

  test("lets a message that is under way come to its end, but not for long", async () => {
    await begin();
    operator = (_number, _origin, { phase }) => (phase === "working" ? "silence" : ok());
    const [a] = store.items("table", ["a"]);
    a?.running();
    await clock.advance(300);
    expect(await ended()).toMatchObject({ answer: true });
    expect(seen.map(({ report }) => report.phase)).toEqual(["working", "working", "done"]);
    expect(seen.at(-1)?.report.kind).toBe("snapshot");
  });

  test("comes through where the operator is back in time", async () => {
    await begin();
    operator = (number) => (number < 6 ? "nobody" : ok());
    expect(await ended()).toMatchObject({ answer: true });
  });
});

describe("a held task", () => {
  const signal = new AbortController().signal;
  const held = (order: AbortSignal = signal) => {
    const outcome: { order?: string } = {};
    void client.hold(order).then((said) => {
      outcome.order = said;
    });
    return outcome;
  };

  test("asks again and again, and begins when it is told to", async () => {
    operator = (number) => ok(number < 4 ? "hold" : "go", 1000);
    const outcome = held();
    await clock.advance(2500);
    expect(outcome.order).toBeUndefined();
    await clock.advance(500);
    expect(outcome.order).toBe("go");
    expect(new Set(seen.map(({ report }) => report.phase))).toEqual(new Set(["held"]));
    await begin();
    await clock.advance(1000);
    expect(seen.at(-1)?.report.phase).toBe("working");
  });

  test.each(["cancel", "done"] as const)("is told %s", async (order) => {
    operator = () => ok(order);
    const outcome = held();
    await settled();
    expect(outcome.order).toBe(order);
  });

  test.each<[string, Does, number]>([
    ["nobody is there", "nobody", 10_000],
    ["nobody answers", "silence", 12_000],
    ["its token is refused", { status: 401 }, 10_000],
    ["nothing makes sense", { status: 200, body: "go" }, 10_000],
    ["nobody leads", { status: 421, body: "{}" }, 10_000],
  ])("is lost when there is no way through for ten seconds: %s", async (_what, does, atMost) => {
    operator = () => does;
    const outcome = held();
    await clock.advance(9900);
    expect(outcome.order).toBeUndefined();
    await clock.advance(atMost - 9900);
    expect(outcome.order).toBe("lost");
    expect(warnings).toHaveLength(1);
  });

  test("survives an operator that is away for less", async () => {
    operator = () =>
      clock.monotonic() > 5000 && clock.monotonic() < 13_000
        ? "nobody"
        : ok(clock.monotonic() < 20_000 ? "hold" : "go");
    const outcome = held();
    await clock.advance(25_000);
    expect(outcome.order).toBe("go");
  });

  test("ends at once when the pod is told to stop", async () => {
    const stop = new AbortController();
    operator = () => "silence";
    const outcome = held(stop.signal);
    await clock.advance(100);
    stop.abort();
    await settled();
    expect(outcome.order).toBe("cancel");
  });
});
