// The script of `fabric docs` without a page: what it makes of the document, and what its search finds.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import test from "node:test";

const require = createRequire(import.meta.url);
const folder = "../../services/cli/src/commands/docs";
const { boundsOf, matches, modelOf, resolved, typeOf } = require(`${folder}/model.js`);
const { indexOf, search } = require(`${folder}/search.js`);

const document = JSON.parse(readFileSync(process.env.ASYNCAPI_JSON, "utf8"));
const model = modelOf(document);
const index = indexOf(model);
const found = (query) => search(index, query).map((entry) => entry.title);

test("every topic is found first by its own name", () => {
  assert.ok(model.events.size > 50);
  for (const topic of model.events.keys()) assert.equal(found(topic)[0], topic);
});

test("every word of a query counts, in any order and case", () => {
  assert.ok(found("POSTED grade").includes("gradebook.grade.posted"));
  assert.deepEqual(search(index, "grade zzzz"), []);
  assert.deepEqual(search(index, "  "), []);
});

test("fields, services and subscriptions are found too", () => {
  const fields = search(index, "scorePercent").filter((entry) => entry.kind === "field");
  assert.ok(fields.some((entry) => entry.detail === "gradebook.grade.posted" && entry.link === "#/events/gradebook.grade.posted"));
  assert.equal(search(index, "academic")[0].kind, "service");
  for (const name of model.subscriptions.keys()) assert.ok(found(name).includes(name));
});

test("an event has its fields with bounds and marks, and who sends and gets it", () => {
  const event = model.events.get("gradebook.grade.posted");
  const field = (path) => event.fields.find((field) => field.path === path);
  assert.deepEqual([field("studentId").required, field("comment").personal, field("postedAt")?.type], [true, true, "instant"]);
  assert.ok(field("comment").bounds.includes("1 to 4000 characters"));
  assert.deepEqual([event.key, event.subject, event.owner], ["studentId", "studentId", "academic"]);
  assert.ok(event.senders.includes("academic") && event.receivers.length > 1);
  assert.ok(event.receivers.every(({ because }) => because.length > 0));
});

test("every event has a table of fields without anything unknown in it", () => {
  for (const event of model.events.values()) {
    assert.ok(event.fields.length > 0, event.topic);
    for (const field of event.fields) {
      assert.ok(!/anything|undefined/.test(field.type), `${event.topic} ${field.path}: ${field.type}`);
    }
    for (const path of document.components.messages[event.topic]["x-fabric-personal"]) {
      const plain = path.replace(/(\[\]|\{\})$/, "");
      assert.ok(event.fields.some((field) => field.personal && [path, plain].includes(field.path)), `${event.topic} ${path}`);
    }
  }
});

test("patterns match as on the broker", () => {
  const table = [["#", "a.b.c", true], ["a.#", "a.b.c", true], ["*.b.*", "a.b.c", true], ["a.*", "a.b.c", false],
    ["#.c", "a.b.c", true], ["a.b.c.#", "a.b.c", true], ["b.#", "a.b.c", false]];
  for (const [pattern, topic, expected] of table) assert.equal(matches(pattern, topic), expected, `${pattern} ${topic}`);
});

test("schemas are put in words", () => {
  const root = { components: { schemas: { Id: { type: "string", maxLength: 9 } } } };
  const ref = { $ref: "#/components/schemas/Id" };
  const table = [
    [ref, "text", ["at most 9 characters"]],
    [{ allOf: [ref], minLength: 9 }, "text", ["9 characters"]],
    [{ anyOf: [ref, { type: "null" }] }, "text", ["at most 9 characters"]],
    [{ type: "array", items: ref, minItems: 1 }, "list of text", ["at least 1 items", "each at most 9 characters"]],
    [{ type: "object", additionalProperties: ref }, "map of text", []],
    [{ enum: ["a", "b"] }, "word", ["a · b"]],
    [{ type: ["number", "null"], minimum: 0, maximum: 1 }, "number", ["0 to 1"]],
    [{ type: "string", format: "date-time" }, "instant", []],
  ];
  for (const [schema, type, bounds] of table) {
    const whole = resolved(root, schema);
    assert.deepEqual([typeOf(root, whole), boundsOf(root, whole)], [type, bounds], JSON.stringify(schema));
  }
  assert.equal(resolved(root, { anyOf: [ref, { type: "null" }] }).nullable, true);
});
