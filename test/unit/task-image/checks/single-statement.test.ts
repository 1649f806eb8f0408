import { expect, test } from "vitest";
import { singleStatement } from "../../../../task-image/checks/single-statement.ts";

test.each([
  ["SELECT 1", "SELECT 1"],
  ["  SELECT 1 ;; \n", "SELECT 1"],
  ["SELECT 1; -- done; really", "SELECT 1"],
  ["SELECT 1 /* a /* nested; */ one; */ ; /* and; */", "SELECT 1"],
  ["-- first; line\nSELECT 1", "-- first; line\nSELECT 1"],
  ["SELECT ';' || E'\\';' || 'it''s;' || \"a;\"\"b\"", "SELECT ';' || E'\\';' || 'it''s;' || \"a;\"\"b\""],
  ["SELECT $$;$$ || $tag$;$$;$tag$", "SELECT $$;$$ || $tag$;$$;$tag$"],
  ["SELECT a$1 FROM t$x$", "SELECT a$1 FROM t$x$"],
  ["SELECT 1 -- no end", "SELECT 1"],
  ["; SELECT 1", "; SELECT 1"],
])("%j is one statement", (sql, statement) => {
  expect(singleStatement(sql)).toBe(statement);
});

test.each([
  "",
  " ; ",
  "-- nothing",
  "/* open",
  "SELECT 1; SELECT 2",
  "SELECT 1) AS x; DROP TABLE t; --",
  "SELECT '\\'; DROP TABLE t; --'",
  "SELECT a$x$; DROP TABLE t; SELECT $x$",
])("%j is not one statement", (sql) => {
  expect(singleStatement(sql)).toBeUndefined();
});
