import { describe, expect, test } from "vitest";
import { filesIn, readSource } from "./source-files.ts";

/** A form that makes a reader stop, and what to write instead. */
interface Banned {
  readonly form: RegExp;
  readonly instead: string;
}

/** In what people read: comments, messages, descriptions and READMEs. Sentences have a subject that does something. */
const SENTENCES: readonly Banned[] = [
  { form: /\bby way of\b/i, instead: "through" },
  {
    form: /(?<!\b[Tt]here )\b(?:is|are|was|were) none\b/,
    instead: "say what it is not: `is not a bucket`, `does not fit its type`",
  },
  { form: /\bnobody (?:has|had|can|could|knows|said|says|would)\b/i, instead: "say what is unknown or not set" },
  { form: /\btold (?:of|apart|together|by|once|singly)\b/i, instead: "reported, distinguished, known by" },
  {
    form: /\b(?:what|which) (?:it|they|the \w+|a \w+) (?:is|are) told\b/i,
    instead: "name what it gets: `the task's work`",
  },
  { form: /\bWhat (?:is|was) (?:told|known|asked|recorded|used|true) of\b/, instead: "name the thing itself" },
];

/** In names of types, functions, fields and variables: each says what the thing is. */
const IDENTIFIERS: readonly Banned[] = [
  { form: /\bisNone\b/, instead: "what is tested: `isNotText`, `isNotOfType`, `saysNoPage`" },
  {
    form: /^\s*(?:export )?(?:interface|type|class) \w*Parts\b/,
    instead: "what they are: `TaskSettings`, `NeighbourServices`; the parts of a fan-out are a field's word",
  },
  {
    form: /\b(?:const|let|function|readonly) (?:told|tellAt)\b|^\s*(?:told|tellAt)(?:\?: |: | = )/,
    instead: "what it holds: `notice`, `sentence`, `seen`",
  },
];

const READ_BY_PEOPLE = /\.(?:ts|mts|md|tpl|yaml|sh|py)$|Dockerfile$/;
/** Written by others, or generated from what is checked here. */
const NOT_OURS = /^config\/samples\/|^helm\/templates\/crds\/|^crds\/|^operator\/decisions\//;
/** It names the forms. */
const THIS = "test/tidy/words.test.ts";
const FILES = ["README.md", ...filesIn("operator", "task-image", "config", "helm")].filter(
  (path) => READ_BY_PEOPLE.test(path) && !NOT_OURS.test(path),
);

const CODE = filesIn("operator", "task-image", "config", "test").filter(
  (path) => path.endsWith(".ts") && path !== THIS,
);

/** A title stands in a quoted text behind the name of what it begins; what stands before it may be a table of cases. */
const TITLES =
  /\b(?:test|it|describe)(?:\.(?:each|for|concurrent)\b[\s\S]*?\))?\(\s*(?:"((?:\\.|[^"\\\n])*)"|`((?:\\.|[^`\\])*)`)/g;

/** The titles of a file of tests, each on a line of its own. */
const titlesIn = (source: string) =>
  [...source.matchAll(TITLES)].map(([, quoted, template]) => (quoted ?? template ?? "").replaceAll("\n", " "));

function bannedIn(text: string, list: readonly Banned[]): readonly string[] {
  return text.split("\n").flatMap((line, index) =>
    list.flatMap(({ form, instead }) => {
      const found = form.exec(line)?.[0];
      return found === undefined ? [] : [`${index + 1}: "${found}". Write: ${instead}`];
    }),
  );
}

const findIn = (paths: readonly string[], list: readonly Banned[]) =>
  paths.flatMap((path) => bannedIn(readSource(path), list).map((found) => `${path}:${found}`));

describe("plain English", () => {
  test("has no form that makes a reader stop", () => {
    expect(FILES.length).toBeGreaterThan(600);
    expect(findIn(FILES, SENTENCES)).toEqual([]);
  });

  test.each([
    "Rows reach it by way of a bucket.",
    "A value that is none of its type",
    "so that nobody can say which",
    "rows that can be told apart",
    "What is known of a relation",
    "All that a verb has, and what the task is told.",
  ])("the check finds: %s", (line) => {
    expect(bannedIn(line, SENTENCES)).toHaveLength(1);
  });

  test("descriptions of fields begin with what they are about", () => {
    const reference = readSource("crds/reference.md").split("\n");
    const inverted = reference.flatMap((line) => /(?:[.:;|] )Of [^|.;]*/.exec(line)?.[0] ?? []);
    expect(reference.length).toBeGreaterThan(900);
    expect(inverted).toEqual([]);
    expect(bannedIn(reference.join("\n"), SENTENCES)).toEqual([]);
  });

  test("titles of tests read as well", () => {
    const titles = CODE.filter((path) => path.startsWith("test/")).flatMap((path) =>
      titlesIn(readSource(path)).map((title) => ({ path, title })),
    );
    expect(titles.length).toBeGreaterThan(2500);
    expect(titles.filter(({ title }) => bannedIn(title, SENTENCES).length > 0)).toEqual([]);
  });

  test("names in code say what a thing is", () => {
    expect(CODE.length).toBeGreaterThan(500);
    expect(findIn(CODE, IDENTIFIERS)).toEqual([]);
  });

  test.each([
    'test("a Job is told of", () => {',
    'test.each([["a", 1]])("a Job is told of", (_, n) => {',
    "describe(`a Job is told of`, () => {",
  ])("the check finds the title in: %s", (source) => {
    expect(bannedIn(titlesIn(source).join("\n"), SENTENCES)).toHaveLength(1);
  });

  test.each([
    "if (isNone(text)) return;",
    "export interface TaskParts<W> {",
    "  readonly told: string;",
    "const told = new Map();",
  ])("the check finds the name in: %s", (line) => {
    expect(bannedIn(line, IDENTIFIERS)).toHaveLength(1);
  });

  test.each([
    "const loadParts = () => undefined;",
    'test("a task that is told to stop", () => {',
    "interface LoadPart {",
  ])("the check lets the name through in: %s", (line) => {
    expect(bannedIn(line, IDENTIFIERS)).toEqual([]);
  });

  test.each(["There is none.", "The pod was told to stop.", "What is written stays.", "Nobody sleeps."])(
    "the check lets through: %s",
    (line) => {
      expect(bannedIn(line, SENTENCES)).toEqual([]);
    },
  );
});
