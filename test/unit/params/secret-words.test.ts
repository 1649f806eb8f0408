import { expect, test } from "vitest";
import { namesSecret, secretShape } from "../../../operator/params/secret-words.ts";

test.each([
  "password",
  "dbPassword",
  "DB_PASSWORD",
  "api_token",
  "apiKey",
  "apikey",
  "aws_secret_access_key",
  "client_secret",
])("%s speaks of a secret", (name) => {
  expect(namesSecret(name)).toBe(true);
});

test.each(["max_tokens", "tokenizer", "secret_santa", "key", "primary_key", "password_policy", "monkey", ""])(
  "%s does not",
  (name) => {
    expect(namesSecret(name)).toBe(false);
  },
);

test.each(["netflix", "https://api.example/v1?page=2", "2026-12-01", "user@example.org", "s3://bucket/a:b@c", "AKIA"])(
  "%s is an ordinary text",
  (text) => {
    expect(secretShape(text)).toBeUndefined();
  },
);
