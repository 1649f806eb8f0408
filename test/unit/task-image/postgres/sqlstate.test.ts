import { expect, test } from "vitest";
import { kindOfSocketCode } from "../../../../task-image/network/socket-code.ts";
import { kindOfSqlState } from "../../../../task-image/postgres/sqlstate.ts";

test.each([
  ["28P01", "configuration"],
  ["3D000", "configuration"],
  ["42P01", "configuration"],
  ["42501", "configuration"],
  ["0A000", "configuration"],
  ["2BP01", "configuration"],
  ["25006", "configuration"],
  ["22P02", "data"],
  ["23505", "data"],
  ["P0001", "data"],
  ["40002", "data"],
  ["08006", "transient"],
  ["40001", "transient"],
  ["40P01", "transient"],
  ["53100", "transient"],
  ["53300", "transient"],
  ["55P03", "transient"],
  ["57P01", "transient"],
  ["57014", "transient"],
  ["57P04", "configuration"],
  ["25P03", "transient"],
  ["XX000", "transient"],
  ["ZZ999", "transient"],
])("SQLSTATE %s is %s", (sqlState, kind) => {
  expect(kindOfSqlState(sqlState)).toBe(kind);
});

test.each([
  ["ECONNREFUSED", "transient"],
  ["ENOTFOUND", "transient"],
  ["CERT_HAS_EXPIRED", "configuration"],
  ["ESOMETHINGNEW", "transient"],
])("socket code %s is %s", (code, kind) => {
  expect(kindOfSocketCode(code)).toBe(kind);
});
