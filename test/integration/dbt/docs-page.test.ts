import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { PageData } from "../../../task-image/docs/page-data.ts";
import { pageFile } from "../../../task-image/docs/page-file.ts";
import { startBrowser } from "../../support/browser/chromium.ts";
import { docsPage } from "../../support/dbt/docs-page.ts";
import { aPage, aPageNode, aPageTest, aResult } from "../../support/dbt/page-data.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";

// The page in a real browser, opened as a file.

const HOSTILE =
  "</script><script>document.title = 'taken'</script><img src=https://example.com/x.png onerror=\"document.title = 'taken'\">";

const column = (name: string, description: string, ...origins: readonly (readonly [number, string])[]) => ({
  ...{ name, type: "text", description, marks: [] },
  origins: origins.map(([node, of]) => ({ node, column: of, isSame: true })),
});

/** Two sources, one of which is late, three models in a row of which the middle one fails a test, and a seed. */
const SHOP: PageData = {
  ...aPage(
    aPageNode("raw.films", {
      kind: "source",
      form: "",
      result: aResult("succeeded"),
      columns: [column("title", "As it came.")],
    }),
    aPageNode("raw.stars", { kind: "source", form: "", result: aResult("late", { age: 259_300 }) }),
    aPageNode("kinds", {
      kind: "seed",
      form: "seed",
      path: "seeds/kinds.csv",
      result: aResult("succeeded", { rows: 3 }),
    }),
    aPageNode("stg_films", {
      ...{
        form: "view",
        parents: [0],
        hasLineage: true,
        columns: [column("title", "", [0, "title"])],
        result: aResult("succeeded"),
      },
      ...{ sql: "select {{ x }} as title -- note", compiled: "select 1 as title" },
    }),
    aPageNode("dim_films", {
      parents: [2, 3],
      description: `Films, **one** row each.\n\n${HOSTILE}\n\n[out](https://example.com) [bad](javascript:alert(1)) ![pic](https://example.com/p.png)`,
      columns: [column("title", `Of the ${HOSTILE}`, [3, "title"]), column("id", "")],
      tests: [
        aPageTest("succeeded", { id: "t1", name: "not_null", column: "title" }),
        aPageTest("failed", {
          id: "t2",
          sql: "select id from films",
          result: aResult("failed", { failures: 3, message: "Got 3 results" }),
        }),
      ],
      result: aResult("succeeded", { rows: 6250, at: "2026-12-01T06:01:13Z" }),
      ...{ hasLineage: true, tags: ["daily"], sql: "select 1" },
    }),
    aPageNode("scores", { parents: [4], result: aResult("skipped") }),
  ),
  resultsAt: "2026-12-01T06:01:13Z",
};

let browser: Browser;
let shell: string;
beforeAll(async () => {
  browser = await startBrowser();
  shell = readFileSync(await docsPage(), "utf8");
});
afterAll(async () => {
  await browser?.close();
});

let page: Page;
/** Errors, warnings and everything that the page asked of anywhere but its own file. */
let complaints: string[];
beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: "light" });
  complaints = [];
  page.on("console", (message) => void complaints.push(message.text()));
  page.on("pageerror", (error) => void complaints.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith("file:")) complaints.push(request.url());
  });
});
afterEach(async () => {
  expect(complaints).toEqual([]);
  await page.close();
});

async function open(data: PageData, hash = ""): Promise<void> {
  const file = join(temporaryDirectory("page"), "index.html");
  writeFileSync(file, pageFile(shell, data));
  await page.goto(`file://${file}${hash}`);
}

const heading = () => page.locator("h1").innerText();
const boxOf = (name: string) => page.locator(".box", { has: page.locator(`text.t1:text-is("${name}")`) });
const selected = () => page.locator(".title h2").innerText();

test("it says first what fails, and shows that node with the shape and the word of its state", async () => {
  await open(SHOP);
  expect(await heading()).toBe("dim_films: 1 of 2 tests fails.");
  expect(await page.title()).toBe("shop · kelt docs");
  expect(await selected()).toBe("dim_films Failed");
  expect(await page.locator(".why").innerText()).toContain("3 rows break it");
  expect(
    await page.getByRole("option", { name: /^dim_films, table model, Failed/ }).getAttribute("aria-selected"),
  ).toBe("true");
});

test("the graph has every node once, between what it reads and what reads it", async () => {
  await open(SHOP);
  const names = ["raw.films", "raw.stars", "kinds", "stg_films", "dim_films", "scores"];
  expect((await page.locator(".box .t1").allTextContents()).sort()).toEqual(names.toSorted());
  const left = async (name: string) => (await boxOf(name).boundingBox())?.x ?? 0;
  expect(await left("stg_films")).toBeGreaterThan(await left("raw.films"));
  expect(await left("scores")).toBeGreaterThan(await left("dim_films"));
  expect(await boxOf("dim_films").getAttribute("class")).toContain("failed");
  expect(await boxOf("raw.stars").getAttribute("aria-label")).toBe("raw.stars, Late, late");
  expect(await boxOf("scores").getAttribute("class")).toContain("skipped");
  await boxOf("stg_films").click();
  expect(await selected()).toBe("stg_films Succeeded");
  expect(page.url()).toContain("#model.shop.stg_films");
});

test("search finds as one types, and Enter opens what stands first", async () => {
  await open(SHOP);
  await page.keyboard.press("/");
  await page.keyboard.type("stg");
  expect(await page.getByRole("option").allInnerTexts()).toEqual(["stg_films\nview"]);
  await page.keyboard.press("Enter");
  expect(await selected()).toBe("stg_films Succeeded");
  await page.keyboard.press("/");
  await page.keyboard.type("daily");
  expect(await page.getByRole("option").innerText()).toContain("dim_films");
  await page.keyboard.press("Escape");
  expect(await page.getByRole("option").count()).toBe(6);
});

test("a failing test has its state, its rows and its SQL, before those that pass", async () => {
  await open(SHOP, "#model.shop.dim_films&tab=tests");
  const tests = page.locator(".tests > li");
  expect(await tests.first().locator(".test-head").innerText()).toContain("Failed, 3 rows");
  expect(await tests.last().innerText()).toContain("Passed");
  await tests.first().locator("summary").click();
  expect(await tests.first().locator("code").innerText()).toBe("select id from films");
});

test("columns lead to those that they come from, and their way is a graph of its own", async () => {
  await open(SHOP, "#model.shop.dim_films&tab=columns");
  await page.locator(".columns").getByRole("button", { name: "title", exact: true }).click();
  expect((await page.locator(".box .t1").allTextContents()).sort()).toEqual(["dim_films", "raw.films", "stg_films"]);
  await page.getByRole("button", { name: "stg_films.title" }).click();
  expect(await selected()).toBe("stg_films Succeeded");
  await page.keyboard.press("Escape");
  expect(await page.locator(".box").count()).toBe(6);
});

test("what a project says is text, links lead to the web alone, and nothing is loaded", async () => {
  await open(SHOP, "#model.shop.dim_films");
  expect(await page.locator(".about > .md").innerText()).toContain("<script>document.title = 'taken'</script>");
  expect(await page.locator(".md strong").innerText()).toBe("one");
  const links = await page.locator(".md a").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  expect(links).toEqual(["https://example.com", "https://example.com/p.png"]);
  expect(await page.locator("img, iframe, object, embed, form, link").count()).toBe(0);
  expect(await page.title()).toBe("shop · kelt docs");
  // What would get through all that is refused by the page's own policy.
  const policy = await page.locator("meta[http-equiv]").getAttribute("content");
  expect(policy).toMatch(
    /^default-src 'none'; script-src 'sha256-\S+'; style-src 'sha256-\S+'; base-uri 'none'; form-action 'none'$/,
  );
});

test("everything is done by keys", async () => {
  await open(SHOP);
  await page.keyboard.press("j");
  expect(await selected()).toBe("scores Skipped");
  await page.keyboard.press("k");
  await page.keyboard.press("2");
  expect(await page.getByRole("tab", { selected: true }).innerText()).toContain("Columns");
  await page.keyboard.press("f");
  expect(await page.getByRole("option").count()).toBe(2);
  await page.keyboard.press("e");
  expect(await selected()).toBe("raw.stars Late");
  await page.keyboard.press("e");
  await page.keyboard.press("g");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  expect(await selected()).toBe("scores Skipped");
  await page.keyboard.press("?");
  expect(await page.getByRole("dialog").isVisible()).toBe(true);
  await page.keyboard.press("Escape");
  expect(await page.getByRole("dialog").isVisible()).toBe(false);
});

test("it is dark where the system is, and stays as one has chosen", async () => {
  const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
  await page.emulateMedia({ colorScheme: "dark" });
  await open(SHOP);
  expect(await ground()).toBe("rgb(12, 13, 15)");
  await page.keyboard.press("t");
  expect(await ground()).toBe("rgb(248, 248, 246)");
  await page.reload();
  expect(await ground()).toBe("rgb(248, 248, 246)");
});

test("on a phone it is one column, and the graph stands behind a button", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(SHOP);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
  expect(await page.locator(".graph").isVisible()).toBe(false);
  await page.getByRole("button", { name: "Show the graph" }).click();
  expect(await boxOf("dim_films").isVisible()).toBe(true);
});

test("a thousand nodes fold into folders, and are found, opened and seen near each other", async () => {
  const nodes = Array.from({ length: 1_000 }, (_, index) => {
    const layer = ["staging", "core", "marts", "reports"][Math.floor(index / 250)];
    const parents = index < 250 ? [] : [index - 250, Math.floor(index / 250) * 250 - 1 - (index % 7)];
    return aPageNode(`m${index}`, {
      path: `models/${layer}/m${index}.sql`,
      parents,
      result: aResult("succeeded"),
      sql: `select ${index}`,
    });
  });
  await open(aPage(...nodes));
  expect((await page.locator(".box .t1").allTextContents()).sort()).toEqual([
    "models/core",
    "models/marts",
    "models/reports",
    "models/staging",
  ]);
  await page.keyboard.press("/");
  await page.keyboard.type("m997");
  await page.keyboard.press("Enter");
  expect(await selected()).toBe("m997 Succeeded");
  expect(await page.locator(".box.selected .t1").textContent()).toBe("m997");
  expect(await page.locator(".box").count()).toBeLessThan(60);
  await page.locator(".bar button", { hasText: "All 1,000" }).click();
  expect(await page.locator(".box").count()).toBe(1_000);
});
