import { expect, it } from "vitest";
import { parseEnvFile } from "../../src/adapters/s3/env-file.js";

it.each([
  ["KEY=value", "value"],
  ["export KEY=value", "value"],
  ["  export   KEY=value  ", "value"],
  ["KEY='a value'", "a value"],
  ['KEY="a value"', "a value"],
  ['KEY="it\'s"', "it's"],
  ["KEY=a=b/c+d==", "a=b/c+d=="],
  ["KEY=a#b", "a#b"],
  ["KEY=value # why", "value"],
  ["KEY='a # b' # why", "a # b"],
  ["KEY=", ""],
  ["KEY=''", ""],
  ['KEY="unfinished', '"unfinished'],
  ["KEY=one\nKEY=two", "two"],
  ["# KEY=no\r\nKEY=yes\r\n", "yes"],
  ["\uFEFFKEY=value", "value"],
])("reads %j as a service manager does", (text, value) => {
  expect(parseEnvFile(text).get("KEY")).toBe(value);
});

it("leaves out what is no assignment", () => {
  expect([...parseEnvFile("# a comment\n\nnot a line\n=value\n1KEY=no\nKEY =no\nset KEY=no\n")]).toEqual([]);
});
