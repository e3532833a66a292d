// Checks an AsyncAPI document with the official parser, and what the parser leaves out: that the YAML says the same as the JSON, that
// every example is valid by the schemas beside it, and that this check itself refuses what is broken.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { Parser } from "@asyncapi/parser";
import Ajv from "ajv";
import formats from "ajv-formats";
import yaml from "js-yaml";

const SEVERITIES = ["error", "warning", "information", "hint"];
const [yamlFile, jsonFile] = process.argv.slice(2);
const text = readFileSync(yamlFile, "utf8");
const document = JSON.parse(readFileSync(jsonFile, "utf8"));

/** What the parser says of a document. */
async function diagnosticsOf(input) {
  const { diagnostics } = await new Parser().parse(input, { validateOptions: { allowedSeverity: { error: true } } });
  return diagnostics;
}

const lineOf = ({ severity, path, code, message }) => `${SEVERITIES[severity]}: ${path.join(".")}: ${message} (${code})`;
const errorsOf = (diagnostics) => diagnostics.filter(({ severity }) => severity === 0);

/** The examples that are not valid by their message's schemas. */
function brokenExamples(document) {
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  formats(ajv);
  ajv.addSchema({ $id: "urn:fabric:document", components: document.components });
  const broken = [];
  for (const [topic, message] of Object.entries(document.components.messages)) {
    for (const example of message.examples) {
      for (const part of ["payload", "headers"]) {
        const validate = ajv.compile({ $ref: `urn:fabric:document#/components/messages/${topic}/${part}` });
        if (!validate(example[part])) broken.push(`error: ${topic}: ${part} of its example: ${ajv.errorsText(validate.errors)}`);
      }
    }
  }
  return broken;
}

/** A small document with one channel, one operation and one message. */
function small(change) {
  const one = {
    asyncapi: document.asyncapi,
    info: { title: "Small", version: "1" },
    channels: { a: { address: "a", messages: { m: { $ref: "#/components/messages/m" } } } },
    operations: { o: { action: "send", channel: { $ref: "#/channels/a" }, messages: [{ $ref: "#/channels/a/messages/m" }] } },
    components: {
      messages: {
        m: { payload: { $ref: "#/components/schemas/s" }, headers: { type: "object" }, examples: [{ payload: 1, headers: {} }] },
      },
      schemas: { s: { type: "integer" } },
    },
  };
  change(one);
  return one;
}

async function checkItself() {
  const broken = {
    "a channel that is not there": (one) => (one.operations.o.channel.$ref = "#/channels/nowhere"),
    "a message that its channel does not have": (one) => (one.operations.o.messages[0].$ref = "#/channels/a/messages/n"),
    "a schema that is not there": (one) => (one.components.messages.m.payload.$ref = "#/components/schemas/nothing"),
    "an unknown action": (one) => (one.operations.o.action = "shout"),
    "a binding with an unknown field": (one) =>
      (one.channels.a.bindings = { amqp: { is: "routingKey", pattern: "#", bindingVersion: "0.3.0" } }),
  };
  assert.deepEqual(errorsOf(await diagnosticsOf(small(() => {}))).map(lineOf), []);
  for (const [what, change] of Object.entries(broken)) {
    assert.notEqual(errorsOf(await diagnosticsOf(small(change))).length, 0, `the parser accepts ${what}`);
  }
  assert.equal(brokenExamples(small(() => {})).length, 0);
  assert.equal(brokenExamples(small((one) => (one.components.messages.m.examples[0].payload = "text"))).length, 1);
}

await checkItself();
assert.deepEqual(yaml.load(text, { schema: yaml.CORE_SCHEMA }), document, "the YAML says something else than the JSON");
const diagnostics = await diagnosticsOf(text);
const broken = brokenExamples(document);
for (const line of [...diagnostics.map(lineOf), ...broken]) console.log(line);
const errors = errorsOf(diagnostics).length + broken.length;
const count = (part) => Object.keys(part).length;
console.log(
  `AsyncAPI ${document.asyncapi}: ${count(document.channels)} channels, ${count(document.operations)} operations, ` +
    `${count(document.components.messages)} messages; ${errors} errors, ${diagnostics.length + broken.length - errors} warnings`,
);
process.exitCode = errors === 0 ? 0 : 1;
