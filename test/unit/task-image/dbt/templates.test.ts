import { describe, expect, test } from "vitest";
import { asRendered, recordedAnswers, recordedTemplates } from "../../../dbt/templates/recorded.ts";
import { templateRenderer } from "../../../dbt/templates/renderer.ts";

// Recorded with dbt-core 1.11.16 by test/dbt/templates/record.ts.

const answers = recordedAnswers();
const render = templateRenderer((sql) => {
  if (!sql.startsWith("select")) return { tag: sql, columns: [], rows: [] };
  const answer = answers.get(sql);
  if (answer === undefined) throw new Error(`no answer is recorded for ${sql}`);
  return answer;
});

/** The text of a template, or null where it is refused. */
function rendered(template: string): string | null {
  try {
    return render(asRendered(template));
  } catch {
    return null;
  }
}

const all = [...recordedTemplates()];

describe.each(all)("templates of %s", (_, templates) => {
  test("are rendered as dbt does, and refused where it does", () => {
    const found = templates.map(({ template }) => ({ template, text: rendered(template) }));
    expect(found).toEqual(templates.map(({ template, text = null, kelt = text }) => ({ template, text: kelt })));
  });

  test("are recorded, and a difference is one", () => {
    for (const { template, text, refused, kelt } of templates) {
      expect([template, text === undefined]).toEqual([template, refused !== undefined]);
      expect([template, kelt]).not.toEqual([template, text ?? null]);
    }
  });
});

test("most of the templates are the same", () => {
  const templates = all.flatMap(([, each]) => each);
  const same = templates.filter(({ kelt }) => kelt === undefined).length;
  expect(templates.length).toBeGreaterThan(900);
  expect(same / templates.length).toBeGreaterThan(0.92);
});
